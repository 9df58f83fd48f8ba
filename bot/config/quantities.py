"""Durations, sizes, numbers and times of day as people write them. Each reader returns None for what it refuses."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

_UNIT_MS: Final = {"w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000}
_DURATION: Final = re.compile(r"(?:[0-9]{1,9}[wdhms])+")
_PART: Final = re.compile(r"([0-9]+)([wdhms])")
_SIZE: Final = re.compile(r"([0-9]{1,12})(B|[kKMGT]i?B)")
_WHOLE: Final = re.compile(r"-?[0-9]{1,15}")
_DECIMAL: Final = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?")
_TIME_OF_DAY: Final = re.compile(r"([0-9]{2}):([0-9]{2})")
_WITH_SECONDS: Final = re.compile(r"([0-9]{2}:[0-9]{2})(?::([0-5][0-9]))?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TEN_YEARS_MS: Final = 3_653 * _UNIT_MS["d"]
_POWERS: Final = "BKMGT"
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_PER_DAY: Final = 24 * 60


def duration_ms(text: str, *, zero: bool = False) -> int | None:
    """Read `90s`, `30m`, `1h30m`, `2d` as milliseconds, above 0 (offsets may be `0m`) and up to ten years."""
    if not _DURATION.fullmatch(text):
        return None
    total = sum(int(count) * _UNIT_MS[unit] for count, unit in _PART.findall(text))
    return total if (total > 0 or zero) and total <= _TEN_YEARS_MS else None


def size_bytes(text: str) -> int | None:
    """Read `32MiB`, `5GB`, `800kB` as bytes, above 0; with `i` by 1024, without by 1000."""
    found = _SIZE.fullmatch(text)
    if found is None:
        return None
    unit = found[2].upper()
    base = 1024 if "I" in unit else 1000
    return int(found[1]) * base ** _POWERS.index(unit[0]) or None


def whole_number(text: str) -> int | None:
    """Read a whole number."""
    return int(text) if _WHOLE.fullmatch(text) else None


def number(text: str) -> int | float | None:
    """Read a whole or decimal number; a whole one comes back as int."""
    if not _DECIMAL.fullmatch(text):
        return None
    value = float(text)
    return int(text) if "." not in text else int(value) if value.is_integer() else value


def yes_no(text: str) -> bool | None:
    """Read yes, no, true, false."""
    return {"yes": True, "true": True, "no": False, "false": False}.get(text.lower())


def minute_of_day(text: str) -> int | None:
    """Read `HH:MM` from 00:00 to 24:00 as minutes since midnight."""
    found = _TIME_OF_DAY.fullmatch(text)
    if found is None:
        return None
    minute = int(found[1]) * 60 + int(found[2])
    return minute if int(found[2]) < 60 and minute <= MINUTES_PER_DAY else None  # noqa: PLR2004 - an hour's minutes


def second_of_day(text: str) -> int | None:
    """Read `HH:MM` or `HH:MM:SS` from 00:00 to 24:00 as seconds since midnight."""
    found = _WITH_SECONDS.fullmatch(text)
    minute = minute_of_day(found[1]) if found else None
    return None if found is None or minute is None else minute * 60 + int(found[2] or 0)


def days_of(text: str) -> frozenset[int] | None:
    """Read a day (`mon`) or a range (`mon-fri`, also over the week's end) as numbers from 0 = Monday."""
    first, dash, last = text.lower().partition("-")
    if first not in WEEKDAYS or (dash and last not in WEEKDAYS):
        return None
    start = WEEKDAYS.index(first)
    span = (WEEKDAYS.index(last) - start) % 7 if dash else 0
    return frozenset((start + step) % 7 for step in range(span + 1))


def date_of(text: str) -> date | None:
    """Read `YYYY-MM-DD`."""
    if not _DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
