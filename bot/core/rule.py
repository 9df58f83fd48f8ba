"""A rule and a rule set, compiled: what the loader makes of YAML and the core decides by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Final, TypeAlias

from bot.core.catalogue import FINAL_OUTCOMES, Outcome, possible_outcomes
from bot.core.conditions import All, Clause, Condition, Lookup, Op
from bot.core.fields import FieldType
from bot.core.inputs import Event

OWN_SOURCE: Final = "tocsin"
MS_PER_DAY: Final = 86_400_000


class Severity(StrEnum):
    """How bad, in words; the emoji is the card's business."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


class Mode(StrEnum):
    """`shadow` is evaluated and counted, never posted; `off` is not evaluated."""

    LIVE = "live"
    SHADOW = "shadow"
    OFF = "off"


class IfUnknown(StrEnum):
    """What becomes of an event that lacks a `per` field."""

    SEPARATE = "separate"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Selector:
    """Which events `when` (or `resolved_by`) means: outcomes, types, globs, or any of a platform's."""

    outcomes: frozenset[Outcome] = frozenset()
    types: frozenset[str] = frozenset()
    globs: tuple[str, ...] = ()
    any: bool = False

    def selects(self, event_type: str, outcomes: tuple[Outcome, ...]) -> bool:
        """Say whether an event of this type and these outcomes is meant. The bot's own events only by exact type."""
        if event_type in self.types:
            return True
        if event_type.startswith(OWN_SOURCE + "."):
            return False
        return self.any or any(o in self.outcomes for o in outcomes) or any(fnmatch(event_type, g) for g in self.globs)

    def could_select(self, event_type: str) -> bool:
        """Say whether some event of this type may be meant, whatever its content tells (for indexes and lint)."""
        return self.selects(event_type, tuple(possible_outcomes(event_type)))

    def may_be_unfinished(self) -> bool:
        """Say whether an event that is meant may have no final outcome."""
        if self.any or self.globs or not self.outcomes <= FINAL_OUTCOMES:
            return True
        return any(not possible_outcomes(event_type) <= FINAL_OUTCOMES for event_type in self.types)


def fnmatch(event_type: str, glob: str) -> bool:
    """Match a glob in which only `*` is special (any characters, dots too)."""
    return fnmatchcase(event_type, glob.replace("[", "[[]").replace("?", "[?]"))


@dataclass(frozen=True, slots=True)
class EveryMatch:
    """Every event that passes is the alert."""


@dataclass(frozen=True, slots=True)
class AtLeast:
    """N matches, or N different values of `distinct`, within a time. `within_ms` in milliseconds."""

    threshold: int
    within_ms: int
    distinct: str | None = None


Kind: TypeAlias = EveryMatch | AtLeast
EVERY_MATCH: Final = EveryMatch()
ALWAYS: Final = All(())


@dataclass(frozen=True, slots=True)
class Target:
    """A channel by name or id. With `{field}` in it the name is made from the event; `otherwise` when that fails."""

    channel: str
    otherwise: str | None = None

    @property
    def is_template(self) -> bool:
        """Say whether the name depends on the event."""
        return "{" in self.channel


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One named condition with all defaults filled in. Durations are milliseconds; None means not set.

    `per` None is the default of *every match* (the event's own subject, else its id); empty is `all`.
    """

    name: str
    title: str
    when: Selector
    kind: Kind = EVERY_MATCH
    where: Condition = ALWAYS
    per: tuple[str, ...] | None = None
    if_unknown: IfUnknown = IfUnknown.SEPARATE
    severity: Severity = Severity.WARNING
    show: tuple[str, ...] | None = None  # None: a preset per platform
    top: str | None = None
    notify: tuple[Target, ...] = ()
    resolved_by: Selector | None = None
    resolved_after_ms: int | None = None
    expires_after_ms: int | None = None
    mode: Mode = Mode.LIVE
    owner: str | None = None
    runbook: str | None = None
    description: str | None = None
    file: str = ""
    line: int = 0
    within_text: str = ""  # as written, for {within}

    @property
    def expiry_ms(self) -> int | None:
        """Quiet time after which nobody can say (RULES.md, Exact meaning); None when it ends by itself."""
        if self.expires_after_ms is not None:
            return self.expires_after_ms
        if self.resolved_after_ms is not None:
            return None
        if self.resolved_by is not None:
            return 7 * MS_PER_DAY
        return MS_PER_DAY if isinstance(self.kind, EveryMatch) else None

    @cached_property
    def may_open_unfinished(self) -> bool:
        """Say whether an event that opens this rule may be one after which the platform still goes on."""
        return self.when.may_be_unfinished()

    @cached_property
    def is_about_one_thing(self) -> bool:
        """Say whether a key is one run or job (or the event's own subject), of which memory knows what ended it."""
        return self.per is None or self.per in {("subject",), ("run",), ("job",)}

    @cached_property
    def remembers_endings(self) -> bool:
        """Say whether a closing event must be kept in the slice, to excuse an opening that comes after it."""
        return isinstance(self.kind, EveryMatch) and self.may_open_unfinished and not self.is_about_one_thing

    @property
    def drains(self) -> bool:
        """Counting kinds end when their condition is false again, unless another ending is written."""
        return isinstance(self.kind, AtLeast) and self.resolved_by is None and self.resolved_after_ms is None


@dataclass(frozen=True, slots=True)
class Compiled:
    """A rule beside its compiled `where`."""

    rule: Rule
    where: Callable[[Lookup], bool]


@dataclass(frozen=True)
class Candidates:
    """The rules that one type and its outcomes can concern, indexed by one equality each where there is one.

    Looking at every rule would make a thousand rules a hundred times slower than ten; a rule that demands
    `company: Acme` is found by that value instead.
    """

    always: tuple[Compiled, ...]
    by_field: Mapping[str, Mapping[str, tuple[Compiled, ...]]]
    closing: tuple[Rule, ...]
    is_final: bool  # after such an event the platform does nothing more by itself


@dataclass(frozen=True, kw_only=True)
class RuleSet:
    """All compiled rules at one version. `channels` maps configured names to ids; empty: any name or id is one."""

    rules: Mapping[str, Rule]
    version: str = ""
    channels: Mapping[str, str] = field(default_factory=dict)
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

    @cached_property
    def active(self) -> tuple[Rule, ...]:
        """The rules that are evaluated at all."""
        return tuple(rule for rule in self.rules.values() if rule.mode is not Mode.OFF)

    def _candidates_of(self, event_type: str, outcomes: tuple[Outcome, ...]) -> Candidates:
        always: list[Compiled] = []
        by_field: dict[str, dict[str, list[Compiled]]] = {}
        for rule in self.active:
            if not rule.when.selects(event_type, outcomes):
                continue
            compiled, equality = Compiled(rule, rule.where.compiled()), _indexable(rule.where)
            if equality is None:
                always.append(compiled)
                continue
            for value in _operands(equality):
                by_field.setdefault(equality.field, {}).setdefault(value, []).append(compiled)
        closing = [r for r in self.active if r.resolved_by and r.resolved_by.selects(event_type, outcomes)]
        frozen = {f: {v: tuple(rules) for v, rules in values.items()} for f, values in by_field.items()}
        return Candidates(tuple(always), frozen, tuple(closing), not FINAL_OUTCOMES.isdisjoint(outcomes))


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
