"""What holds an alert's first message back: a silence, an inhibiting alert, hours that are closed, in this order.

It is looked at when the alert fires, when what held it ends, and before a group or hours tell what they hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from bot.core import hours, telling
from bot.core.decisions import Change, Fault, Transition
from bot.core.desk import Desk
from bot.core.ending import ends_now
from bot.core.following import deadlines
from bot.core.holding import held_slices, hold, let_go, waits_in
from bot.core.inhibiting import inhibits, may_have_held
from bot.core.roundup import Roundup, RoundupKind
from bot.core.rule import Mode, Rule
from bot.core.state import BY_HOURS, BY_RULE, BY_SILENCE, Alert, Hold, Slice
from bot.core.troubles import RULE_SET_ASIDE, trouble
from bot.errors import StoreError


def fire(desk: Desk, rule: Rule, alert: Alert, values: Mapping[str, Any]) -> Alert:
    """Record that an alert fires; tell it, or hold it. Shadow alerts are recorded and never told."""
    place = len(desk.into.transitions)
    after = _told_or_held(desk, rule, alert, values) if alert.mode is Mode.LIVE and alert.channels else alert
    desk.into.alerts[after.alert_id] = after
    desk.into.transitions.insert(place, Transition(at=alert.fired_at, change=Change.FIRES, alert=after))
    return after


def hold_of(desk: Desk, rule: Rule, alert: Alert, values: Mapping[str, Any]) -> Hold | None:
    """Return what holds an alert's first message now."""
    silence = silence_of(desk, alert, values)
    if silence is not None:
        return Hold(BY_SILENCE, silence.name, desk.at)
    inhibitor = next((name for name in rule.inhibited_by if inhibits(desk, name, alert, values)), None)
    if inhibitor is not None:
        return Hold(BY_RULE, inhibitor, desk.at)
    quiet = rule.notify_during
    if quiet is not None and not hours.is_open(quiet, desk.at) and hours.next_open(quiet, desk.at) is not None:
        return Hold(BY_HOURS, quiet.name, desk.at)
    return None


def hold_safely(desk: Desk, rule: Rule, alert: Alert, values: Mapping[str, Any]) -> Hold | None:
    """Return what holds an alert among many: where that raises, the rule is set aside and the alert is told."""
    try:
        return hold_of(desk, rule, alert, values)
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - one alert must not keep the others from being told
        kind = type(error).__name__
        desk.into.faults.append(Fault(rule.name, f"{kind}: {error}"))
        mark = f"{rule.name}:{alert.alert_id}:{desk.at}"
        desk.into.follow_ups.append(trouble(RULE_SET_ASIDE, rule.name, mark, at=desk.at, cause=kind))
        return None


def silence_of(desk: Desk, alert: Alert, values: Mapping[str, Any]) -> Roundup | None:
    """Return the silence that means an alert, if one is on."""
    silences = tuple(desk.view.collecting(RoundupKind.SILENCE))
    if not silences:
        return None
    own = {"rule": alert.rule, "severity": alert.severity.value, "fingerprint": alert.fingerprint}
    seen = {**values, **dict(alert.key), **own}
    return next((one for one in silences if one.silence is not None and one.silence.matches(seen)), None)


def release_inhibited(desk: Desk, over: Alert) -> None:
    """Look again at what an alert that ended held."""
    for rule in desk.rule_set.inhibits.get(over.rule, ()):
        for key in held_slices(desk, BY_RULE, over.rule, rule.name):
            slice_ = desk.view.slice(key)
            if slice_ is not None and slice_.alert is not None and may_have_held(over, slice_.alert, slice_.values):
                reconsider(desk, key)


def reconsider(desk: Desk, key: str) -> None:
    """Look again at a held alert: it stays held, is held by something else now, or is told after all."""
    slice_ = desk.view.slice(key)
    rule = desk.rule_set.rules.get(slice_.rule) if slice_ is not None else None
    if slice_ is None or rule is None or slice_.alert is None or (before := slice_.alert.held_by) is None:
        return
    by = hold_safely(desk, rule, slice_.alert, slice_.values)
    if (by is not None and (by.by, by.name) == (before.by, before.name)) or ends_now(rule, slice_, desk.at):
        return
    free = let_go(slice_.alert, desk.at)
    if by is not None:
        after = hold(desk, rule, free, slice_.values, by)
    else:
        desk.into.transitions.append(Transition(at=desk.at, change=Change.RELEASES, alert=free))
        after = telling.post(desk, free, slice_.values)
    put_back(desk, key, slice_, after)


def put_back(desk: Desk, key: str, slice_: Slice, alert: Alert) -> None:
    """Keep an alert that was told or held anew, and set the timers that waited for its being told."""
    desk.into.alerts[alert.alert_id] = alert
    desk.into.slices[key] = msgspec.structs.replace(slice_, alert=alert)
    rule = desk.rule_set.rules.get(alert.rule)
    # From the next instant on: what is told right now is not reminded of right now.
    due = deadlines(rule, alert, desk.at + 1) if rule is not None else {}
    desk.into.timers.update({(key, name): max(at, desk.at) for name, at in due.items()})


def _told_or_held(desk: Desk, rule: Rule, alert: Alert, values: Mapping[str, Any]) -> Alert:
    by = hold_of(desk, rule, alert, values)
    if by is None and rule.group_wait_ms is not None:
        by = waits_in(desk, rule, alert, rule.group_wait_ms)
    return telling.post(desk, alert, values) if by is None else hold(desk, rule, alert, values, by)
