"""Conditions of `where`: a small tree that answers yes or no, and can say which clause said no to what value.

Missing means: no such field, JSON null, or a number that cannot be read. Missing fails every positive test and
passes `is_not` and `not` (RULES.md, Keys).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import Any, Final, TypeAlias, cast

import re2

from bot.core.fields import RAW_PREFIX, FieldType

Lookup: TypeAlias = Callable[[str], Any]
Operand: TypeAlias = str | int | float | bool | tuple[str | int | float | bool, ...]


class Op(StrEnum):
    """The operators of a clause."""

    IS = "is"
    IS_NOT = "is_not"
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    MATCHES = "matches"
    AT_LEAST = "at_least"
    MORE_THAN = "more_than"
    AT_MOST = "at_most"
    LESS_THAN = "less_than"
    EXISTS = "exists"


NUMBER_OPS: Final = frozenset({Op.AT_LEAST, Op.MORE_THAN, Op.AT_MOST, Op.LESS_THAN})
TEXT_OPS: Final = frozenset({Op.CONTAINS, Op.STARTS_WITH, Op.ENDS_WITH, Op.MATCHES})
_YES: Final = frozenset({"yes", "true"})
_NO: Final = frozenset({"no", "false"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """The first clause that said no, and the value it saw (None: missing)."""

    field: str
    op: str
    operand: Operand
    saw: Any

    def __str__(self) -> str:
        saw = "nothing" if self.saw is None else repr(self.saw)
        return f"{self.field} {self.op} {self.operand!r}: saw {saw}"


@dataclass(frozen=True, slots=True)
class Clause:
    """One operator on one field. `operand` is typed by the field; a tuple for `is` and `is_not` means one of."""

    field: str
    op: Op
    operand: Operand
    field_type: FieldType = FieldType.TEXT

    def compiled(self) -> Callable[[Lookup], bool]:
        """Return a closure that looks the field up and answers; made once a rule set, called once an event."""
        test, field = _test_of(self), self.field
        if self.op is Op.EXISTS:
            return lambda get: (get(field) is not None) is self.operand
        if self.op is Op.IS_NOT:
            return lambda get: not _any_element(test, get(field))
        return lambda get: _any_element(test, get(field))

    def refusal(self, get: Lookup) -> Refusal | None:
        """Return why this clause says no, or None when it says yes."""
        if self.compiled()(get):
            return None
        return Refusal(self.field, self.op, self.operand, get(self.field))


@dataclass(frozen=True, slots=True)
class All:
    """Holds when every part does; with no parts it always holds."""

    parts: tuple[Condition, ...]

    def compiled(self) -> Callable[[Lookup], bool]:
        """Return a closure over the compiled parts, in their written order."""
        tests = [part.compiled() for part in self.parts]
        if not tests:
            return lambda _get: True
        if len(tests) == 1:
            return tests[0]
        return lambda get: all(test(get) for test in tests)

    def refusal(self, get: Lookup) -> Refusal | None:
        """Return the first part's refusal."""
        return next(filter(None, (part.refusal(get) for part in self.parts)), None)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Holds when at least one part does."""

    parts: tuple[Condition, ...]

    def compiled(self) -> Callable[[Lookup], bool]:
        """Return a closure over the compiled parts."""
        tests = [part.compiled() for part in self.parts]
        return lambda get: any(test(get) for test in tests)

    def refusal(self, get: Lookup) -> Refusal | None:
        """Return the last part's refusal when all refuse: every one was asked."""
        refusals = [part.refusal(get) for part in self.parts]
        return None if None in refusals else refusals[-1]


@dataclass(frozen=True, slots=True)
class Not:
    """Holds when its part does not."""

    part: Condition

    def compiled(self) -> Callable[[Lookup], bool]:
        """Return the closure's opposite."""
        test = self.part.compiled()
        return lambda get: not test(get)

    def refusal(self, get: Lookup) -> Refusal | None:
        """Name the fields of the part that held although it must not."""
        if self.part.refusal(get) is not None:
            return None
        clause = _first_clause(self.part)
        return Refusal(clause.field, f"not {clause.op}", clause.operand, get(clause.field))


Condition: TypeAlias = Clause | All | AnyOf | Not


