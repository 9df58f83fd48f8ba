"""`tocsin preview`: what one event alone would post, drawn in the terminal or as the Slack payload."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
import msgspec

from bot.cli import samples
from bot.cli.freshening import new_event
from bot.cli.options import config_option, json_option
from bot.cli.output import Exit, say
from bot.clock import SystemClock
from bot.config.model import SourceConfig
from bot.core.decisions import Decisions, Reason
from bot.core.enrich import enrich
from bot.core.fold import State, fold
from bot.core.inputs import Event
from bot.core.match import refusal
from bot.core.rule import AtLeast, Mode, Rule, RuleSet
from bot.errors import UnreadableError, UsageError
from bot.service.setup import Setup, load_setup
from bot.slack.card import Card, card
from bot.slack.preview import draw
from bot.sources import Source, build


@click.command("preview")
@click.argument("sample")
@click.option("--source", help="The source that it comes from; needed where several could read it.")
@json_option
@config_option
def command(sample: str, *, source: str | None, as_one_object: bool, config: Path) -> int:
    """Show what would be posted for an event: a documented sample or a file.

    Only this one event is looked at, as if nothing had come before. With --json, one Slack payload a line.
    """
    setup = load_setup(config)
    now = SystemClock().now_ms()
    event = msgspec.structs.replace(_read(setup, sample, source, now), at=now)
    state = State()
    decided = fold(event, state, setup.rule_set)
    messages = list(_messages(decided, setup, now))
    if as_one_object:
        for channel, drawn in messages:
            say(msgspec.json.encode(_payload(channel, drawn, setup)).decode())
        return Exit.FINE
    for channel, drawn in messages:
        say(draw(drawn, channel, setup.config.timezone, colour=sys.stdout.isatty()).rstrip("\n"))
    for line in _unposted(event, decided, setup.rule_set):
        say(line)
    return Exit.FINE


def _read(setup: Setup, name: str, wanted: str | None, now_ms: int) -> Event:
    if wanted is not None and wanted not in setup.sources:
        raise UsageError(f"the config has no source {wanted}; it has {', '.join(sorted(setup.sources)) or 'none'}")
    kind = setup.sources[wanted].kind if wanted else None
    found = samples.read(name, kind)
    documented = samples.find(name, kind) is not None
    body = new_event(found.body, now_ms=now_ms) if documented else found.body
    said = f"no source of the config reads {name}"
    for source in _readers(setup, wanted, found.kind):
        try:
            return source.read(body).event
        except UnreadableError as error:
            said = f"{name} cannot be read as an event of {source.name}: {error}"
    raise UsageError(said)


def _readers(setup: Setup, wanted: str | None, kind: str) -> list[Source]:
    if wanted is not None:
        return [setup.sources[wanted]]
    fitting = [source for source in setup.sources.values() if kind in {"", source.kind}]
    return fitting or ([build(SourceConfig(name=kind, kind=kind))] if kind else [])


def _messages(decided: Decisions, setup: Setup, now_ms: int) -> Iterator[tuple[str, Card]]:
    for notification in decided.notifications:
        if notification.reason is Reason.FIRST:
            alert = decided.alerts[notification.alert_id]
            yield notification.channel, card(alert, notification.delivery_id, setup.config.timezone, now_ms)


def _payload(channel: str, drawn: Card, setup: Setup) -> dict[str, Any]:
    return {"channel": setup.config.channels.get(channel, channel), **drawn.payload()}


def _unposted(event: Event, decided: Decisions, rule_set: RuleSet) -> Iterator[str]:
    """Say of each rule whose `when` means the event, and that posts nothing, why not."""
    posted = {decided.alerts[each.alert_id].rule for each in decided.notifications}
    fired = {transition.alert.rule for transition in decided.transitions}
    rules = [rule for rule in _meant(rule_set.rules.values(), event) if rule.name not in posted]
    if not posted:
        yield f"This {event.type} alone posts nothing." + ("" if rules else " No rule looks at it.")
    for rule in rules:
        yield f"  {rule.name}: {_why_not(rule, event, fired)}"


def _meant(rules: Iterable[Rule], event: Event) -> list[Rule]:
    return [rule for rule in rules if rule.when.selects(event.type, event.outcomes)]


def _why_not(rule: Rule, event: Event, fired: set[str]) -> str:
    if rule.mode is Mode.OFF:
        return "it is off"
    if rule.name in fired:
        return "it fires in shadow" if rule.mode is Mode.SHADOW else "it fires, and notifies nobody"
    refused = refusal(rule, enrich(event, State()))
    if refused is not None:
        return str(refused)
    if isinstance(rule.kind, AtLeast):
        return f"counts as one of {rule.kind.threshold} within {rule.within_text or 'its time'}"
    return "does not fire"
