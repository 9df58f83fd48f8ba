"""`tocsin preview`: what one event alone would post, drawn in the terminal, as the Slack payload or as a link."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
import msgspec

from bot.cli import samples
from bot.cli.freshening import new_event
from bot.cli.imagined import FORMS, Imagined, imagined
from bot.cli.options import config_option, json_option
from bot.cli.output import Exit, say
from bot.clock import SystemClock
from bot.config.model import SourceConfig
from bot.core.decisions import Decisions, Notification
from bot.core.enrich import enrich
from bot.core.fold import State, fold
from bot.core.identity import delivery_id
from bot.core.inputs import Event
from bot.core.kinds import AtLeast, EveryMatch
from bot.core.match import refusal
from bot.core.portrait import kind_text
from bot.core.rule import Mode, Rule
from bot.core.ruleset import RuleSet
from bot.core.state import Alert, Hold
from bot.errors import UnreadableError, UsageError
from bot.service.setup import Setup, load_setup
from bot.slack.builder import builder_link
from bot.slack.card import Card, draw
from bot.slack.setting import Occasion, setting_of
from bot.slack.terminal import draw as draw_on_terminal
from bot.sources import Source, build


class _Shown(NamedTuple):
    channel: str
    card: Card


@click.command("preview")
@click.argument("sample")
@click.option("--source", help="The source that it comes from; needed where several could read it.")
@click.option(
    "--as",
    "forms",
    type=click.Choice([*FORMS, "all"]),
    multiple=True,
    help="Show how its alerts would look then, or among others. May be given more than once.",
)
@click.option("--link", "as_link", is_flag=True, help="Print an address that opens each message in Block Kit Builder.")
@json_option
@config_option
def command(
    sample: str, *, source: str | None, forms: tuple[str, ...], as_link: bool, as_one_object: bool, config: Path
) -> int:
    """Show what would be posted for an event: a documented sample or a file.

    Only this one event is looked at, as if nothing had come before. With --json, one Slack payload a line.
    """
    setup = load_setup(config)
    now = SystemClock().now_ms()
    event = msgspec.structs.replace(_read(setup, sample, source, now), at=now)
    decided = fold(event, State(), setup.rule_set)
    wanted = FORMS if "all" in forms else forms
    shown = list(_imagined(wanted, decided, setup) if wanted else _posts(decided, setup, now))
    for channel, card in shown:
        say(_in_words(channel, card, setup, as_link=as_link, as_json=as_one_object))
    if not as_one_object:
        for line in _unposted(event, decided, setup.rule_set, is_told=bool(wanted and shown)):
            say(line)
    return Exit.FINE


def _in_words(channel: str, card: Card, setup: Setup, *, as_link: bool, as_json: bool) -> str:
    payload: dict[str, Any] = {"channel": setup.config.channels.get(channel, channel), **card.payload()}
    link = builder_link(payload)
    if as_json:
        return msgspec.json.encode(payload | ({"builder": link} if as_link else {})).decode()
    drawn = draw_on_terminal(card, channel, setup.config.timezone, colour=sys.stdout.isatty()).rstrip("\n")
    return f"{drawn}\n{link}" if as_link else drawn


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


def _posts(decided: Decisions, setup: Setup, now_ms: int) -> Iterator[_Shown]:
    """Yield what would be posted now."""
    setting = setting_of(setup.config)
    for news in decided.notifications:
        subject = decided.alerts.get(news.alert_id) or decided.roundups.get(news.alert_id)
        if news.reason.is_post and subject is not None:
            yield _Shown(news.channel, draw(subject, _occasion(news, now_ms), setting))


def _occasion(news: Notification, now_ms: int) -> Occasion:
    return Occasion(
        delivery_id=news.delivery_id,
        now_ms=now_ms,
        reason=news.reason,
        channel=news.channel,
        number=news.number,
        mention=news.mention,
    )


def _imagined(forms: Iterable[str], decided: Decisions, setup: Setup) -> Iterator[_Shown]:
    """Yield how the alerts that fire would look later, also those whose first message is held."""
    setting, rules = setting_of(setup.config), setup.rule_set.rules
    alerts = [(alert, rules[alert.rule]) for alert in decided.alerts.values() if alert.channels and alert.rule in rules]
    for form in forms:
        for one in imagined(form, alerts):
            channel = alerts[0][0].channels[0] if not isinstance(one.subject, Alert) else one.subject.channels[0]
            yield _Shown(f"{channel} ({form})", draw(one.subject, _occasion_of(one, channel), setting))


def _occasion_of(one: Imagined, channel: str) -> Occasion:
    subject = one.subject
    began, card_id = (
        (subject.fired_at, subject.alert_id) if isinstance(subject, Alert) else (subject.opened_at, subject.roundup_id)
    )
    return Occasion(
        delivery_id=delivery_id(card_id, channel, one.reason.value),
        now_ms=began + one.after_ms,
        reason=one.reason,
        channel=channel,
        number=one.number,
        mention=one.mention,
    )


def _unposted(event: Event, decided: Decisions, rule_set: RuleSet, *, is_told: bool) -> Iterator[str]:
    """Say of each rule whose `when` means the event, and that posts nothing, why not."""
    alerts = {alert.rule: alert for alert in decided.alerts.values()}
    posted = {decided.alerts[each.alert_id].rule for each in decided.notifications if each.alert_id in decided.alerts}
    rules = [rule for rule in _meant(rule_set.rules.values(), event) if rule.name not in posted]
    if not posted and not is_told:
        yield f"This {event.type} alone posts nothing." + ("" if rules else " No rule looks at it.")
    for rule in rules:
        yield f"  {rule.name}: {_why_not(rule, event, alerts.get(rule.name))}"


def _meant(rules: Iterable[Rule], event: Event) -> list[Rule]:
    return [rule for rule in rules if rule.when.selects(event.type, event.outcomes)]


def _why_not(rule: Rule, event: Event, fired: Alert | None) -> str:
    if rule.mode is Mode.OFF:
        return "it is off"
    if fired is not None:
        return _untold(rule, fired.held_by)
    refused = refusal(rule, enrich(event, State()))
    if refused is not None:
        return str(refused)
    if isinstance(rule.kind, AtLeast):
        return f"counts as one of {rule.kind.threshold} within {rule.within_text or 'its time'}"
    return "does not fire" if isinstance(rule.kind, EveryMatch) else f"one event is not enough ({kind_text(rule.kind)})"


def _untold(rule: Rule, hold: Hold | None) -> str:
    if rule.mode is Mode.SHADOW:
        return "it fires in shadow"
    if hold is None:
        return "it fires, and notifies nobody"
    return f"it fires, and its first message waits ({hold.by} {hold.name})"
