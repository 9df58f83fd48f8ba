"""Counts that can never be enough, and shares of something that they are no part of."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from bot.core.catalogue import Outcome, outcomes_of_type, possible_outcomes
from bot.core.conditions import Op
from bot.core.fields import FieldType, field_type
from bot.core.kinds import AtLeast, Share
from bot.core.selector import Selector
from bot.rulepack.looked import Looked, required_clauses, values_of


def check_threshold(looked: Looked) -> None:
    """Note a count of different values that there can never be."""
    kind, rule = looked.rule.kind, looked.rule
    if not isinstance(kind, AtLeast) or kind.distinct is None:
        return
    reachable = _reachable(kind.distinct, looked)
    if reachable is not None and kind.threshold > reachable:
        message = f"`at_least: {kind.threshold}` cannot be reached: there are at most {reachable} different values"
        looked.notes.error(looked.values.at("at_least"), f"{message} of `{kind.distinct}` for one key of `{rule.name}`")


def check_share(looked: Looked) -> None:
    """Note a share whose matches are not all among the events that it is a share of."""
    kind, when = looked.rule.kind, looked.rule.when
    if not isinstance(kind, Share) or kind.of.any:
        return
    outside = "an event of an unlisted type" if when.any else next(_outside(looked, when, kind.of), None)
    if outside is not None:
        message = f"`when` must lie within `of`: {outside} is counted as a match, and not among all"
        looked.notes.error(looked.values.at("of"), message)


def _outside(looked: Looked, when: Selector, of: Selector) -> Iterator[str]:
    for name in sorted(looked.types(when)):
        if any(when.selects(name, outcomes) and not of.selects(name, outcomes) for outcomes in _outcomes(name)):
            yield f"`{name}`"


def _outcomes(event_type: str) -> Iterator[tuple[Outcome, ...]]:
    """Yield every combination of outcomes that an event of a type may have."""
    always = outcomes_of_type(event_type)
    extra = sorted(possible_outcomes(event_type) - set(always))
    for size in range(len(extra) + 1):
        for chosen in combinations(extra, size):
            yield (*always, *chosen)


def _reachable(field: str, looked: Looked) -> int | None:
    """Return how many different values a field can have within one key; None: without end."""
    bounds: list[int] = []
    if field in (looked.rule.per or ()):
        bounds.append(1)
    if field_type(field) is FieldType.YES_NO:
        bounds.append(2)
    if field in {"source", "environment"} and looked.config.sources:
        bounds.append(_origins(field, looked))
    equal = (c for c in required_clauses(looked.rule.where) if c.op is Op.IS and c.field == field)
    bounds += [len(values_of(clause)) for clause in equal if clause.field_type is not FieldType.LIST]
    return min(bounds, default=None)


def _origins(field: str, looked: Looked) -> int:
    """Return how many sources or environments there are whose events `when` may mean."""
    platforms = looked.platforms(looked.rule.when)
    sources = [source for source in looked.config.sources.values() if not platforms or source.kind in platforms]
    return len({source.name if field == "source" else source.environment for source in sources})
