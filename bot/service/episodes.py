"""An alert with everything that became of it: what held it, where it is told, and how each message went."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from bot.core.state import Alert
from bot.store.explaining import attempts_of, message_at
from bot.store.reads import Reads
from bot.store.values import Delivery

# Names of numbers that are times in ms, wherever they stand.
_TIMES: Final = frozenset({"at", "since", "until", "due"})
_TIME_END: Final = "_at"


class TrySaid(msgspec.Struct, frozen=True, omit_defaults=True):
    """One attempt to send a message, and how it ended."""

    attempt: int
    started_at: int
    ended_at: int | None = None
    outcome: str | None = None
    detail: str | None = None


class MessageSaid(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One decided message or the edits of one: where, why, how it stands, and where it is in Slack."""

    channel: str
    reason: str
    state: str
    delivery_id: str
    card: str
    decided_at: int
    mention: str | None = None
    error: str | None = None
    channel_id: str | None = None
    ts: str | None = None
    tries: list[TrySaid] = []


class HoldSaid(msgspec.Struct, frozen=True, omit_defaults=True):
    """What held the first message back, from when to when; without an end it still does."""

    by: str
    name: str
    since: int
    until: int | None = None


class Episode(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One alert and what became of it."""

    alert_id: str
    rule: str
    key: dict[str, str]
    title: str
    severity: str
    state: str
    mode: str
    count: int
    fired_at: int
    last_at: int
    channels: list[str]
    told_in: list[str] = []
    acknowledged_at: int | None = None
    acknowledged_by: str | None = None
    ended_at: int | None = None
    ended_by: str | None = None
    holds: list[HoldSaid] = []
    silenced_by: str | None = None
    event_id: str = ""
    messages: list[MessageSaid] = []


def episode_of(reads: Reads, alert: Alert) -> Episode:
    """Return an alert with its messages."""
    return msgspec.structs.replace(bare_episode(alert), messages=list(_messages(reads, alert)))


def bare_episode(alert: Alert) -> Episode:
    """Return an alert without its messages."""
    hushed = alert.hushed
    return Episode(
        alert_id=alert.alert_id,
        rule=alert.rule,
        key=dict(alert.key),
        title=alert.title,
        severity=alert.severity.value,
        state=alert.state.value,
        mode=alert.mode.value,
        count=alert.count,
        fired_at=alert.fired_at,
        last_at=alert.last_at,
        channels=list(alert.channels),
        told_in=[told.channel for told in alert.told],
        acknowledged_at=alert.acknowledged_at,
        acknowledged_by=alert.acknowledged_by,
        ended_at=alert.ended_at,
        ended_by=alert.ended_by,
        holds=[HoldSaid(hold.by, hold.name, hold.since, hold.until) for hold in alert.holds],
        silenced_by=f"{hushed.author}: {hushed.reason}" if hushed else None,
        event_id=alert.event_id,
    )


def as_plain(value: Any, zone: ZoneInfo) -> Any:
    """Return a value as JSON takes it, times in words of a zone."""
    return _timed(msgspec.to_builtins(value), zone)


def time_text(at_ms: int, zone: ZoneInfo) -> str:
    """Write a time as ISO 8601 does."""
    return datetime.fromtimestamp(at_ms / 1_000, zone).isoformat(timespec="seconds")


def _messages(reads: Reads, alert: Alert) -> Iterator[MessageSaid]:
    """Yield what was decided for the alert's own card and for those of roundups that tell it."""
    cards = dict.fromkeys((alert.alert_id, *(told.card for told in alert.told)))
    for card in cards:
        for delivery in reads.deliveries(alert_id=card):
            yield _message(reads, delivery)


def _message(reads: Reads, delivery: Delivery) -> MessageSaid:
    ts, channel_id = message_at(reads.cursor, delivery.alert_id, delivery.channel) or (None, None)
    return MessageSaid(
        channel=delivery.channel,
        reason=delivery.reason.value,
        state=delivery.state.value,
        delivery_id=delivery.delivery_id,
        card=delivery.alert_id,
        decided_at=delivery.created_at,
        mention=delivery.mention,
        error=delivery.error,
        channel_id=channel_id,
        ts=ts,
        tries=[TrySaid(*each) for each in attempts_of(reads.cursor, delivery.delivery_id)],
    )


def _timed(value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, dict):
        return {name: _time_or(name, part, zone) for name, part in value.items()}
    return [_timed(part, zone) for part in value] if isinstance(value, list) else value


def _time_or(name: str, value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and (name in _TIMES or name.endswith(_TIME_END)):
        return time_text(value, zone)
    return _timed(value, zone)
