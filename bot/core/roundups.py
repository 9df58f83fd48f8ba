"""Changing roundups: an alert joins one, an alert in one changes, one is posted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from bot.core.conditions import as_text
from bot.core.counting import tallied
from bot.core.decisions import Notification, Reason
from bot.core.desk import Desk
from bot.core.identity import delivery_id
from bot.core.roundup import LISTED_AT_MOST, Member, Roundup, worst
from bot.core.state import Alert, AlertState


def joined(roundup: Roundup, alert: Alert, values: Mapping[str, Any]) -> Roundup:
    """Return the roundup with one more alert, open or ended."""
    member = member_of(alert)
    listed = len(roundup.members) < LISTED_AT_MOST
    return msgspec.structs.replace(
        roundup,
        severity=worst((roundup.severity, alert.severity)),
        count=roundup.count + 1,
        standing=roundup.standing + alert.state.is_open,
        acknowledged=roundup.acknowledged + (alert.state is AlertState.ACKNOWLEDGED),
        members=(*roundup.members, member) if listed else roundup.members,
        by_rule=tallied(roundup.by_rule, alert.rule),
        by_company=tallied(roundup.by_company, _text(values.get("company"))),
        by_cause=tallied(roundup.by_cause, _text(values.get("cause"))),
        revision=roundup.revision + 1,
    )


def listing(roundup: Roundup, alerts: Iterable[Alert], ended: Iterable[Member]) -> Roundup:
    """Return what was collected as a card that tells of it: these alerts still stand, these ended meanwhile.

    It counts what joined while it collected, so nothing is tallied again.
    """
    standing = list(alerts)
    members = [*(member_of(alert) for alert in standing), *ended]
    return msgspec.structs.replace(
        roundup,
        count=roundup.count - roundup.standing + len(standing),
        standing=len(standing),
        acknowledged=sum(alert.state is AlertState.ACKNOWLEDGED for alert in standing),
        members=tuple(members[:LISTED_AT_MOST]),
        revision=roundup.revision + 1,
    )


def changed(roundup: Roundup, before: Alert, after: Alert) -> Roundup:
    """Return the roundup after one of its alerts changed."""
    was, now = before.state, after.state
    taken = AlertState.ACKNOWLEDGED
    member = member_of(after)
    return msgspec.structs.replace(
        roundup,
        standing=roundup.standing + now.is_open - was.is_open,
        acknowledged=roundup.acknowledged + (now is taken) - (was is taken),
        members=tuple(member if old.alert_id == member.alert_id else old for old in roundup.members),
        revision=roundup.revision + 1,
    )


def member_of(alert: Alert) -> Member:
    """Return an alert as a roundup lists it."""
    return Member(
        alert_id=alert.alert_id,
        rule=alert.rule,
        key=tuple(value for _, value in alert.key),
        title=alert.title,
        severity=alert.severity,
        state=alert.state,
        fired_at=alert.fired_at,
        url=alert.url,
    )


def keep(desk: Desk, roundup: Roundup, reason: Reason | None = None) -> None:
    """Record a roundup; with a reason, edit its message where it has one."""
    desk.into.roundups[roundup.roundup_id] = roundup
    if reason is not None and roundup.posted_at is not None:
        _notify(desk, roundup, reason)


def post(desk: Desk, roundup_id: str) -> None:
    """Give a roundup its message."""
    roundup = desk.view.roundup(roundup_id)
    if roundup is None:
        return
    posted = msgspec.structs.replace(roundup, posted_at=desk.at)
    desk.into.roundups[roundup_id] = posted
    _notify(desk, posted, Reason.FIRST)


def _notify(desk: Desk, roundup: Roundup, reason: Reason) -> None:
    kind = "first" if reason is Reason.FIRST else "edit"
    desk.into.notifications.append(
        Notification(
            delivery_id=delivery_id(roundup.roundup_id, roundup.channel, kind),
            alert_id=roundup.roundup_id,
            channel=roundup.channel,
            reason=reason,
            severity=roundup.severity,
            revision=roundup.revision,
            at=desk.at,
        )
    )


def _text(value: Any) -> str | None:
    return None if value is None else as_text(value)
