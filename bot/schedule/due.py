"""Which digests are due: one for each local date, reckoned from dates and never from intervals.

A date's time that the day skips means the first instant after the gap, one that comes twice means the first
(`localtime.instant_of`), so each date has exactly one instant. A date that a zone leaves out altogether, as Samoa did
with 2011-12-30, has none. All instants are ms since 1970 UTC.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta, tzinfo
from typing import Final

from msgspec import Struct

from bot.core.localtime import instant_of, wall_clock

EVERY_DAY: Final = frozenset(range(7))
LAST_OF_MONTH: Final = 31
REACH_DAYS: Final = 400
_DAY_MS: Final = 86_400_000
_DAY_SECONDS: Final = 86_400
_ONE_DAY: Final = timedelta(days=1)


class Schedule(Struct, frozen=True):
    """When a digest is due: at `at` seconds after local midnight, on some weekdays or on one day of each month.

    `days` count from 0 = Monday; one of them is a weekly digest. With `day_of_month` (1 to 31) they are not looked at;
    a month that is shorter has it on its last day, so that `LAST_OF_MONTH` is the last day of every month.
    """

    at: int
    zone: tzinfo
    days: frozenset[int] = EVERY_DAY
    day_of_month: int | None = None

    def includes(self, day: date) -> bool:
        """Say whether a digest is due for a local date at all."""
        return self._is_a_day(day) and instant_of(day, 0, self.zone) < instant_of(day, _DAY_SECONDS, self.zone)

    def instant_of(self, day: date) -> int:
        """Return the one instant at which the digest of a local date is due."""
        return instant_of(day, self.at, self.zone)

    def dates_due(self, begin: int, now: int) -> list[date]:
        """Return the local dates whose instants lie in `[begin, now]`, oldest first.

        `begin` is where the debt begins, such as the store's first start; it is looked back at most `REACH_DAYS`. Which
        of the dates are done is for the caller's rows to say: the latest date done is no measure of it, since it may
        come from a clock that was wrong.
        """
        begin = max(begin, now - REACH_DAYS * _DAY_MS)
        days = self._days_around(begin, now) if begin <= now else ()
        return [day for day in days if begin <= self.instant_of(day) <= now]

    def next_due(self, at: int) -> int | None:
        """Return the first instant after this one at which a digest is due; None: none within `REACH_DAYS`."""
        instants = map(self.instant_of, self._days_around(at, at + REACH_DAYS * _DAY_MS))
        return next((instant for instant in instants if instant > at), None)

    def _is_a_day(self, day: date) -> bool:
        if self.day_of_month is None:
            return day.weekday() in self.days
        return day.day == min(self.day_of_month, monthrange(day.year, day.month)[1])

    def _days_around(self, begin: int, end: int) -> Iterator[date]:
        """Yield every date whose instant may lie in between; a day on either side, as clocks go back over midnight."""
        day = wall_clock(begin, self.zone).date() - _ONE_DAY
        last = wall_clock(end, self.zone).date() + _ONE_DAY
        while day <= last:
            if self.includes(day):
                yield day
            day += _ONE_DAY
