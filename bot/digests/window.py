"""The period of a digest: fixed by its local date and the one before it, never by when it is looked at."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final, NamedTuple

from bot.config.digest import DAY, SINCE_LAST, WEEK
from bot.core.localtime import instant_of, wall_clock
from bot.digests.plan import Plan

CHART_DAYS: Final = 14
_DAY_MS: Final = 86_400_000
_FIRST_MS: Final = _DAY_MS
# However long nothing was told, a digest looks no further back: its day-to-day lists say what still stands.
_LONGEST_MS: Final = 31 * _DAY_MS
_BACK: Final = {DAY: 1, WEEK: 7}


class Window(NamedTuple):
    """`[begin, end)` in ms, due at `due`. `day` is the local date that it belongs to."""

    day: date
    due: int
    begin: int
    end: int


class Day(NamedTuple):
    """What a bar of the chart is about: from one digest time to the next; `date` is where it ends."""

    date: str
    begin: int
    end: int


def window_of(plan: Plan, day: date, *, last_end: int | None, first_start: int, now: int) -> Window:
    """Return the period of a local date. `last_end` is where the last one told ended; a store begins at its start.

    It ends at the time at which the digest is due, however late it is; asked for early, it ends now.
    """
    due = _instant(plan, day)
    end = min(due, now)
    cover = plan.digest.cover
    if cover == SINCE_LAST:
        begin = end - _FIRST_MS if last_end is None else max(last_end, end - _LONGEST_MS)
    elif isinstance(cover, int):
        begin = end - cover
    else:
        begin = _instant(plan, day - timedelta(days=_BACK[cover]))
    return Window(day, due, min(max(begin, first_start), end), end)


def days_until(plan: Plan, window: Window, first_start: int, count: int = CHART_DAYS) -> list[Day]:
    """Return the last days up to the window's end, oldest first, without those from before the store's first start."""
    found = []
    for back in range(count - 1, -1, -1):
        day = window.day - timedelta(days=back)
        begin, end = _instant(plan, day - timedelta(days=1)), min(_instant(plan, day), window.end)
        if first_start < end and begin < end:
            found.append(Day(day.isoformat(), max(begin, first_start), end))
    return found


def date_of(plan: Plan, at: int) -> date:
    """Return the local date of an instant."""
    return wall_clock(at, plan.zone).date()


def _instant(plan: Plan, day: date) -> int:
    return instant_of(day, plan.digest.at, plan.zone)
