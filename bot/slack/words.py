"""Words for values: times in the configured zone, durations, fields, how an alert ended."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from bot.core.inputs import Value
from bot.slack.text import cleaned, meaningful

_UNITS: Final = (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000))
_LATEST: Final = 253_402_214_400_000  # a day before year 10000, which datetime cannot hold


def clock_time(at_ms: int, zone: ZoneInfo, now_ms: int) -> str:
    """Return a time as `14:05 AST` on the day of now, else `5 Jan 14:05 AST`, with the year in another year."""
    at, now = _local(at_ms, zone), _local(now_ms, zone)
    if at.year != now.year:
        return full_time(at_ms, zone)
    date = "" if at.date() == now.date() else f"{at.day} {at:%b} "
    return f"{date}{at:%H:%M} {at.tzname()}"


def full_time(at_ms: int, zone: ZoneInfo) -> str:
    """Return a time that needs no context: `5 Jan 2026 14:05 AST`."""
    at = _local(at_ms, zone)
    return f"{at.day} {at:%b} {at.year} {at:%H:%M} {at.tzname()}"


def reader_time(at_ms: int, zone: ZoneInfo) -> str:
    """Return Slack's date token, which every reader sees in his own zone; programs that cannot show the fallback.

    Only for mrkdwn. Source: docs.slack.dev, formatting dates.
    """
    return f"<!date^{max(0, at_ms) // 1000}^{{date_short_pretty}} {{time}}|{full_time(at_ms, zone)}>"


def span(duration_ms: int) -> str:
    """Return a duration as a person says it: `45 s`, `12 min`, `1 h 5 min`, `3 d 2 h`."""
    rest, parts = max(0, duration_ms), list[str]()
    for unit, size in _UNITS:
        if rest >= size:
            parts.append(f"{rest // size} {unit}")
            rest %= size
    return " ".join(parts[:2]) or f"{rest // 1000} s"


def value_text(value: Value) -> str | None:
    """Return a field's value as one line, or None when there is nothing to show."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return meaningful(value)
    if isinstance(value, tuple):
        return ", ".join(filter(None, map(meaningful, value))) or None
    if isinstance(value, float):
        return f"{value:.10g}" if math.isfinite(value) else None
    return str(value)


def label(name: str) -> str:
    """Return a field's name for people: `last_error` is `Last error`, `raw.a.b` is `a.b`."""
    text = cleaned(name)
    if text.startswith("raw."):
        return text.removeprefix("raw.")
    return text.replace("_", " ").capitalize()


def _local(at_ms: int, zone: ZoneInfo) -> datetime:
    inside = min(max(at_ms, 0), _LATEST)
    return datetime.fromtimestamp(inside / 1000, UTC).astimezone(zone)
