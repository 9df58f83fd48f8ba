"""The one way from a local date and time to an instant; hours and digests both reckon by it.

From an instant to local time there is one answer, back there may be none or two. A local time that a day skips means
the first instant after the gap, one that comes twice means the first: the earliest instant at which the wall clock
shows this time or a later one. Adding hours to a local time instead would be wrong by the change on two days a year.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

_MIDNIGHT: Final = time()


def instant_of(day: date, seconds: int, zone: tzinfo) -> int:
    """Return when a local date's clock first shows `seconds` after 00:00 or more, in ms since 1970 UTC.

    `seconds` may be 86,400 (24:00, the next day's 00:00) or more. The date must be from year 2 to 9998.
    """
    wall = datetime.combine(day, _MIDNIGHT, tzinfo=zone) + timedelta(seconds=seconds)
    at = int(wall.timestamp())  # zones change at whole seconds
    shown = datetime.fromtimestamp(at, zone)
    if shown == wall:  # compared as local times, as both are of one zone; of two the first
        return at * 1000
    # In a gap it was read as if the clock had not changed yet, so the change lies at most the gap's length before.
    candidates = range(at - int((shown - wall).total_seconds()), at + 1)
    return candidates[bisect_left(candidates, wall, key=lambda second: datetime.fromtimestamp(second, zone))] * 1000


def wall_clock(at: int, zone: tzinfo) -> datetime:
    """Return what a wall clock of the zone shows at an instant (ms since 1970 UTC), to the second."""
    return datetime.fromtimestamp(at // 1000, zone).replace(tzinfo=None, fold=0)
