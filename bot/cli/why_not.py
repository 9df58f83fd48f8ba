"""`tocsin why-not`: where a rule stands for a key, and which events were refused by which clause."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from bot.cli.options import config_option, json_option
from bot.cli.output import Exit, line_of, say, say_json
from bot.cli.why import episode_lines
from bot.clock import SystemClock
from bot.errors import UsageError
from bot.service.asking import opened, rule_set_then
from bot.service.episodes import as_plain, time_text
from bot.service.why_not import WhyNot, why_not


@click.command("why-not")
@click.argument("rule")
@click.argument("key", nargs=-1)
@json_option
@config_option
def command(rule: str, key: tuple[str, ...], *, as_one_object: bool, config: Path) -> int:
    """Say why there is no alert of RULE for KEY: its state now, and which clause refused which event.

    KEY are the values of the rule's `per` in their order; `all` or nothing where it has none. Reads the store beside
    the running bot, and looks at its newest 20,000 events.
    """
    with opened(config) as (settings, reads):
        rule_set = rule_set_then(reads)
        if rule_set is None:
            raise UsageError("the rules in force are not known: no bot of this version has run on this store")
        found = why_not(reads, rule_set, rule, key, SystemClock().now_ms())
    if as_one_object:
        say_json(as_plain(found, settings.timezone))
        return Exit.FINE
    for line in _lines(found, settings.timezone):
        say(line_of(line))
    return Exit.FINE


def _lines(found: WhyNot, zone: ZoneInfo) -> Iterator[str]:
    yield f"{found.rule} for {', '.join(f'{name} {value}' for name, value in found.key.items()) or 'all'}"
    yield from (f"  {text}" for text in found.state)
    yield from (f"  {each.what} comes due {time_text(each.due, zone)}" for each in found.due)
    if found.open is not None:
        yield "An alert stands:"
        yield from (f"  {line}" for line in episode_lines(found.open, zone))
    for alert in found.earlier:
        fired = time_text(alert.fired_at, zone)
        yield f"  earlier: {alert.alert_id} from {fired}, {alert.state}: {alert.ended_by or ''}"
    yield from _looks(found, zone)
    yield from _events(found, zone)


def _looks(found: WhyNot, zone: ZoneInfo) -> Iterator[str]:
    if found.looks:
        yield "What the rule made of the latest events of this key:"
    yield from (f"  {time_text(look.at, zone)}  {look.event_id}  {look.said}" for look in found.looks)


def _events(found: WhyNot, zone: ZoneInfo) -> Iterator[str]:
    yield f"Of the newest {found.looked_at:,} events, `when` means {found.meant:,}."
    for clause, count in found.refusals.items():
        yield f"  {count:,} refused: {clause}"
    if found.events:
        yield "Those of this key:"
    for event in found.events:
        said = f"refused: {event.refused}" if event.refused else "a match"
        yield f"  {time_text(event.at, zone)}  {event.event_id}  {event.type}: {said}"
    if found.meant and not found.events:
        yield "None of them is of this key."
