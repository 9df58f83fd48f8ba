"""All compiled rules at one version, and which of them an event can concern."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from bot.core.catalogue import FINAL_OUTCOMES, Outcome
from bot.core.conditions import All, Clause, Condition, Lookup, Op
from bot.core.fields import FieldType
from bot.core.inputs import Event
from bot.core.kinds import Share
from bot.core.rule import Mode, Rule


@dataclass(frozen=True, slots=True)
class Compiled:
    """A rule beside its compiled `where`. `is_meant`: its `when` means events of the type that it was looked up for."""

    rule: Rule
    where: Callable[[Lookup], bool]
    is_meant: bool = True


@dataclass(frozen=True)
class Candidates:
    """The rules that one type and its outcomes can concern, indexed by one equality each where there is one.

    Looking at every rule would make a thousand rules a hundred times slower than ten; a rule that demands
    `company: Acme` is found by that value instead.
    """

    always: tuple[Compiled, ...]
    by_field: Mapping[str, Mapping[str, tuple[Compiled, ...]]]
    shares: tuple[Compiled, ...]  # whose `of` means the event, whether or not `when` and `where` do
    ending: tuple[Rule, ...]  # whose alerts the event may end
    stopping: tuple[Rule, ...]  # of which it may also stop a clock or break a row
    excusing: tuple[Rule, ...]  # in which it must be remembered, to excuse an opening that comes after it


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """The first `messages` first messages of a channel within `within_ms` are posted; the rest share one message."""

    messages: int = 20
    within_ms: int = 300_000


@dataclass(frozen=True, kw_only=True)
class RuleSet:
    """All compiled rules at one version. `channels` maps configured names to ids; empty: any name or id is one.

    `admin_channel` is where silences announce themselves that were not made in a channel.
    """

    rules: Mapping[str, Rule]
    version: str = ""
    channels: Mapping[str, str] = field(default_factory=dict)
    storm: Storm = Storm()
    admin_channel: str | None = None
    _index: dict[tuple[str, tuple[Outcome, ...]], Candidates] = field(default_factory=dict, compare=False, repr=False)

    def candidates(self, event: Event) -> Candidates:
        """Return the rules to look at for an event; made once for each type and outcomes that arrive."""
        key = (event.type, event.outcomes)
        found = self._index.get(key)
        if found is None:
            if len(self._index) >= _INDEX_LIMIT:
                self._index.clear()
            found = self._index[key] = self._candidates_of(*key)
        return found

    def warm(self, like: RuleSet) -> None:
        """Make ready what another set was asked for, so that taking over from it costs the first events nothing."""
        for key in tuple(like._index):
            self._index[key] = self._candidates_of(*key)

    @cached_property
    def active(self) -> tuple[Rule, ...]:
        """The rules that are evaluated at all."""
        return tuple(rule for rule in self.rules.values() if rule.mode is not Mode.OFF)

    @cached_property
    def inhibits(self) -> Mapping[str, tuple[Rule, ...]]:
        """Which rules each rule's alerts hold."""
        named = {name for rule in self.active for name in rule.inhibited_by}
        return {name: tuple(rule for rule in self.active if name in rule.inhibited_by) for name in sorted(named)}

    @cached_property
    def depths(self) -> Mapping[str, int]:
        """How many rules stand above each by `inhibited_by`; what inhibits has its turn first."""
        found = dict.fromkeys(self.rules, 0)
        for _ in self.inhibits:  # a chain is no longer than the rules in it; the loader refuses circles
            for rule in self.active:
                above = [found[name] + 1 for name in rule.inhibited_by if name in found]
                found[rule.name] = max([found[rule.name], *above])
        return found

    def _candidates_of(self, event_type: str, outcomes: tuple[Outcome, ...]) -> Candidates:
        always: list[Compiled] = []
        by_field: dict[str, dict[str, list[Compiled]]] = {}
        for rule in self.active:
            if isinstance(rule.kind, Share) or not rule.when.selects(event_type, outcomes):
                continue
            compiled, equality = Compiled(rule, rule.where.compiled()), _indexable(rule.where)
            if equality is None:
                always.append(compiled)
                continue
            for value in _operands(equality):
                by_field.setdefault(equality.field, {}).setdefault(value, []).append(compiled)
        shares = [
            Compiled(r, r.where.compiled(), r.when.selects(event_type, outcomes))
            for r in self.active
            if isinstance(r.kind, Share) and r.kind.of.selects(event_type, outcomes)
        ]
        frozen = {f: {v: tuple(rules) for v, rules in values.items()} for f, values in by_field.items()}
        closing = [r for r in self.active if any(c.selects(event_type, outcomes) for c in r.closing)]
        is_final = not FINAL_OUTCOMES.isdisjoint(outcomes)  # the platform does nothing more by itself
        excusing = tuple(rule for rule in closing if is_final and rule.remembers_endings)
        stopping = tuple(rule for rule in closing if rule.waits and rule not in excusing)
        ending = tuple(rule for rule in closing if rule not in excusing and rule not in stopping)
        return Candidates(tuple(always), frozen, tuple(shares), ending, stopping, excusing)


# Types nobody listed arrive under any name; a sender must not grow the index without end.
_INDEX_LIMIT: Final = 1_000


def _indexable(where: Condition) -> Clause | None:
    """Return one equality on a text field that must hold for the whole condition to hold."""
    parts = where.parts if isinstance(where, All) else (where,)
    for part in parts:
        if isinstance(part, Clause) and part.op is Op.IS and part.field_type is FieldType.TEXT:
            return part
    return None


def _operands(clause: Clause) -> tuple[str, ...]:
    operand = clause.operand if isinstance(clause.operand, tuple) else (clause.operand,)
    return tuple(dict.fromkeys(str(value) for value in operand))  # `[Acme, Acme]` is one match, not two