def dig(raw: Any, path: str) -> Any:
    """Follow a dotted path into decoded JSON; a list on the way stands for all its elements.

    Returns None where nothing is there, a list where several values may be.
    """
    found = [raw]
    for name in path.split("."):
        found = [step for node in found for step in _step_into(node, name)]
    values = [leaf for node in found for leaf in (node if isinstance(node, list) else [node]) if leaf is not None]
    if len(values) > 1 or any(isinstance(node, list) for node in found):
        return values or None
    return values[0] if values else None


def lookup(values: Mapping[str, Any], raw: Any) -> Lookup:
    """Return how a clause finds a field: in the typed values, or below `raw`."""

    def get(name: str) -> Any:
        if name.startswith(RAW_PREFIX):
            return dig(raw, name[len(RAW_PREFIX) :])
        return values.get(name)

    return get


_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)


def as_number(value: Any) -> int | float | None:
    """Read a number as RULES.md does: a number, or text that is one as JSON writes it; anything else is missing."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str) or _NUMBER.fullmatch(value) is None:
        return None
    number = float(value)
    if not isfinite(number):
        return None
    return int(number) if number.is_integer() else number


def _step_into(node: Any, name: str) -> list[Any]:
    if isinstance(node, list):
        return [step for element in node for step in _step_into(element, name)]
    if isinstance(node, Mapping) and name in node:
        return [node[name]]
    return []


def _any_element(test: Callable[[Any], bool], value: Any) -> bool:
    if value is None:
        return False
    if isinstance(value, tuple | list):
        return any(element is not None and test(element) for element in value)
    return test(value)


def _test_of(clause: Clause) -> Callable[[Any], bool]:
    if clause.op in {Op.IS, Op.IS_NOT}:
        return _equality(clause)
    if clause.op in NUMBER_OPS:
        return _comparison(clause.op, cast("float", clause.operand))
    if clause.op is Op.MATCHES:
        search = re2.compile(str(clause.operand)).search
        return lambda value: search(as_text(value)) is not None
    return _text_test(clause.op, str(clause.operand))


def _equality(clause: Clause) -> Callable[[Any], bool]:
    operands = clause.operand if isinstance(clause.operand, tuple) else (clause.operand,)
    if clause.field_type is FieldType.RAW:
        return lambda value: any(_raw_equal(value, str(operand)) for operand in operands)
    wanted = frozenset(operands)
    if clause.field_type is FieldType.NUMBER:
        return lambda value: as_number(value) in wanted
    return lambda value: value in wanted


def _raw_equal(value: Any, operand: str) -> bool:
    """Raw JSON has types, operands are text: compare as the value's own type would be written."""
    if isinstance(value, bool):
        return operand in (_YES if value else _NO)
    if isinstance(value, int | float):
        return as_number(operand) == value
    return bool(value == operand)


def _comparison(op: Op, operand: float) -> Callable[[Any], bool]:
    compare: dict[Op, Callable[[float], bool]] = {
        Op.AT_LEAST: lambda number: number >= operand,
        Op.MORE_THAN: lambda number: number > operand,
        Op.AT_MOST: lambda number: number <= operand,
        Op.LESS_THAN: lambda number: number < operand,
    }
    test = compare[op]

    def holds(value: Any) -> bool:
        number = as_number(value)
        return number is not None and test(number)

    return holds


def _text_test(op: Op, operand: str) -> Callable[[Any], bool]:
    if op is Op.CONTAINS:
        return lambda value: operand in as_text(value)
    if op is Op.STARTS_WITH:
        return lambda value: as_text(value).startswith(operand)
    return lambda value: as_text(value).endswith(operand)


def as_text(value: Any) -> str:
    """Write a value as people read it: yes and no, whole numbers without a point, what is missing left out."""
    if type(value) is str:
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, tuple | list):
        return ", ".join(as_text(element) for element in value if element is not None)
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {as_text(part)}" for name, part in value.items() if part is not None)
    return str(value)


def _first_clause(condition: Condition) -> Clause:
    match condition:
        case Clause():
            return condition
        case Not(part):
            return _first_clause(part)
        case All(parts) | AnyOf(parts):
            return _first_clause(parts[0])
