"""The one decision: an input and what is remembered, to everything that follows from it. Pure and total."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, TypeAlias

from bot.core import acting, envelope, reloading, step, ticking
from bot.core.decisions import Decisions, Fault
from bot.core.desk import Desk, Turn
from bot.core.enrich import Enriched, enrich, learn
from bot.core.envelope import Touched
from bot.core.inputs import Action, Details, Event, Input, Reload, Tick
from bot.core.match import Match, keyed_by_own, may_have_own_slice, overflowed, passed, weighed, worth_asking
from bot.core.overlay import Overlay
from bot.core.rule import ALWAYS, Rule
from bot.core.ruleset import RuleSet
from bot.core.selector import OWN_SOURCE
from bot.core.troubles import RULE_SET_ASIDE, rule_overflows, rule_set_aside, trouble
from bot.core.view import View
from bot.errors import StoreError

# Keys that one rule may have state for at a time; beyond it what is new shares one bucket, and that is told.
KEYS_PER_RULE: Final = 20_000
RETRIED_AFTER_MS: Final = 60_000
Look: TypeAlias = Callable[[Turn], None]


def decide(given: Input, view: View, rule_set: RuleSet) -> Decisions:
    """Return what follows from one input. A rule that raises is set aside and hurts no other."""
    into = Decisions()
    match given:
        case Event():
            _on_event(given, view, rule_set, into)
        case Tick():
            return _guarded_tick(given, view, rule_set)
        case Action():
            acting.on_action(Desk(given.at, rule_set, Overlay(view, into), into), given)
        case Reload():
            reloading.on_reload(Desk(given.at, rule_set, Overlay(view, into), into))
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
    if rule_set.inhibits:
        found.sort(key=lambda match: rule_set.depth(match.rule.name))
    for match in found:
        if match.slice_key in closing and _closes_rather(match, event, view):
            continue
        closing.pop(match.slice_key, None)
        within = _within_cap(match, enriched, view, into)
        if within is not None:
            _turn(step.on_match, within, enriched, view=view, rule_set=rule_set, into=into)
    # What is inhibited ends before what inhibits it: else its end would release what ends with it.
    for match in sorted(closing.values(), key=lambda match: -rule_set.depth(match.rule.name)):
        if step.may_close(match, enriched, view):
            _turn(step.on_closing, match, enriched, view=view, rule_set=rule_set, into=into)
    if event.details is Details.ENVELOPE:
        envelope.remember(enriched, found, into)


def _matches(enriched: Enriched, view: View, rule_set: RuleSet, into: Decisions) -> Iterator[Match]:
    get, candidates = enriched.get(), rule_set.candidates(enriched.event)
    for compiled in worth_asking(candidates, enriched):
        match = _asked(partial(passed, compiled, enriched, get), compiled.rule, enriched, view, into)
        if match is not None:
            yield match
    for compiled in candidates.shares:
        match = _asked(partial(weighed, compiled, enriched, get), compiled.rule, enriched, view, into)
        if match is not None:
            yield match


def _closings(enriched: Enriched, view: View, rule_set: RuleSet, into: Decisions) -> Iterator[Match]:
    candidates = rule_set.candidates(enriched.event)
    for rule in candidates.closing:
        stands = view.has_open(rule.name) or (rule.waits and view.slices_of(rule.name))
        remembers = rule.remembers_endings and candidates.is_final
        if not stands and not remembers:
            continue  # by far the most: nothing of it is open, and nothing has to be remembered
        if not remembers and not rule.waits and not may_have_own_slice(rule, enriched, view):
            continue  # something of it is open, and this event is about something else
        match = _asked(partial(keyed_by_own, rule, enriched), rule, enriched, view, into)
        if match is not None:
            yield match


def _asked(
    ask: Callable[[], Match | None], rule: Rule, enriched: Enriched, view: View, into: Decisions
) -> Match | None:
    if view.is_quarantined(rule.name):
        return None
    try:
        return ask()
    except StoreError:
        raise  # a view that cannot read is no fault of the rule
    except Exception as error:  # noqa: BLE001 - whatever a rule does, the other rules go on
        _set_aside(rule, enriched.event, error, into)
        return None


def _within_cap(match: Match, enriched: Enriched, view: View, into: Decisions) -> Match | None:
    """Return the match, or its rule's overflow bucket when the rule has state for too many keys already.

    None for a rule that waits for something: no event could tell the bucket that it came.
    """
    rule = match.rule
    if view.slices_of(rule.name) < KEYS_PER_RULE or view.slice(match.slice_key) is not None:
        return match
    if enriched.event.source != OWN_SOURCE:
        into.follow_ups.append(rule_overflows(rule.name, enriched.event))
    return None if rule.waits else overflowed(match)


def _closes_rather(match: Match, event: Event, view: View) -> bool:
    """Choose for an event that a rule's `when` and what closes it both mean.

    What a rule waits for is what it waits for. Else a written `where` picked the event, so it is a match; without one,
    or where it did not pick the event (a share counts it among all), it ends what is open, and else counts or opens.
    """
    if match.rule.awaits(event.type, event.outcomes):
        return True
    slice_ = view.slice(match.slice_key)
    chosen = match.rule.where != ALWAYS and match.passed
    return not chosen and slice_ is not None and slice_.alert is not None


def _complete(touched: Touched, enriched: Enriched, view: View, rule_set: RuleSet, into: Decisions) -> None:
    """Complete the cards that the envelope drew and that still stand, and those that a deadline will fire."""
    for slice_key, name in touched.matched.items():
        slice_, rule = view.slice(slice_key), rule_set.rules.get(name)
        alert = None if slice_ is None else slice_.alert or slice_.pending
        if rule is not None and alert is not None:
            match = Match(rule, alert.key, slice_key, alert.unknown_key)
            _turn(step.on_completion, match, enriched, view=view, rule_set=rule_set, into=into)


def _guarded_tick(tick: Tick, view: View, rule_set: RuleSet) -> Decisions:
    """Look at a timer once, whatever comes of it: one that raised and stayed would hold every later input."""
    into = Decisions()
    try:
        ticking.on_tick(Desk(tick.at, rule_set, Overlay(view, into), into, ticking=True), tick)
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a rule does, the other rules go on
        return _after_fault(tick, view, error)
    return into


def _after_fault(tick: Tick, view: View, error: Exception) -> Decisions:
    """Set the rule aside whose timer raised. What is collected for many is looked at again in a minute."""
    timer, slice_ = (tick.slice_key, tick.name), view.slice(tick.slice_key)
    if view.roundup(tick.slice_key) is not None:
        rule, again = tick.name, tick.at + RETRIED_AFTER_MS
    else:
        rule, again = slice_.rule if slice_ else "", None
    kind = type(error).__name__
    news = trouble(RULE_SET_ASIDE, rule, f"{rule}:{tick.slice_key}:{tick.at}", at=tick.at, cause=kind)
    return Decisions(timers={timer: again}, faults=[Fault(rule, f"{kind}: {error}")], follow_ups=[news])


def _turn(look: Look, match: Match, enriched: Enriched, *, view: View, rule_set: RuleSet, into: Decisions) -> None:
    """Take over the effects of a rule's turn whole, or none of them when it raises."""
    own = Decisions()
    desk = Desk(enriched.event.at, rule_set, Overlay(Overlay(view, into), own), own)
    try:
        look(Turn(match, enriched, desk))
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a rule does, the other rules go on
        _set_aside(match.rule, enriched.event, error, into)
    else:
        into.add(own)


def _set_aside(rule: Rule, event: Event, error: Exception, into: Decisions) -> None:
    into.faults.append(Fault(rule.name, f"{type(error).__name__}: {error}"))
    if event.source != OWN_SOURCE:  # a fault of our own rules must not make events without end
        into.follow_ups.append(rule_set_aside(rule.name, type(error).__name__, event))
