"""An alert from firing to its end: opening, drawing again, ending, and the deadlines in between."""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from bot.core import following, gates, ruleclock, telling
from bot.core.decisions import Change, Reason, Transition
from bot.core.desk import Desk
from bot.core.ending import drains_at, expires_at, quiet_at
from bot.core.enrich import Enriched
from bot.core.identity import alert_id, fingerprint
from bot.core.inputs import Action
from bot.core.kinds import AbsentFor, NotFollowedBy
from bot.core.match import Match
from bot.core.portrait import channels_of, kind_text, standing_text, title_of, with_event
from bot.core.rule import Rule
from bot.core.ruleset import RuleSet
from bot.core.state import Alert, AlertState, Slice

DEADLINE: Final = "deadline"  # fires: what should have come did not
DRAIN: Final = "drain"
QUIET: Final = "quiet"
EXPIRY: Final = "unheard"  # sorts behind `quiet`: at one instant, quiet time that the rule asked for resolves
TIMERS: Final = (DEADLINE, DRAIN, QUIET, following.REPEAT, following.THEN, EXPIRY)
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


def opened(match: Match, enriched: Enriched, rule_set: RuleSet, count: int = 1, percent: str | None = None) -> Alert:
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
        kind=kind_text(rule.kind),
        channels=channels_of(rule.notify, enriched.get, rule_set),
        percent=percent,
        unknown_key=match.unknown,
    )
    return with_event(alert, rule, enriched, event.at)


def eventless(rule: Rule, key: tuple[tuple[str, str], ...], slice_key: str, rule_set: RuleSet, at: int) -> Alert:
    """Return a new episode of which no event is known: something was never heard of since the rules were loaded."""
    mark = fingerprint(rule.name, key)
    alert = Alert(
        alert_id=alert_id(mark, f"loaded:{at}"),
        rule=rule.name,
        fingerprint=mark,
        slice_key=slice_key,
        key=key,
        title="",
        severity=rule.severity,
        fired_at=at,
        last_at=at,
        count=0,
        mode=rule.mode,
        kind=kind_text(rule.kind),
        channels=channels_of(rule.notify, dict[str, object]().get, rule_set),
    )
    return msgspec.structs.replace(alert, **standing_text(rule))


def fired_late(pending: Alert, rule: Rule, slice_: Slice, at: int) -> Alert:
    """Return the alert that an event drew and a deadline fires."""
    alert = msgspec.structs.replace(pending, fired_at=at, mode=rule.mode)
    return msgspec.structs.replace(alert, title=title_of(rule, slice_.values.get, alert, at))


def repeated(alert: Alert, rule: Rule, enriched: Enriched, count: int, percent: str | None = None) -> Alert:
    """Return the open alert after one more match."""
    at = enriched.event.at
    changed = msgspec.structs.replace(alert, count=count, percent=percent, last_at=at, revision=alert.revision + 1)
    return with_event(changed, rule, enriched, at)


def completed(alert: Alert, rule: Rule, enriched: Enriched) -> Alert:
    """Return the alert with the details that came after it had been told; nothing is counted twice."""
    changed = msgspec.structs.replace(alert, revision=alert.revision + 1)
    return with_event(changed, rule, enriched, enriched.event.at)


def ended(alert: Alert, ending: Ending) -> Alert:
    """Return the alert after its end."""
    return msgspec.structs.replace(
        alert, state=ending.state, ended_at=ending.at, ended_by=ending.why, hushed=None, revision=alert.revision + 1
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


def deadlines(rule: Rule, slice_: Slice, now: int) -> dict[str, int]:
    """Return when something comes due for a slice by itself, by timer name; only the timers that its rule has."""
    alert = slice_.alert
    if alert is None:
        due = ruleclock.pending_due(rule, slice_)
        return {} if due is None else {DEADLINE: due}
    found = following.deadlines(rule, alert, now)
    ends = {DRAIN: drains_at(rule, slice_), QUIET: quiet_at(rule, alert), EXPIRY: expires_at(rule, alert)}
    found.update({name: due for name, due in ends.items() if due is not None})
    return found


def arm(desk: Desk, slice_key: str, slice_: Slice, rule: Rule) -> None:
    """Set the timers of a slice; none before now, because nothing is ever looked at before its time."""
    found = deadlines(rule, slice_, desk.at)
    desk.into.timers.update({(slice_key, name): max(due, desk.at) for name, due in found.items()})


def end(desk: Desk, slice_key: str, slice_: Slice, ending: Ending) -> None:
    """End the slice's open alert: record, tell, cancel its timers, release what it inhibited."""
    alert = slice_.alert
    if alert is None:
        return
    over = ended(alert, ending)
    change, reason = _CHANGES[ending.state]
    desk.into.transitions.append(Transition(at=ending.at, change=change, alert=over))
    kept = without_alert(slice_, keeps_window=ending.keeps_window)
    desk.into.slices[slice_key] = kept if is_worth_keeping(kept) else None
    rule = desk.rule_set.rules.get(alert.rule)
    desk.into.timers.update({(slice_key, name): None for name in _names(rule)})
    telling.change(desk, alert, over, reason)
    gates.release_inhibited(desk, over)


def without_alert(slice_: Slice, *, keeps_window: bool) -> Slice:
    """Return the slice after its alert ended."""
    return msgspec.structs.replace(
        slice_,
        alert=None,
        values={},
        recent=slice_.recent if keeps_window else (),
        window=slice_.window if keeps_window else (),
        latest=slice_.latest if keeps_window else None,
        sums=slice_.sums if keeps_window else (0, 0),
        counted=(),
        top={},
        row=0,
        pending=None,
        heard=None,
        since=None,
    )


def stopped(slice_: Slice) -> Slice | None:
    """Return what is worth keeping of a slice whose clock stops, or whose row is broken."""
    after = msgspec.structs.replace(slice_, pending=None, heard=None, since=None, row=0, values={})
    return after if is_worth_keeping(after) else None


def is_worth_keeping(slice_: Slice) -> bool:
    """Say whether a slice without an alert holds anything: a window, a row, a clock that runs, an excuse."""
    some = slice_.recent or slice_.moments or slice_.row or slice_.seen
    return bool(some) or slice_.closed_at is not None or slice_.since is not None


def _names(rule: Rule | None) -> tuple[str, ...]:
    """Return the timers that a rule can have; of one that is gone, all."""
    if rule is None:
        return TIMERS
    has = {
        DEADLINE: isinstance(rule.kind, NotFollowedBy | AbsentFor),
        DRAIN: rule.drains,
        QUIET: rule.resolved_after_ms is not None,
        following.REPEAT: rule.repeat_ms is not None,
        following.THEN: bool(rule.then),
        EXPIRY: rule.expiry_ms is not None,
    }
    return tuple(name for name in TIMERS if has[name])
