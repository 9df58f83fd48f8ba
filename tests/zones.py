"""Zones of the tzdata package, and a slow clock that walks through them: what `bot/core/hours.py` is held against.

The walk asks one thing only, what a wall clock shows at an instant, and never turns a local time into an instant. It
goes minute by minute (or in larger steps that divide everything that occurs) and remembers the latest local time that
was shown so far: a local time is reached at the first step at which the wall clock shows it or a later one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache, cached_property
from importlib.resources import files
from zoneinfo import ZoneInfo

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
DAY_MINUTES = 1440
# Which year makes no difference to the code under test; these have both changes, Morocco's too, in every zone.
YEAR = 2026


@cache
def names() -> tuple[str, ...]:
    """Return the name of every zone."""
    return tuple((files("tzdata") / "zones").read_text().split())


@cache
def zone(name: str) -> ZoneInfo:
    """Return a zone as the package has it, whatever this machine has."""
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as found:
        return ZoneInfo.from_file(found, key=name)


def utc(year: int, month: int = 1, day: int = 1, hour: int = 0, minute: int = 0) -> int:
    return int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp()) * 1000


def changes(name: str, years: int) -> tuple[tuple[int, int, int], ...]:
    """Return the changes of a zone's clock from `YEAR` on: instant, offset before and after, in ms.

    Two changes of one zone within one day of UTC that undo each other would not be seen; there are none.
    """
    begin, end = utc(YEAR), utc(YEAR + years)
    found = []
    for day in range(begin, end, DAY):
        before, after = _offset(name, day), _offset(name, day + DAY)
        if before != after:
            minutes = range(day, day + DAY + 1, MINUTE)
            found.append((next(at for at in minutes if _offset(name, at) == after), before, after))
    return tuple(found)


@cache
def distinct(years: int) -> dict[tuple[tuple[int, int, int], ...], str]:
    """Return one zone for each distinct set of changes, so that all the others would only repeat it."""
    return {changes(name, years): name for name in reversed(names())}


def around(name: str, at: int) -> Walk:
    """Return a walk over the days around a change, by the minute."""
    day = at // DAY * DAY
    return Walk(zone(name), day - 2 * DAY, day + 4 * DAY)


def _offset(name: str, at: int) -> int:
    found = zone(name).utcoffset(datetime.fromtimestamp(at // 1000, zone(name)))
    assert found is not None
    return int(found.total_seconds()) * 1000


class Walk:
    """A walk from one instant to another. `reached[i]` is the latest local time shown up to its step `i`.

    Local times are minutes since 0001-01-01 00:00 on a wall clock.
    """

    def __init__(self, where: ZoneInfo, begin: int, end: int, step_minutes: int = 1) -> None:
        self.zone, self.begin, self.end = where, begin, end
        self.step = step_minutes * MINUTE
        self.reached = list(self._reached())

    def _reached(self) -> Iterator[int]:
        latest = 0
        for at in range(self.begin, self.end, self.step):
            shown = datetime.fromtimestamp(at // 1000, self.zone)
            assert shown.second == 0
            latest = max(latest, shown.toordinal() * DAY_MINUTES + shown.hour * 60 + shown.minute)
            yield latest

    def at(self, index: int) -> int:
        """Return the instant of a step."""
        return self.begin + index * self.step

    @cached_property
    def minutes(self) -> list[int]:
        """What was reached, counted from 00:00 of the first date."""
        first = self.reached[0] // DAY_MINUTES * DAY_MINUTES
        return [minutes - first for minutes in self.reached]

    @cached_property
    def dates(self) -> list[date]:
        """Return the local dates that begin within the walk, in order, a day's margin at either end left out."""
        shown = sorted({minutes // DAY_MINUTES for minutes in self.reached})
        return [date.fromordinal(day) for day in shown[1:-1]]
