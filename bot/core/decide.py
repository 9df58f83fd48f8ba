"""The one decision: an input and what is remembered, to everything that follows from it. Pure and total."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from bot.core import acting, envelope, reloading, step, ticking
from bot.core.concerned import closings, matches, set_aside
from bot.core.decisions import Decisions, Fault
from bot.core.desk import Desk, Hearing, Turn
from bot.core.enrich import Enriched, enrich, learn
from bot.core.envelope import Touched
from bot.core.inputs import Action, Details, Event, Input, Reload, Tick
from bot.core.match import Match, overflowed
from bot.core.overlay import Overlay
from bot.core.rule import ALWAYS
from bot.core.ruleset import RuleSet
from bot.core.selector import OWN_SOURCE
from bot.core.troubles import RULE_SET_ASIDE, rule_overflows, trouble
from bot.core.view import View
from bot.errors import StoreError

# Keys that one rule may have state for at a time; beyond it what is new shares one bucket, and that is told.
KEYS_PER_RULE: Final = 20_000
RETRIED_AFTER_MS: Final = 60_000
# Looked up once: a member of an enum costs 900 instructions at each look.
_COMPLETION: Final = Details.COMPLETION
_ENVELOPE: Final = Details.ENVELOPE
_Look: TypeAlias = Callable[[Turn], None]
_Take: TypeAlias = Callable[[_Look, Match, Enriched, Desk], None]


def decide(given: Input, view: View, rule_set: RuleSet) -> Decisions:
    """Return what follows from one input. A rule that raises is set aside and hurts no other."""
    match given:
        case Event():
            return _of_event(given, view, rule_set)
        case Tick():
            return _of_tick(given, view, rule_set)
        case Action():
            acting.on_action(desk := _desk(given.at, view, rule_set), given)
            return desk.into
        case Reload():
            reloading.on_reload(desk := _desk(given.at, view, rule_set))
            return desk.into


def _desk(at: int, view: View, rule_set: RuleSet, *, ticking: bool = False) -> Desk:
    into = Decisions()
    return Desk(at, rule_set, Overlay(view, into), into, ticking)


def _of_event(event: Event, view: View, rule_set: RuleSet) -> Decisions:
    """Let all rules write into one set of effects; where one raises, decide again with each rule's effects apart.

    Apart, the effects of the rule that raised can be left out whole. It costs a third of deciding, so only then.
    """
    try:
        return _by_all(event, view, _desk(event.at, view, rule_set), _take)
    except StoreError:
        raise  # a view that cannot read is no fault of a rule
    except Exception:  # noqa: BLE001 - decided again, and then it is known whose fault it is
        return _by_all(event, view, _desk(event.at, view, rule_set), _take_apart)


def _by_all(event: Event, view: View, desk: Desk, take: _Take) -> Decisions:
    """Give every rule its turn that the event concerns: those that it matches, then those of which it ends something.

    Each turn sees what the turns before it decided.
    """
    enriched = enrich(event, view)
    learn(enriched, view, desk.into.memories)
    hearing, candidates = Hearing(enriched, view, desk), desk.rule_set.candidates(event)
    found, closing = matches(candidates, hearing), closings(candidates, hearing)
    if event.details is _COMPLETION:
        touched = envelope.recall(event, view)
        _complete(touched, enriched, desk, take)
        found, closing = touched.new_matches(found), touched.new_closings(closing, view)
    _match_all(found, closing, hearing, take)
    _close_all(closing, hearing, take)
    if event.details is _ENVELOPE:
        envelope.remember(enriched, found, desk.into)
    return desk.into


def _match_all(found: list[Match], closing: dict[str, Match], hearing: Hearing, take: _Take) -> None:
    """Give the rules that match their turns, what inhibits first; what is a match closes nothing under its key."""
    if len(found) > 1:
        depths = hearing.desk.rule_set.depths
        found.sort(key=lambda match: depths[match.rule.name])
    before = hearing.before
    for match in found:
        if match.slice_key in closing:
            if _closes_rather(match, hearing):
                continue
            del closing[match.slice_key]
        within = match if before.slices_of(match.rule.name) < KEYS_PER_RULE else _beyond_cap(match, hearing)
        if within is not None:
            take(step.on_match, within, hearing.enriched, hearing.desk)


def _close_all(closing: dict[str, Match], hearing: Hearing, take: _Take) -> None:
    """End what is inhibited before what inhibits it: else its end would release what ends with it."""
    if not closing:
        return
    depths = hearing.desk.rule_set.depths
    for match in sorted(closing.values(), key=lambda match: -depths[match.rule.name]):
        if step.may_close(match, hearing.enriched, hearing.before):
            take(step.on_closing, match, hearing.enriched, hearing.desk)


def _take(look: _Look, match: Match, enriched: Enriched, desk: Desk) -> None:
    look(Turn(match, enriched, desk))


def _take_apart(look: _Look, match: Match, enriched: Enriched, desk: Desk) -> None:
    """Take over the effects of a rule's turn whole, or none of them when it raises."""
    own = Decisions()
    apart = Desk(desk.at, desk.rule_set, Overlay(desk.view, own), own)
    try:
        look(Turn(match, enriched, apart))
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a rule does, the other rules go on
        set_aside(match.rule, enriched.event, error, desk.into)
    else:
        desk.into.add(own)


def _beyond_cap(match: Match, hearing: Hearing) -> Match | None:
    """Return the match of a rule that has state for too many keys: itself for one of them, else the overflow bucket.

    None for a rule that waits for something: no event could tell the bucket that it came.
    """
    rule, view, event = match.rule, hearing.before, hearing.enriched.event
    if view.slice(match.slice_key) is not None:
        return match
    if event.source != OWN_SOURCE:
        hearing.desk.into.follow_ups.append(rule_overflows(rule.name, event))
    return None if rule.waits else overflowed(match)


def _closes_rather(match: Match, hearing: Hearing) -> bool:
    """Choose for an event that a rule's `when` and what closes it both mean.

    What a rule waits for is what it waits for. Else a written `where` picked the event, so it is a match; without one,
    or where it did not pick the event (a share counts it among all), it ends what is open, and else counts or opens.
    """
    event = hearing.enriched.event
    if match.rule.awaits(event.type, event.outcomes):
        return True
    slice_ = hearing.before.slice(match.slice_key)
    chosen = match.rule.where != ALWAYS and match.passed
    return not chosen and slice_ is not None and slice_.alert is not None


def _complete(touched: Touched, enriched: Enriched, desk: Desk, take: _Take) -> None:
    """Complete the cards that the envelope drew and that still stand, and those that a deadline will fire."""
    for slice_key, name in touched.matched.items():
        slice_, rule = desk.view.slice(slice_key), desk.rule_set.rules.get(name)
        alert = None if slice_ is None else slice_.alert or slice_.pending
        if rule is not None and alert is not None:
            take(step.on_completion, Match(rule, alert.key, slice_key, alert.unknown_key), enriched, desk)


def _of_tick(tick: Tick, view: View, rule_set: RuleSet) -> Decisions:
    """Look at a timer once, whatever comes of it: one that raised and stayed would hold every later input."""
    desk = _desk(tick.at, view, rule_set, ticking=True)
    try:
        ticking.on_tick(desk, tick)
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a rule does, the other rules go on
        return _after_fault(tick, view, error)
    return desk.into


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
