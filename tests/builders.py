"""Short ways to write events and rules in tests. Times are ms; a test's clock starts at 0."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Any

from bot.core.catalogue import Outcome, outcomes_of_type
from bot.core.decisions import Change, Decisions, Transition
from bot.core.fold import State, drain, fold
from bot.core.inputs import Event, Input
from bot.core.rule import Rule, Target
from bot.core.ruleset import RuleSet
from bot.core.selector import Selector

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
_serial = count(1)


def event(event_type: str, at: int = 0, *, outcomes: Iterable[Outcome] = (), **fields: Any) -> Event:
    """Return an event of a type, with the outcome of its type unless told otherwise."""
    event_id = fields.pop("event_id", None) or f"evt_{next(_serial)}"
    extra = {name: fields.pop(name) for name in ("details", "occurred_at") if name in fields}
    payload = fields.pop("raw", None)
    source = fields.pop("source", event_type.split(".", maxsplit=1)[0])
    return Event(
        event_id=event_id,
        source=source,
        type=event_type,
        at=at,
        outcomes=tuple(outcomes) or outcomes_of_type(event_type),
        fields={"source": source, "environment": "prod", **fields},
        payload=payload,
        **extra,
    )


def when(*words: str) -> Selector:
    """Return the selector that a rule's `when` would make of these outcomes and types."""
    outcomes = frozenset(Outcome(word) for word in words if word in set(Outcome))
    globs = tuple(word for word in words if "*" in word)
    types = frozenset(word for word in words if "." in word and "*" not in word)
    return Selector(outcomes=outcomes, types=types, globs=globs, any="any" in words)


def rule(name: str = "r", **parts: Any) -> Rule:
    """Return a rule that tells the channel `alerts`, unless told otherwise."""
    parts.setdefault("title", "{rule} {subject}")
    parts.setdefault("when", when("failed"))
    parts.setdefault("notify", (Target("alerts"),))
    return Rule(name=name, **parts)


def rules(*written: Rule, **parts: Any) -> RuleSet:
    """Return a rule set."""
    return RuleSet(rules={r.name: r for r in written}, **parts)


def run(rule_set: RuleSet, *inputs: Input, until: int | None = None, state: State | None = None) -> Decisions:
    """Fold inputs from an empty state, then let time pass up to and including `until`; return all effects."""
    state, everything = state or State(), Decisions()
    for given in inputs:
        fold(given, state, rule_set, everything)
    if until is not None:
        drain(until + 1, state, rule_set, everything)
    return everything


def story(decisions: Decisions) -> list[tuple[int, str, str]]:
    """Return what happened to alerts as (time, change, key values joined)."""
    return [_told(t) for t in decisions.transitions]


def changes(decisions: Decisions) -> list[Change]:
    """Return only the changes, in order."""
    return [t.change for t in decisions.transitions]


def _told(transition: Transition) -> tuple[int, str, str]:
    key = ",".join(value for _, value in transition.alert.key) or "all"
    return transition.at, transition.change.value, key
