"""Which rules an event concerns, each asked so that one that raises hurts no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from bot.core.decisions import Decisions, Fault
from bot.core.desk import Hearing
from bot.core.enrich import Enriched
from bot.core.inputs import Event
from bot.core.match import Match, keyed_by_own, may_have_own_slice, passed, weighed, worth_asking
from bot.core.rule import Rule
from bot.core.ruleset import Candidates
from bot.core.selector import OWN_SOURCE
from bot.core.troubles import rule_set_aside
from bot.errors import StoreError

T = TypeVar("T")


def matches(candidates: Candidates, hearing: Hearing) -> list[Match]:
    """Return what the event matches, and the shares that count it among all."""
    found = []
    for one in worth_asking(candidates, hearing.enriched):
        match = _asked(passed, one, one.rule, hearing)
        if match is not None:
            found.append(match)
    for one in candidates.shares:
        match = _asked(weighed, one, one.rule, hearing)
        if match is not None:
            found.append(match)
    return found


def closings(candidates: Candidates, hearing: Hearing) -> dict[str, Match]:
    """Return what the event may close, by slice key: an alert, a clock, a row, or what excuses a later opening."""
    view, rules = hearing.before, []
    for rule in candidates.ending:  # of by far the most nothing is open, or something that this event is not about
        if view.has_open(rule.name) and may_have_own_slice(rule, hearing.enriched, view):
            rules.append(rule)  # noqa: PERF401 - a comprehension is a call, and this is asked for every event
    for rule in candidates.stopping:
        if view.slices_of(rule.name):
            rules.append(rule)  # noqa: PERF401
    rules += candidates.excusing
    found = [_asked(keyed_by_own, rule, rule, hearing) for rule in rules] if rules else ()
    return {match.slice_key: match for match in found if match is not None} if found else {}


def set_aside(rule: Rule, event: Event, error: Exception, into: Decisions) -> None:
    """Set a rule aside that raised, and have that told."""
    into.faults.append(Fault(rule.name, f"{type(error).__name__}: {error}"))
    if event.source != OWN_SOURCE:  # a fault of our own rules must not make events without end
        into.follow_ups.append(rule_set_aside(rule.name, type(error).__name__, event))


def _asked(ask: Callable[[T, Enriched], Match | None], of: T, rule: Rule, hearing: Hearing) -> Match | None:
    if hearing.before.is_quarantined(rule.name):
        return None
    try:
        return ask(of, hearing.enriched)
    except StoreError:
        raise  # a view that cannot read is no fault of the rule
    except Exception as error:  # noqa: BLE001 - whatever a rule does, the other rules go on
        set_aside(rule, hearing.enriched.event, error, hearing.desk.into)
        return None
