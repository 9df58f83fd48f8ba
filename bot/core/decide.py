"""The one decision: an input and what is remembered, to everything that follows from it. Pure and total."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from bot.core import envelope, lifecycle, step
from bot.core.decisions import Change, Decisions, Fault, Reason, Transition
from bot.core.enrich import Enriched, enrich, learn
from bot.core.envelope import Touched
from bot.core.inputs import Action, ActionKind, Details, Event, Input, Reload, Tick
from bot.core.lifecycle import Ending
from bot.core.match import Match, keyed_by_own, passed, worth_asking
from bot.core.rule import ALWAYS, OWN_SOURCE, Mode, Rule, RuleSet
from bot.core.state import AlertState, Slice, View
from bot.core.step import Turn
from bot.core.text import duration_text
from bot.core.troubles import rule_set_aside
from bot.errors import StoreError


def decide(given: Input, view: View, rule_set: RuleSet) -> Decisions:
    """Return what follows from one input. A rule that raises is set aside and hurts no other."""
    into = Decisions()
    match given:
        case Event():
            _on_event(given, view, rule_set, into)
        case Tick():
            return _guarded_tick(given, view, rule_set)
        case Action():
            _on_action(given, view, into)
        case Reload():
            _on_reload(given, view, rule_set, into)
    return into


def _on_event(event: Event, view: View, rule_set: RuleSet, into: Decisions) -> None:
    enriched = enrich(event, view)
    into.memories.update(learn(event, view))
    found = list(_matches(enriched, view, rule_set, into))
    closing = {match.slice_key: match for match in _closings(enriched, view, rule_set, into)}
    if event.details is Details.COMPLETION:
        touched = envelope.recall(event, view)
        _complete(touched, enriched, view, rule_set, into)
        found, closing = touched.new_matches(found), touched.new_closings(closing, view)
    for match in found:
        if match.slice_key in closing and _closes_rather(match, view):
            continue
        closing.pop(match.slice_key, None)
        _guarded(step.on_match, Turn(match, enriched, rule_set, Decisions()), view, into)
    for match in closing.values():
        if step.may_close(match, enriched, view):
            _guarded(step.on_closing, Turn(match, enriched, rule_set, Decisions()), view, into)
    if event.details is Details.ENVELOPE:
        envelope.remember(event, found, into)


def _matches(enriched: Enriched, view: View, rule_set: RuleSet, into: Decisions) -> Iterator[Match]:
    get = enriched.get()
    for compiled in worth_asking(rule_set.candidates(enriched.event), enriched):
        if view.is_quarantined(compiled.rule.name):
            continue
        try:
            match = passed(compiled, enriched, get)
        except StoreError:
            raise  # a view that cannot read is no fault of the rule
        except Exception as error:  # noqa: BLE001 - whatever a rule does, the other rules go on
            _set_aside(compiled.rule, enriched.event, error, into)
            continue
        if match is not None:
            yield match


def _closings(enriched: Enriched, view: View, rule_set: RuleSet, into: Decisions) -> Iterator[Match]:
    candidates = rule_set.candidates(enriched.event)
    for rule in candidates.closing:
        if not view.has_open(rule.name) and not (rule.remembers_endings and candidates.is_final):
            continue  # by far the most: nothing of it is open, and nothing has to be remembered
        if view.is_quarantined(rule.name):
            continue
        try:
            match = keyed_by_own(rule, enriched)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - the same
            _set_aside(rule, enriched.event, error, into)
            continue
        if match is not None:
            yield match


def _closes_rather(match: Match, view: View) -> bool:
    """Choose for an event that a rule's `when` and `resolved_by` both mean.

    A written `where` picked the event, so it is a match. Without one it ends what is open, and else opens.
    """
    slice_ = view.slice(match.slice_key)
    return match.rule.where == ALWAYS and slice_ is not None and slice_.alert is not None


def _complete(touched: Touched, enriched: Enriched, view: View, rule_set: RuleSet, into: Decisions) -> None:
    """Complete the cards that the envelope drew and that still stand."""
    for slice_key, name in touched.matched.items():
        slice_, rule = view.slice(slice_key), rule_set.rules.get(name)
        if rule is not None and slice_ is not None and slice_.alert is not None:
            match = Match(rule, slice_.alert.key, slice_key, slice_.alert.unknown_key)
            _guarded(step.on_completion, Turn(match, enriched, rule_set, Decisions()), view, into)


def _guarded_tick(tick: Tick, view: View, rule_set: RuleSet) -> Decisions:
    """Look at a timer once, whatever comes of it: one that raised and stayed would hold every later input."""
    into = Decisions()
    try:
        _on_tick(tick, view, rule_set, into)
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a rule does, the other rules go on
        slice_ = view.slice(tick.slice_key)
        fault = Fault(slice_.rule if slice_ else "", f"{type(error).__name__}: {error}")
        return Decisions(timers={(tick.slice_key, tick.name): None}, faults=[fault])
    return into


def _on_tick(tick: Tick, view: View, rule_set: RuleSet, into: Decisions) -> None:
    """Look at the true deadline: a timer is not moved by each match, so it may have come too early."""
    timer = (tick.slice_key, tick.name)
    slice_ = view.slice(tick.slice_key)
    rule = rule_set.rules.get(slice_.rule) if slice_ else None
    due = lifecycle.deadlines(rule, slice_).get(tick.name) if rule and slice_ else None
    if rule is None or slice_ is None or due is None:
        into.timers[timer] = None
    elif due > tick.at:
        into.timers[timer] = due
    else:
        over = lifecycle.end(into, tick.slice_key, slice_, _end_by_time(tick, rule))
        into.slices[tick.slice_key] = _without_alert(over)


def _end_by_time(tick: Tick, rule: Rule) -> Ending:
    if tick.name == lifecycle.DRAIN:
        why = f"fewer than the threshold within {rule.within_text}"
        return Ending(AlertState.RESOLVED, tick.at, why, keeps_window=True)
    if tick.name == lifecycle.QUIET:
        return Ending(AlertState.RESOLVED, tick.at, f"quiet for {duration_text(rule.resolved_after_ms or 0)}")
    return Ending(AlertState.EXPIRED, tick.at, f"nothing heard for {duration_text(rule.expiry_ms or 0)}")


def _on_action(action: Action, view: View, into: Decisions) -> None:
    """Apply a person's action to an open alert; on one that is over, or taken already, nothing follows."""
    slice_key = view.slice_key_of_alert(action.alert_id)
    slice_ = view.slice(slice_key) if slice_key else None
    if slice_key is None or slice_ is None or slice_.alert is None:
        return
    if action.kind is ActionKind.RESOLVE:
        ending = Ending(AlertState.RESOLVED, action.at, f"resolved by {action.actor}")
        over = lifecycle.end(into, slice_key, slice_, ending)
        into.slices[slice_key] = _without_alert(over)
    elif slice_.alert.state is AlertState.FIRING:
        alert = lifecycle.acknowledged(slice_.alert, action)
        into.transitions.append(Transition(at=action.at, change=Change.ACKNOWLEDGED, alert=alert))
        lifecycle.tell(into, alert, Reason.ACKNOWLEDGED, action.at)
        into.slices[slice_key] = msgspec.structs.replace(slice_, alert=alert)


