"""`tocsin alerts`: what stands, and which deliveries need a person. Reads the store beside the running bot."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import click

from bot.cli.options import config_option, json_option
from bot.cli.output import Exit, say, say_json
from bot.cli.reading import reading
from bot.core.inputs import Action
from bot.core.rule import Mode
from bot.core.state import Alert
from bot.service.setup import read_config
from bot.store.audit import AuditEntry, audit
from bot.store.reads import OPEN_STATES
from bot.store.values import Delivery, DeliveryState

_IN_TROUBLE: Final = (DeliveryState.UNKNOWN, DeliveryState.PARKED, DeliveryState.DEAD)
_MEANING: Final = {
    DeliveryState.UNKNOWN: "doubtful: it may or may not have been posted",
    DeliveryState.PARKED: "parked: its channel was refused",
    DeliveryState.DEAD: "refused for good",
}


@click.command("alerts")
@click.option("--all", "everything", is_flag=True, help="Those that are over, too.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="The newest so many.")
@click.option("--actions", is_flag=True, help="What people did instead: who, what, when, by which way.")
@json_option
@config_option
def command(*, everything: bool, limit: int, actions: bool, as_one_object: bool, config: Path) -> int:
    """List the alerts that stand, newest first, and the deliveries that need a person."""
    settings = read_config(config)
    with reading(settings) as reads:
        alerts = reads.alerts(None if everything else OPEN_STATES, limit=limit)
        troubled = reads.deliveries(states=_IN_TROUBLE)
        done = audit(reads.cursor, limit=limit)
    if as_one_object:
        say_json(
            {
                "alerts": [_alert(alert, settings.timezone) for alert in alerts],
                "deliveries": [_delivery(row, settings.timezone) for row in troubled],
                "actions": [_action(entry, settings.timezone) for entry in done],
            }
        )
    elif actions:
        _print_actions(done, settings.timezone)
    else:
        _print(alerts, troubled, settings.timezone)
    return Exit.FINE


def _print_actions(done: list[AuditEntry], zone: ZoneInfo) -> None:
    for entry in done:
        action, way = entry.action, f" by {entry.signature.way.value}" if entry.signature else ""
        say(f"{_time(entry.at, zone)}  {action.kind.value:<12} {_line(_about(action))}  {_line(action.actor)}{way}")
    if not done:
        say("Nobody has acted yet.")


def _about(action: Action) -> str:
    """Say in short what an action was about."""
    if action.silence is not None:
        pairs = " ".join(f"{name}={text}" for name, text in action.silence.matcher)
        return f"{action.silence.silence_id} {pairs}"
    return action.silence_id or action.alert_id


def _action(entry: AuditEntry, zone: ZoneInfo) -> dict[str, Any]:
    action, signature, silence = entry.action, entry.signature, entry.action.silence
    return {
        "at": _time(entry.at, zone),
        "action": action.kind.value,
        "actor": action.actor,
        "by": signature.by if signature else None,
        "way": signature.way.value if signature else None,
        "action_id": signature.action_id if signature else None,
        "alert_id": action.alert_id or None,
        "silence_id": silence.silence_id if silence else action.silence_id or None,
        "matcher": dict(silence.matcher) if silence else None,
        "until": _time(silence.until, zone) if silence else None,
        "reason": silence.reason if silence else None,
    }


def _print(alerts: list[Alert], troubled: list[Delivery], zone: ZoneInfo) -> None:
    for alert in alerts:
        say(f"{_time(alert.fired_at, zone)}  {alert.severity.value:<8} {alert.state.value:<12} {_line(alert.title)}")
        key = ", ".join(f"{name} {value}" for name, value in alert.key) or "all"
        say(f"    {alert.alert_id}  rule {alert.rule}  {_line(key)}  seen {alert.count}x  -> {whom(alert)}")
    if not alerts:
        say("No alert stands.")
    for row in troubled:
        say(f"{_time(row.created_at, zone)}  {row.channel}: {_MEANING[row.state]} ({row.alert_id})")


def whom(alert: Alert) -> str:
    """Say who is told of an alert, or why nobody is: a silence that cannot be seen is no better than a lost alert."""
    if alert.mode is Mode.SHADOW:
        return "nobody, it is in shadow"
    if alert.held_by is not None:
        return f"nobody yet, held by {alert.held_by.by} {alert.held_by.name}"
    return _names(alert.channels)


def _alert(alert: Alert, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "alert_id": alert.alert_id,
        "rule": alert.rule,
        "key": dict(alert.key),
        "title": alert.title,
        "severity": alert.severity.value,
        "state": alert.state.value,
        "mode": alert.mode.value,
        "count": alert.count,
        "channels": list(alert.channels),
        "fired_at": _time(alert.fired_at, zone),
        "last_at": _time(alert.last_at, zone),
        "ended_at": None if alert.ended_at is None else _time(alert.ended_at, zone),
        "ended_by": alert.ended_by,
        "held_by": None if alert.held_by is None else f"{alert.held_by.by} {alert.held_by.name}",
        "event_id": alert.event_id,
    }


def _delivery(row: Delivery, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "delivery_id": row.delivery_id,
        "alert_id": row.alert_id,
        "channel": row.channel,
        "state": row.state.value,
        "reason": row.reason.value,
        "attempt": row.attempt,
        "created_at": _time(row.created_at, zone),
        "error": row.error,
    }


def _time(at_ms: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at_ms / 1_000, zone).isoformat(timespec="seconds")


def _names(channels: tuple[str, ...]) -> str:
    return ", ".join(channels) or "nobody"


def _line(text: str) -> str:
    """Return foreign text as one line that cannot steer a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
