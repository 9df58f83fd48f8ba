"""What follows while nobody takes an alert: reminders and escalations. Both are counted from firing.

Both wait while the alert's first message is held and while a silence hushes it. A step that came due meanwhile is
taken when that ends; of reminders only the next one is due.
"""

from __future__ import annotations

from typing import Final

import msgspec

from bot.core import ruleclock
from bot.core.decisions import Change, Notification, Reason, Transition
from bot.core.desk import Desk
from bot.core.identity import delivery_id
from bot.core.portrait import channels_of
from bot.core.rule import Escalation, Mode, Rule
from bot.core.state import Alert, AlertState, Slice, Told
from bot.core.storm import channel_takes, fold

REPEAT: Final = "repeat"
THEN: Final = "then"


def deadlines(rule: Rule, alert: Alert, now: int) -> dict[str, int]:
    """Return when the next reminder and the next step are due; nothing while it is acknowledged, held or hushed."""
    found = dict[str, int]()
    if alert.state is not AlertState.FIRING or alert.held_by is not None or alert.hushed is not None:
        return found
    if rule.repeat_ms is not None and (due := _next_reminder(rule, rule.repeat_ms, alert, now)) is not None:
        found[REPEAT] = due
    if alert.escalations < len(rule.then):
        step = ruleclock.due(rule, alert.fired_at, rule.then[alert.escalations].after_ms)
        if step is not None:
            found[THEN] = step
    return found


def remind(desk: Desk, rule: Rule, slice_: Slice, alert: Alert) -> Slice:
    """Remind of an alert in the thread of its card."""
    passed = ruleclock.passed(rule, alert.fired_at, desk.at)
    reminded = msgspec.structs.replace(alert, reminders=max(alert.reminders + 1, passed // (rule.repeat_ms or 1)))
    desk.into.alerts[alert.alert_id] = reminded
    desk.into.transitions.append(
        Transition(at=desk.at, change=Change.REMINDS, alert=reminded, number=reminded.reminders)
    )
    for told in _told(reminded):
        reply(desk, reminded, told, Reason.REMINDER, number=reminded.reminders)
    return msgspec.structs.replace(slice_, alert=reminded)


def escalate(desk: Desk, rule: Rule, slice_: Slice, alert: Alert) -> Slice:
    """Take the next step of `then`: a reply where the alert is told already, a message of its own elsewhere."""
    step = rule.then[alert.escalations]
    number, mention = alert.escalations + 1, _mention(rule, alert.escalations)
    channels = channels_of(step.notify, slice_.values.get, desk.rule_set) if step.notify else alert.channels
    after = msgspec.structs.replace(alert, escalations=number, revision=alert.revision + 1)
    for channel in channels:
        after = _tell_step(desk, slice_, after, channel, mention)
    desk.into.alerts[alert.alert_id] = after
    desk.into.transitions.append(
        Transition(at=desk.at, change=Change.ESCALATES, alert=after, number=number, mention=mention, channels=channels)
    )
    return msgspec.structs.replace(slice_, alert=after)


def reply(desk: Desk, alert: Alert, told: Told, reason: Reason, *, number: int, mention: str | None = None) -> None:
    """Decide a reply in the thread of the card by which a channel was told."""
    desk.into.notifications.append(
        Notification(
            delivery_id=delivery_id(alert.alert_id, told.channel, reason.value, number),
            alert_id=alert.alert_id,
            channel=told.channel,
            reason=reason,
            severity=alert.severity,
            revision=alert.revision,
            at=desk.at,
            number=number,
            mention=mention,
            thread=told.card if told.card != alert.alert_id else "",
        )
    )


def _tell_step(desk: Desk, slice_: Slice, alert: Alert, channel: str, mention: str | None) -> Alert:
    if alert.mode is not Mode.LIVE:
        return alert
    told = next((told for told in alert.told if told.channel == channel), None)
    if told is not None:
        reply(desk, alert, told, Reason.ESCALATED_HERE, number=alert.escalations, mention=mention)
        return alert
    if channel_takes(desk, channel):
        _post(desk, alert, channel, mention)
        told = Told(channel, alert.alert_id)
    else:
        told = Told(channel, fold(desk, channel, alert, slice_.values))
    return msgspec.structs.replace(
        alert, told=(*alert.told, told), channels=tuple(dict.fromkeys((*alert.channels, channel)))
    )


def _post(desk: Desk, alert: Alert, channel: str, mention: str | None) -> None:
    desk.into.notifications.append(
        Notification(
            delivery_id=delivery_id(alert.alert_id, channel, "first"),
            alert_id=alert.alert_id,
            channel=channel,
            reason=Reason.ESCALATED,
            severity=alert.severity,
            revision=alert.revision,
            at=desk.at,
            number=alert.escalations,
            mention=mention,
        )
    )


def _next_reminder(rule: Rule, every: int, alert: Alert, now: int) -> int | None:
    """Return when the next reminder is due; those that nobody could be given meanwhile are left out."""
    number = max(alert.reminders + 1, ruleclock.passed(rule, alert.fired_at, now) // every)
    due = ruleclock.due(rule, alert.fired_at, number * every)
    return due if due is None or due >= now else ruleclock.due(rule, alert.fired_at, (number + 1) * every)


def _told(alert: Alert) -> tuple[Told, ...]:
    return alert.told if alert.mode is Mode.LIVE else ()


def _mention(rule: Rule, index: int) -> str | None:
    """Return whom a step names, if no earlier step of the episode has named them."""
    step: Escalation = rule.then[index]
    named = {earlier.mention for earlier in rule.then[:index]}
    return None if step.mention in named else step.mention