def _on_reload(reload: Reload, view: View, rule_set: RuleSet, into: Decisions) -> None:
    """Open alerts of a changed rule live on under the new text; those of a vanished rule are closed."""
    for slice_key in view.open_slice_keys():
        slice_ = view.slice(slice_key)
        if slice_ is None or slice_.alert is None:
            continue
        rule = rule_set.rules.get(slice_.rule)
        if rule is None or rule.mode is Mode.OFF:
            why = "its rule was removed" if rule is None else "its rule was switched off"
            over = lifecycle.end(into, slice_key, slice_, Ending(AlertState.CLOSED, reload.at, why))
            into.slices[slice_key] = _without_alert(over)
        else:
            _live_on(slice_key, slice_, rule, reload.at, into)


def _live_on(slice_key: str, slice_: Slice, rule: Rule, now: int, into: Decisions) -> None:
    due = lifecycle.deadlines(rule, slice_)
    # What the new text would have ended earlier ends now: an alert never ends before it is looked at.
    at = {name: max(due[name], now) if name in due else None for name in lifecycle.TIMERS}
    into.timers.update({(slice_key, name): when for name, when in at.items()})
    if slice_.alert is None:
        return
    alert = lifecycle.under_new_text(slice_.alert, slice_, rule, now)
    if alert is not slice_.alert:
        lifecycle.tell(into, alert, Reason.MORE, now)
        into.slices[slice_key] = msgspec.structs.replace(slice_, alert=alert)


def _without_alert(slice_: Slice) -> Slice | None:
    """Return what is worth keeping of a slice whose alert ended: what is left of its window, an excuse."""
    return slice_ if slice_.recent or slice_.closed_at is not None else None


def _guarded(look: Callable[[Turn, View], None], turn: Turn, view: View, into: Decisions) -> None:
    """Take over the effects of a rule's turn whole, or none of them when it raises."""
    try:
        look(turn, view)
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a rule does, the other rules go on
        _set_aside(turn.match.rule, turn.enriched.event, error, into)
    else:
        into.add(turn.into)


def _set_aside(rule: Rule, event: Event, error: Exception, into: Decisions) -> None:
    into.faults.append(Fault(rule.name, f"{type(error).__name__}: {error}"))
    if event.source != OWN_SOURCE:  # a fault of our own rules must not make events without end
        into.follow_ups.append(rule_set_aside(rule.name, type(error).__name__, event))
