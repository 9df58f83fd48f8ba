"""Times in examples: an offset from the clock's start, a weekday with a time, or a date with a time.

Kept as local wall-clock time until the zone is known; a local time that the zone skips is an error, one that comes
twice means the first.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

import msgspec

from bot.config.nodes import Node
from bot.config.notes import Notes
from bot.config.quantities import WEEKDAYS, date_of, duration_ms
from bot.config.shapes import JsonSchema, Shape, text_at
from bot.config.words import day_hint

MONDAY: Final = date(2026, 1, 5)
_START: Final = time(9, 0)
_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")
_WANTED: Final = 'a time: an offset such as 5m, "fri 17:45" or "2026-01-05 09:30"'


class Offset(msgspec.Struct, frozen=True):
    """Milliseconds from the clock's start."""

    ms: int


class Weekday(msgspec.Struct, frozen=True):
    """The earliest such day and time that is not before the previous entry. `day` counts from 0 = Monday."""

    day: int
    clock: time


class OnDate(msgspec.Struct, frozen=True):
    """One day and time."""

    date: date
    clock: time


Moment: TypeAlias = Offset | Weekday | OnDate


class MomentShape(Shape):
    """A time in an example."""

    def _schema(self) -> JsonSchema:
        return {"type": "string"}

    def _read(self, node: Node, notes: Notes) -> Moment | None:
        text = text_at(node, notes, _WANTED)
        moment = parse_moment(text.text) if text else None
        if text is not None and moment is None:
            notes.error(text, f"`{text.text}` is not {_WANTED}", hint=_hint(text.text))
        return moment


def _hint(text: str) -> str:
    """Return a weekday and time whose day was most likely meant otherwise."""
    word, _, rest = text.strip().partition(" ")
    near = f"{day_hint(word)} {rest.strip()}" if word.isalpha() else ""
    return near if near and parse_moment(near) else ""


def parse_moment(text: str) -> Moment | None:
    """Read a time as written, or None."""
    offset = duration_ms(text, zero=True)
    if offset is not None:
        return Offset(offset)
    day, _, rest = text.strip().partition(" ")
    found = _CLOCK.fullmatch(rest.strip())
    if found is None:
        return None
    clock = time(int(found[1]), int(found[2]), int(found[3] or 0))
    if day.lower() in WEEKDAYS:
        return Weekday(WEEKDAYS.index(day.lower()), clock)
    known = date_of(day)
    return OnDate(known, clock) if known else None


@lru_cache(maxsize=16)  # asked for each example, and a rule set has one zone
def clock_start(zone: ZoneInfo) -> int:
    """Return when the virtual clock starts: Monday 2026-01-05 09:00 in the zone, ms since 1970 UTC."""
    return _local(MONDAY, _START, zone) or 0


def week_start(zone: ZoneInfo) -> int:
    """Return that Monday's midnight: the first event may be as early as this."""
    return _local(MONDAY, time(0, 0), zone) or 0


def resolve(moment: Moment, zone: ZoneInfo, not_before: int) -> int | None:
    """Return a moment as ms since 1970 UTC; None for a local time that the zone skips.

    `not_before` (ms) is where the search for a weekday begins.
    """
    match moment:
        case Offset(ms):
            return clock_start(zone) + ms
        case OnDate(day, clock):
            return _local(day, clock, zone)
        case Weekday(day, clock):
            first = _wall(not_before, zone).date()
            ahead = (day - first.weekday()) % 7
            at = _local(first + timedelta(days=ahead), clock, zone)
            if at is not None and at < not_before:
                at = _local(first + timedelta(days=ahead + 7), clock, zone)
            return at


def say(at: int, zone: ZoneInfo) -> str:
    """Write a time for a timeline: weekday, time, and the offset from the clock's start in the same words as rules."""
    wall = _wall(at, zone)
    day = "" if 0 <= (wall.date() - MONDAY).days < len(WEEKDAYS) else f"{wall.date().isoformat()} "
    return f"{day}{WEEKDAYS[wall.weekday()]} {wall:%H:%M:%S}"


def _wall(at: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at / 1000, tz=UTC).astimezone(zone)


def _local(day: date, clock: time, zone: ZoneInfo) -> int | None:
    wall = datetime.combine(day, clock, tzinfo=zone)
    at = wall.timestamp()
    return int(at * 1000) if _wall(int(at * 1000), zone).replace(fold=0) == wall else None
