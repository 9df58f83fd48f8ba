"""Rules that nothing matches in practice, although events of the right kind come: told from what a store holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from bot.config.notes import WARNING
from bot.core.conditions import All, AnyOf, Clause, Condition, Not
from bot.core.decisions import Decisions
from bot.core.enrich import Enriched, enrich, learn
from bot.core.fields import RAW_PREFIX
from bot.core.fold import State
from bot.core.inputs import Event
from bot.core.match import passed
from bot.core.rule import ALWAYS, IfUnknown, Rule
from bot.core.ruleset import Compiled, RuleSet
from bot.errors import Problem


class _Count(msgspec.Struct):
    """How many events passed a rule's `when`, and none of them matched."""

    compiled: Compiled
    came: int = 0


def unmatched(rule_set: RuleSet, events: Iterable[Event], period: str) -> Iterator[Problem]:
    """Yield a warning for each rule of which no event matched though some passed `when`.

    Args:
        rule_set: the rules that are asked.
        events: the stored events of a time, oldest first; without `raw`, so rules that look there are left out.
        period: that time in words, such as `14 days`.
    """
    counts = [_Count(Compiled(rule, rule.where.compiled())) for rule in rule_set.active if _may_refuse(rule)]
    state = State()
    for event in events:
        if not counts:
            return
        enriched = enrich(event, state)
        counts = [count for count in counts if not _matches(count, enriched)]
        learnt = Decisions()
        learn(enriched, state, learnt.memories)
        state.apply(learnt)
    for count in counts:
        if count.came:
            rule = count.compiled.rule
            message = f"no event matched in {period} though {count.came:,} passed `when`"
            yield Problem(rule.file, rule.line, 1, rule.name, WARNING, message, "")


def _matches(count: _Count, enriched: Enriched) -> bool:
    event = enriched.event
    if not count.compiled.rule.when.selects(event.type, event.outcomes):
        return False
    count.came += 1
    return passed(count.compiled, enriched) is not None


def _may_refuse(rule: Rule) -> bool:
    """Say whether an event that passes `when` may not be a match, and whether its fields alone can tell."""
    skips = rule.if_unknown is IfUnknown.SKIP and bool(rule.per)
    return (rule.where != ALWAYS or skips) and not any(name.startswith(RAW_PREFIX) for name in _fields(rule))


def _fields(rule: Rule) -> Iterator[str]:
    yield from rule.per or ()
    yield from _asked(rule.where)


def _asked(where: Condition) -> Iterator[str]:
    match where:
        case Clause(field=name):
            yield name
        case All(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from _asked(part)
        case Not(part=part):
            yield from _asked(part)
