"""Words for figures, times and changes."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from bot.core.text import duration_text

_GROUPED_FROM: Final = 10_000  # smaller figures are read more easily as they are
_MINUTE_MS: Final = 60_000
_BETWEEN_UNITS: Final = re.compile(r"(?<=[a-z])(?=\d)")


def figure(number: int) -> str:
    """Return a number in digits: `1204`, `100,000`."""
    return f"{number:,}" if abs(number) >= _GROUPED_FROM else str(number)


def many(number: int, one: str, more: str | None = None) -> str:
    """Return a number with its noun: `1 failure`, `12 failures`."""
    return f"{figure(number)} {one if number == 1 else more or one + 's'}"


def change(now: int, before: int | None) -> str:
    """Return a change for a table: `+38`, `-5`, `same`, `new`; nothing where it is not known."""
    if before is None:
        return ""
    if before == now:
        return "same"
    if not before:
        return "new"
    return f"{'+' if now > before else '-'}{figure(abs(now - before))}"


def against(now: int, before: int) -> str:
    """Return a change in words: `38 more than`, `as many as`."""
    return "as many as" if now == before else f"{figure(abs(now - before))} {'more' if now > before else 'fewer'} than"


def age(duration_ms: int) -> str:
    """Return a duration as a person says it, to the minute: `3d 2h`, `45m`."""
    whole = max(0, duration_ms) // _MINUTE_MS * _MINUTE_MS
    return _BETWEEN_UNITS.sub(" ", duration_text(whole)) if whole else "under 1m"


def percent(part: int, whole: int) -> str:
    """Return a share, rounded, but never to all or nothing: `61%`, `over 99%`, `under 1%`."""
    rounded = round(100 * part / whole) if whole else 0
    if rounded == 100 and part != whole:  # noqa: PLR2004 - all of it
        return "over 99%"
    return "under 1%" if part and not rounded else f"{rounded}%"


def short(name: str, most: int) -> str:
    """Return at most so many characters, the last an ellipsis where something was cut."""
    return name if len(name) <= most else name[: most - 1].rstrip() + "…"


def day_name(day: str) -> str:
    """Return a local date (ISO) as `Tue 3 Mar`."""
    at = date.fromisoformat(day)
    return f"{at:%a} {at.day} {at:%b}"


def moment(at: int, zone: ZoneInfo) -> str:
    """Return a time as `Tue 3 Mar 08:30 AST`."""
    local = datetime.fromtimestamp(at / 1000, UTC).astimezone(zone)
    return f"{local:%a} {local.day} {local:%b} {local:%H:%M} {local.tzname()}"
