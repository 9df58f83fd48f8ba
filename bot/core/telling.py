"""Telling channels of an alert: its first message, or its place in a storm's summary, and every change after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from bot.core import following, holding
from bot.core.decisions import Notification, Reason, Telling
from bot.core.desk import Desk
from bot.core.identity import delivery_id
from bot.core.roundups import changed, keep
from bot.core.rule import Mode
from bot.core.state import Alert, Told
from bot.core.storm import channel_takes, fold

# The counter stands on the card; passing one of these is said in its thread, so that who follows it notices.
MILESTONES: Final = (10, 100, 1_000, 10_000, 100_000, 1_000_000)


def post(desk: Desk, alert: Alert, values: Mapping[str, Any]) -> Alert:
    """Tell an alert to its channels, each by a card of its own or in the summary of a storm that is on there."""
    told = tuple(_tell(desk, alert, channel, values) for channel in alert.channels)
    after = msgspec.structs.replace(alert, told=told)
    desk.into.alerts[after.alert_id] = after
    desk.into.tellings.append(Telling(at=desk.at, alert=after, channels=alert.channels))
    return after


def change(desk: Desk, before: Alert, after: Alert, reason: Reason) -> None:
    """Record an alert that changed, and bring what was told of it up to date. Shadow alerts are only recorded."""
    desk.into.alerts[after.alert_id] = after
    if after.mode is not Mode.LIVE:
        return
    for told in after.told:
        if told.card == after.alert_id:
            notify(desk, after, told.channel, reason)
        else:
            _change_member(desk, told.card, before, after, reason)
    if before.state is not after.state:
        for roundup in holding.collecting(desk, before):
            keep(desk, changed(roundup, before, after), reason)
    _milestone(desk, before, after)


def notify(desk: Desk, alert: Alert, channel: str, reason: Reason) -> None:
    """Decide a post of an alert's card, or an edit of it."""
    kind = "first" if reason is Reason.FIRST else "edit"
    desk.into.notifications.append(
        Notification(
            delivery_id=delivery_id(alert.alert_id, channel, kind),
            alert_id=alert.alert_id,
            channel=channel,
            reason=reason,
            severity=alert.severity,
            revision=alert.revision,
            at=desk.at,
        )
    )


def _tell(desk: Desk, alert: Alert, channel: str, values: Mapping[str, Any]) -> Told:
    if not channel_takes(desk, channel):
        return Told(channel, fold(desk, channel, alert, values))
    notify(desk, alert, channel, Reason.FIRST)
    return Told(channel, alert.alert_id)


def _change_member(desk: Desk, card: str, before: Alert, after: Alert, reason: Reason) -> None:
    """Edit a roundup when an alert in it changes its state; a counter alone is not worth an edit of all."""
    roundup = desk.view.roundup(card)
    if roundup is not None and before.state is not after.state:
        keep(desk, changed(roundup, before, after), reason)


def _milestone(desk: Desk, before: Alert, after: Alert) -> None:
    passed = [number for number in MILESTONES if before.count < number <= after.count]
    for told in after.told if passed and after.hushed is None else ():
        if told.card == after.alert_id:
            following.reply(desk, after, told, Reason.MILESTONE, number=passed[-1])
