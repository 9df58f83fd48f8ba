"""Other rules are in force: open alerts live on under the new text, those of a vanished rule are closed."""

from __future__ import annotations

import msgspec

from bot.core import gates, hours, lifecycle, telling, waits
from bot.core.decisions import Reason
from bot.core.desk import Desk
from bot.core.handing_over import on_hours
from bot.core.holding import HAND_OVER, let_go
from bot.core.lifecycle import Ending
from bot.core.roundup import RoundupKind
from bot.core.rule import Mode, Rule
from bot.core.state import BY_GROUP, Alert, AlertState, Slice


def on_reload(desk: Desk) -> None:
    """Let the new rules take over what stands, and start the clocks that begin when rules are loaded."""
    for key in desk.view.open_slice_keys():
        slice_ = desk.view.slice(key)
        if slice_ is not None and slice_.alert is not None:
            _take_over(desk, key, slice_, slice_.alert)
    _take_over_hours(desk)
    for key in desk.view.waiting_slice_keys():
        _wait_on(desk, key)
    waits.start_clocks(desk)


def _take_over(desk: Desk, key: str, slice_: Slice, alert: Alert) -> None:
    rule = desk.rule_set.rules.get(slice_.rule)
    if rule is None or rule.mode is Mode.OFF:
        why = "its rule was removed" if rule is None else "its rule was switched off"
        lifecycle.end(desk, key, slice_, Ending(AlertState.CLOSED, desk.at, why))
        return
    _live_on(desk, key, slice_, alert, rule)
    if alert.held_by is not None and rule.mode is Mode.SHADOW:
        _into_shadow(desk, key)
    elif alert.held_by is not None and alert.held_by.by != BY_GROUP:
        gates.reconsider(desk, key)


def _into_shadow(desk: Desk, key: str) -> None:
    """Let an alert that nobody was told of follow its rule into the shadow; one that was told stays what it was."""
    slice_ = desk.view.slice(key)
    if slice_ is not None and slice_.alert is not None:
        after = msgspec.structs.replace(let_go(slice_.alert, desk.at), mode=Mode.SHADOW)
        desk.into.alerts[after.alert_id] = after
        desk.into.slices[key] = msgspec.structs.replace(slice_, alert=after)


def _live_on(desk: Desk, key: str, slice_: Slice, alert: Alert, rule: Rule) -> None:
    due = lifecycle.deadlines(rule, slice_, desk.at)
    # What the new text would have ended earlier ends now: an alert never ends before it is looked at.
    at = {name: max(due[name], desk.at) if name in due else None for name in lifecycle.TIMERS}
    desk.into.timers.update({(key, name): when for name, when in at.items()})
    after = lifecycle.under_new_text(alert, slice_, rule, desk.at)
    if after is not alert:
        telling.change(desk, alert, after, Reason.MORE)
        desk.into.slices[key] = msgspec.structs.replace(slice_, alert=after)


def _wait_on(desk: Desk, key: str) -> None:
    """Let a clock that runs to a deadline run by the new text; one of a vanished rule stops."""
    slice_ = desk.view.slice(key)
    rule = desk.rule_set.rules.get(slice_.rule) if slice_ is not None else None
    if slice_ is None or slice_.alert is not None:
        return
    due = lifecycle.deadlines(rule, slice_, desk.at) if rule is not None and rule.mode is not Mode.OFF else {}
    at = due.get(lifecycle.DEADLINE)
    desk.into.timers[(key, lifecycle.DEADLINE)] = None if at is None else max(at, desk.at)
    if at is None:
        desk.into.slices[key] = lifecycle.stopped(slice_)


def _take_over_hours(desk: Desk) -> None:
    """Let hours hand over when they begin by the new text; at once what no rule's hours would hand over any more."""
    named = {rule.notify_during.name: rule.notify_during for rule in desk.rule_set.active if rule.notify_during}
    for card in desk.view.collecting(RoundupKind.HAND_OVER):
        opens = hours.next_open(named[card.name], desk.at) if card.name in named else None
        if opens is not None:
            desk.into.timers[(card.roundup_id, HAND_OVER)] = opens
        else:
            on_hours(desk, card.name)
