"""`tocsin why`: what every rule made of an event, and what became of the message."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from bot.cli.options import config_option, json_option
from bot.cli.output import Exit, line_of, say, say_json
from bot.core.conditions import as_text
from bot.errors import UsageError
from bot.service.asking import opened, rule_set_then
from bot.service.episodes import Episode, MessageSaid, as_plain, time_text
from bot.service.why import MATCHED, OFF, OTHER_TYPE, REFUSED, Verdict, Why, row_that_decided, why


@click.command("why")
@click.argument("event_id")
@click.option("--all", "everything", is_flag=True, help="Name the rules that mean other types, too.")
@json_option
@config_option
def command(event_id: str, *, everything: bool, as_one_object: bool, config: Path) -> int:
    """Say what every rule made of an event: the first clause that said no, the counters then, what followed.

    EVENT_ID is what the bot answered (evt_…), also to a duplicate. Reads the store beside the running bot.
    """
    with opened(config) as (settings, reads):
        row = row_that_decided(reads, event_id)
        found = None if row is None else why(reads, event_id, rule_set_then(reads, row))
    if found is None:
        raise UsageError(f"no event {event_id} is stored: it never came, or it is forgotten (keep.keys)")
    if as_one_object:
        say_json(as_plain(found, settings.timezone))
        return Exit.FINE
    for line in lines(found, settings.timezone, everything=everything):
        say(line_of(line))
    return Exit.FINE


def lines(found: Why, zone: ZoneInfo, *, everything: bool = False) -> Iterator[str]:
    """Yield it for a terminal."""
    yield from _event(found, zone)
    yield from _rules(found.rules, everything=everything)
    for alert in found.alerts:
        yield ""
        yield from episode_lines(alert, zone)
    yield ""
    yield from (f"Note: {note}" for note in found.notes)


def episode_lines(alert: Episode, zone: ZoneInfo) -> Iterator[str]:
    """Yield an alert with what became of it."""
    yield f"Alert {alert.alert_id} ({alert.rule}): {alert.title}"
    yield f"  {alert.state}, fired {time_text(alert.fired_at, zone)}, matched {alert.count}x"
    if alert.ended_at is not None:
        yield f"  ended {time_text(alert.ended_at, zone)}: {alert.ended_by}"
    if alert.acknowledged_at is not None:
        yield f"  acknowledged by {alert.acknowledged_by} at {time_text(alert.acknowledged_at, zone)}"
    for hold in alert.holds:
        until = "until now" if hold.until is None else f"until {time_text(hold.until, zone)}"
        yield f"  its first message was held by {hold.by} {hold.name} from {time_text(hold.since, zone)} {until}"
    if alert.mode != "live":
        yield f"  nobody is told: the rule's mode is {alert.mode}"
    elif not alert.messages and not any(hold.until is None for hold in alert.holds):
        yield "  no message was decided" + ("" if alert.channels else ": it concerns no channel")
    for message in alert.messages:
        yield from _message(message, zone)


def _event(found: Why, zone: ZoneInfo) -> Iterator[str]:
    event = found.event
    yield f"{event.event_id}  {event.type or 'unreadable'}  ({', '.join(event.outcomes) or 'no outcome'})"
    yield f"  row {event.seq}, received {time_text(event.received_at, zone)}, {event.standing}"
    if event.error:
        yield f"  because: {event.error}"
    own = ", ".join(f"{name}={as_text(value)}" for name, value in event.fields.items())
    if own:
        yield f"  it says: {own}"
    for name, lent in event.lent.items():
        yield f"  memory lent {name}={as_text(lent.value)}, known since {time_text(lent.since, zone)}"
    if found.rule_set:
        yield f"  decided by rule set {found.rule_set}"


def _rules(rules: list[Verdict], *, everything: bool) -> Iterator[str]:
    order = {MATCHED: 0, REFUSED: 1, OFF: 2, OTHER_TYPE: 3}
    shown = [one for one in rules if everything or one.verdict != OTHER_TYPE or one.said]
    for one in sorted(shown, key=lambda one: (order[one.verdict], one.rule)):
        key = ", ".join(one.key.values())
        yield f"  {one.rule}: {one.verdict}{f' for {key}' if key else ''}{f' ({one.why})' if one.why else ''}"
        yield from (f"    {said}" for said in one.said)
    left = len(rules) - len(shown)
    if left:
        yield f"  {left} other rules mean other types (--all names them)"


def _message(message: MessageSaid, zone: ZoneInfo) -> Iterator[str]:
    place = f", message {message.ts} in {message.channel_id}" if message.ts else ""
    decided = time_text(message.decided_at, zone)
    yield f"  -> {message.channel}: {message.reason}, {message.state}, decided {decided}{place}"
    if message.error:
        yield f"     {message.error}"
    for each in message.tries:
        detail = f": {each.detail}" if each.detail else ""
        yield f"     try {each.attempt} at {time_text(each.started_at, zone)}: {each.outcome or 'under way'}{detail}"
