"""Conditions, selectors and hours as a person would say them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from bot.config.quantities import WEEKDAYS
from bot.core.conditions import All, AnyOf, Clause, Condition, Not, Op, as_text
from bot.core.hours import Hours
from bot.core.selector import Selector

_MINUTES_PER_HOUR: Final = 60
_MINUTES_PER_DAY: Final = 24 * _MINUTES_PER_HOUR
_UNITS: Final = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000))
_OPERATORS: Final = {
    Op.IS: "is",
    Op.IS_NOT: "is not",
    Op.CONTAINS: "contains",
    Op.STARTS_WITH: "starts with",
    Op.ENDS_WITH: "ends with",
    Op.MATCHES: "matches",
    Op.AT_LEAST: "is at least",
    Op.MORE_THAN: "is more than",
    Op.AT_MOST: "is at most",
    Op.LESS_THAN: "is less than",
}


def span(milliseconds: int) -> str:
    """Write a duration without weeks: rules are written in `30d`, hardly in `4w2d`."""
    parts, rest = [], milliseconds
    for unit, size in _UNITS:
        if rest >= size:
            parts.append(f"{rest // size}{unit}")
            rest %= size
    return "".join(parts)


def listed(words: Iterable[str], last: str) -> str:
    """Join words with commas, and the last with `and` or `or`."""
    *before, end = [*words] or [""]
    return f"{', '.join(before)} {last} {end}" if before else end


def selector_words(selector: Selector) -> str:
    """Say which events a selector means."""
    if selector.any:
        return "any"
    return listed((*sorted(selector.outcomes), *sorted(selector.types), *selector.globs), "or")


def where_words(where: Condition) -> str:
    """Say what must hold."""
    match where:
        case All(parts=()):
            return "no further condition"
        case All(parts=parts):
            return ", and ".join(map(_nested, parts))
        case AnyOf(parts=parts):
            return ", or ".join(map(_nested, parts))
        case Not(part=part):
            return f"not ({where_words(part)})"
        case Clause():
            return _clause_words(where)


def _nested(where: Condition) -> str:
    return f"({where_words(where)})" if isinstance(where, All | AnyOf) else where_words(where)


def _clause_words(clause: Clause) -> str:
    if clause.op is Op.EXISTS:
        return f"{clause.field} is {'there' if clause.operand else 'missing'}"
    operands = clause.operand if isinstance(clause.operand, tuple) else (clause.operand,)
    return f"{clause.field} {_OPERATORS[clause.op]} {listed(map(as_text, operands), 'or')}"


def hours_words(hours: Hours) -> str:
    """Say when hours are open: `office (mon-fri 08:00 to 18:00, Europe/Madrid)`."""
    spans = ", ".join(_spans(hours)) or "on no day"
    many = len(hours.holidays)
    holidays = f", not on {many} {'holiday' if many == 1 else 'holidays'}" if many else ""
    return f"{hours.name} ({spans}, {hours.zone}{holidays})"


def _spans(hours: Hours) -> Iterator[str]:
    """Yield the spans of the week; days that follow each other and have the same share their words."""
    for spans, days in groupby(range(len(WEEKDAYS)), key=lambda day: hours.week[day]):
        numbers = list(days)
        named = WEEKDAYS[numbers[0]] + (f"-{WEEKDAYS[numbers[-1]]}" if len(numbers) > 1 else "")
        yield from (f"{named} {_clock(start)} to {_clock(end)}" for start, end in spans)


def _clock(minute: int) -> str:
    if minute > _MINUTES_PER_DAY:
        return f"{_clock(minute - _MINUTES_PER_DAY)} of the next day"
    return f"{minute // _MINUTES_PER_HOUR:02}:{minute % _MINUTES_PER_HOUR:02}"
