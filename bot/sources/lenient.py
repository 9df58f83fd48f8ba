"""Values as platforms really send them: numbers and booleans as text, times in five spellings, null as a word.

Every function answers None for what cannot be read, and never raises.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final

# A field longer than this says nothing more to a reader, and would be kept twice (in the fields and in the body).
MAX_TEXT: Final = 8_192
_LARGEST_INTEGER: Final = 2**63 - 1
# What a person can see. Not: whitespace, controls, bidi marks, zero-width and filling characters, tags, surrogates.
_VISIBLE: Final = re.compile(
    r"[^\s\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\u2800\u3164\ud800-\udfff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    r"\U000e0000-\U000e0fff]"
)
# What programs write for nothing, as they write it: a published Alfred example sends the word null for a missing tag.
_NOTHING: Final = frozenset({"null", "None", "undefined", "nil"})
# Nearly every text begins with one of these: it can be seen, and it is none of the words in _NOTHING.
TELLING: Final = frozenset(map(chr, range(0x21, 0x7F))) - {word[0] for word in _NOTHING}
_YES: Final = frozenset({"true", "yes", "1"})
_NO: Final = frozenset({"false", "no", "0"})
# Seconds and milliseconds since 1970 cannot be mistaken for each other: this many seconds are the year 5138, this
# many milliseconds the year 1973, and neither platform existed then.
_SECONDS_END: Final = 100_000_000_000
_TIME_END: Final = 253_402_300_800_000  # the year 10000, ms


def text(value: Any) -> str | None:
    """Return a text, or a number as text; None for what says nothing.

    That is empty or blank text, text of which nothing can be seen, the words in _NOTHING when they are all there is,
    booleans, objects and lists. Cut at MAX_TEXT characters.
    """
    kind = type(value)
    if kind is str:
        said: str = value if len(value) <= MAX_TEXT else value[:MAX_TEXT]
        if said and said[0] in TELLING:
            return said
        return said if _VISIBLE.search(said) and said.strip() not in _NOTHING else None
    if kind is int or kind is float:
        return str(value)[:MAX_TEXT]
    return None


def number(value: Any) -> int | float | None:
    """Return a number, also from text; None for NaN, infinities and anything else. Always fits 64 bits."""
    kind = type(value)
    if kind is str:
        return _number_of_text(value)
    if kind is int or kind is float:
        return _fitted(value)
    return None


def yes_no(value: Any) -> bool | None:
    """Return a boolean, also from true/false, yes/no, 1/0 as text in any case, and from the numbers 1 and 0."""
    if value is None or type(value) is bool:
        return value
    said = value.strip().lower() if type(value) is str else str(value) if type(value) is int else ""
    return True if said in _YES else False if said in _NO else None


def time_ms(value: Any) -> int | None:
    """Return ms since 1970 UTC from Unix seconds or ms (number or text), ISO 8601 or .NET's `/Date(ms)/`.

    A time without a zone is UTC. Fractions may have any number of digits (.NET sends seven). None for what is not
    after 1970: .NET's empty date is in the year 1.
    """
    if value is None:
        return None
    if type(value) is str:
        is_usual = value[10:11] == "T" and value[-1] == "Z"  # 2026-03-10T08:01:41.302Z
        return (_time_of_iso(value) if is_usual else None) or _time_of_text(value.strip().upper())
    amount = number(value)
    return None if amount is None else _time_of_number(amount)


def _number_of_text(value: str) -> int | float | None:
    said = value.strip()
    if not said.isascii() or "_" in said or len(said) > 400:  # noqa: PLR2004 - a double has at most 309 digits
        return None
    try:
        return _fitted(int(said) if said.lstrip("+-").isdigit() else float(said))
    except ValueError:
        return None


def _fitted(value: float) -> int | float | None:
    """Keep what JSON, SQLite and a comparison all treat alike."""
    if type(value) is int:
        if -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER:
            return value
        try:
            return float(value)
        except OverflowError:
            return None
    return value if value - value == 0 else None  # neither NaN nor an infinity


def _time_of_text(said: str) -> int | None:
    """Read `said`, in upper case: `z` and `t` are as good as `Z` and `T`."""
    if said[4:5] == "-":
        return _time_of_iso(said)
    if said.startswith("/DATE(") and said.endswith(")/"):
        return _time_of_dotnet(said[6:-2])
    amount = _number_of_text(said)
    return _time_of_iso(said) if amount is None else _time_of_number(amount)


def _time_of_dotnet(inner: str) -> int | None:
    """Read `1651018865750` or `1651018865750+0200`: always ms in UTC, the zone only says how to show it."""
    digits = inner.replace("-", "+").partition("+")[0]  # before 1970 nothing counts, so a sign is no loss
    amount = _number_of_text(digits)
    return None if amount is None else _bounded(amount)


def _time_of_number(amount: float) -> int | None:
    return _bounded(amount * 1000 if amount < _SECONDS_END else amount)


def _time_of_iso(said: str) -> int | None:
    try:
        moment = datetime.fromisoformat(said)
        moment_ms = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000
        return round(moment_ms) if 0 < moment_ms < _TIME_END else None
    except (ValueError, OverflowError):
        return None


def _bounded(moment_ms: float) -> int | None:
    return round(moment_ms) if 0 < moment_ms < _TIME_END else None
