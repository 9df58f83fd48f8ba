"""An alert from firing to its end: opening, drawing again, ending, and the deadlines in between."""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from bot.core.counting import drains_at
from bot.core.decisions import Change, Decisions, Notification, Reason, Transition
from bot.core.enrich import Enriched
from bot.core.identity import alert_id, delivery_id, fingerprint
from bot.core.inputs import Action
from bot.core.match import Match
from bot.core.portrait import channels_of, standing_text, title_of, with_event
from bot.core.rule import AtLeast, Mode, Rule, RuleSet
from bot.core.state import Alert, AlertState, Slice

DRAIN: Final = "drain"
QUIET: Final = "quiet"
EXPIRY: Final = "unheard"  # sorts behind `quiet`: at one instant, quiet time that the rule asked for resolves
TIMERS: Final = (DRAIN, QUIET, EXPIRY)
_CHANGES: Final = {
    AlertState.RESOLVED: (Change.RESOLVES, Reason.RESOLVED),
    AlertState.EXPIRED: (Change.EXPIRES, Reason.EXPIRED),
    AlertState.CLOSED: (Change.CLOSES, Reason.CLOSED),
}


class Ending(NamedTuple):
    """How and when an alert ends. `why` is shown: what ended it, in words.

    `keeps_window`: the counter goes on with what is left in the window (it drained). Every other ending empties it:
    with a window that still held, what goes on failing would never cross the threshold again.
    """

    state: AlertState
    at: int
    why: str
    keeps_window: bool = False


def opened(match: Match, enriched: Enriched, rule_set: RuleSet, count: int = 1) -> Alert:
    """Return a new episode, fired by this event."""
    rule, event = match.rule, enriched.event
    mark = fingerprint(rule.name, match.key)
    alert = Alert(
        alert_id=alert_id(mark, event.event_id),
        rule=rule.name,
        fingerprint=mark,
        slice_key=match.slice_key,
        key=match.key,
        title="",
        severity=rule.severity,
        fired_at=event.at,
        last_at=event.at,
        count=count,
        mode=rule.mode,
        channels=channels_of(rule, enriched.get(), rule_set),
        unknown_key=match.unknown,
    )
    return with_event(alert, rule, enriched, event.at)


def repeated(alert: Alert, rule: Rule, enriched: Enriched, count: int) -> Alert:
    """Return the open alert after one more match."""
    at = enriched.event.at
    changed = msgspec.structs.replace(alert, count=count, last_at=at, revision=alert.revision + 1)
    return with_event(changed, rule, enriched, at)


def completed(alert: Alert, rule: Rule, enriched: Enriched) -> Alert:
    """Return the alert with the details that came after it had been told; nothing is counted twice."""
    changed = msgspec.structs.replace(alert, revision=alert.revision + 1)
    return with_event(changed, rule, enriched, enriched.event.at)


def ended(alert: Alert, ending: Ending) -> Alert:
    """Return the alert after its end."""
    return msgspec.structs.replace(
        alert, state=ending.state, ended_at=ending.at, ended_by=ending.why, revision=alert.revision + 1
    )


def acknowledged(alert: Alert, action: Action) -> Alert:
    """Return the alert taken by a person."""
    return msgspec.structs.replace(
        alert,
        state=AlertState.ACKNOWLEDGED,
        acknowledged_by=action.actor,
        acknowledged_at=action.at,
        revision=alert.revision + 1,
    )


def under_new_text(alert: Alert, slice_: Slice, rule: Rule, now: int) -> Alert:
    """Return an open alert of a changed rule: it lives on under the new text."""
    title = title_of(rule, slice_.values.get, alert, now)
    changed = msgspec.structs.replace(alert, **standing_text(rule), title=title)
    if changed == alert:
        return alert
    return msgspec.structs.replace(changed, revision=alert.revision + 1)


def deadlines(rule: Rule, slice_: Slice) -> dict[str, int]:
    """Return when an open alert would end by itself, by timer name; only the timers that its rule has."""
    alert, found = slice_.alert, dict[str, int]()
    if alert is None:
        return found
    if rule.drains and isinstance(rule.kind, AtLeast):
        found[DRAIN] = drains_at(rule.kind, slice_.recent)
    if rule.resolved_after_ms is not None:
        found[QUIET] = alert.last_at + rule.resolved_after_ms
    if rule.expiry_ms is not None:
        found[EXPIRY] = alert.last_at + rule.expiry_ms
    return found


def tell(into: Decisions, alert: Alert, reason: Reason, at: int) -> None:
    """Record the alert and notify its channels. Shadow alerts are recorded and never told."""
    into.alerts[alert.alert_id] = alert
    if alert.mode is not Mode.LIVE:
        return
    for channel in alert.channels:
        kind = "first" if reason is Reason.FIRST else "edit"
        into.notifications.append(
            Notification(
                delivery_id=delivery_id(alert.alert_id, channel, kind),
                alert_id=alert.alert_id,
                channel=channel,
                reason=reason,
                severity=alert.severity,
                revision=alert.revision,
                at=at,
            )
        )


def fire(into: Decisions, alert: Alert) -> None:
    """Record that an alert fires, and tell it."""
    into.transitions.append(Transition(at=alert.fired_at, change=Change.FIRES, alert=alert))
    tell(into, alert, Reason.FIRST, alert.fired_at)


def end(into: Decisions, slice_key: str, slice_: Slice, ending: Ending) -> Slice:
    """End the slice's open alert: record, tell, cancel its timers. Returns the slice without it."""
    if slice_.alert is None:
        return slice_
    over = ended(slice_.alert, ending)
    change, reason = _CHANGES[ending.state]
    into.transitions.append(Transition(at=ending.at, change=change, alert=over))
    tell(into, over, reason, ending.at)
    into.timers.update({(slice_key, name): None for name in TIMERS})
    recent = slice_.recent if ending.keeps_window else ()
    return msgspec.structs.replace(slice_, alert=None, values={}, recent=recent, counted=(), top={})
