"""The working-time clock: named hours that open and close, and a clock that stands while they are closed.

Hours are `[from, to)` of the local day; each span belongs to the date on which it begins, which is also the date that
a holiday cancels. Bounds become instants by `localtime.instant_of`: a bound that a day skips is the first instant
after the gap, one that comes twice is the first. In between real time counts, so that 22:00 to 06:00 is seven hours in
the night that loses one and nine in the night that gains one.

All times are ms since 1970 UTC, all durations ms. No search goes further than `HORIZON_MS` (about eleven years): what
lies beyond is `None`, never. Hours without days, or with holidays on all of them, are never open, and a deadline under
them never comes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import date, tzinfo
from functools import lru_cache
from itertools import accumulate
from typing import Final, NamedTuple

from msgspec import Struct

from bot.core.localtime import instant_of

_MINUTES_PER_DAY: Final = 24 * 60
_DAY_MS: Final = 86_400_000
_PAGE_DAYS: Final = 32
_PAGE_MS: Final = _PAGE_DAYS * _DAY_MS
_PAGES_AHEAD: Final = 125
HORIZON_MS: Final = _PAGES_AHEAD * _PAGE_MS
# One page is about 3 kB. Events use the last one or two of each hours; a search to the horizon fits in as well.
_PAGES_KEPT: Final = 512
_FIRST_DAY: Final = date(1970, 1, 1).toordinal()
# A local date begins up to 16 hours before or after that date in UTC, and its spans end within 48 hours of its 00:00.
_DAYS_BEFORE: Final = 3
_DAYS_AFTER: Final = 1
_EARLIEST: Final = date(2, 1, 1).toordinal()
_LATEST: Final = date(9998, 12, 31).toordinal()


class Hours(Struct, frozen=True, cache_hash=True):
    """Named recurring hours, as one value for each text of the config.

    `week` holds for each weekday from Monday the spans `(from, to)` that begin on it, in minutes of its local day; `to`
    is above 1,440 where a span runs over midnight. Spans may touch and overlap.
    """

    name: str
    week: tuple[tuple[tuple[int, int], ...], ...]
    zone: tzinfo
    holidays: frozenset[date] = frozenset()


def recurring(
    name: str, *, days: Iterable[int], start: int, end: int, zone: tzinfo, holidays: Iterable[date] = ()
) -> Hours:
    """Make hours of one span on some weekdays (0 = Monday), as config.yaml writes them: `days`, `from` and `to`.

    `start` is from 0 to 1,439 and `end` from 0 to 1,440, in minutes; an `end` not after `start` is the next day's.
    """
    span = (start, end if end > start else end + _MINUTES_PER_DAY)
    begins = frozenset(days)
    return Hours(name, tuple((span,) if day in begins else () for day in range(7)), zone, frozenset(holidays))


def is_open(hours: Hours, at: int) -> bool:
    """Say whether hours are open at an instant: open at the one at which they begin, closed at that of their end."""
    page = _page_of(hours, at)
    index = bisect_right(page.opens, at) - 1
    return index >= 0 and at < page.closes[index]


def elapsed(hours: Hours, start: int, end: int) -> int:
    """Return how much open time lies between two instants; 0 when the end is not after the start."""
    if end <= start:
        return 0
    whole = sum(_page(hours, number).total for number in range(start // _PAGE_MS, end // _PAGE_MS))
    return whole + _open_before(_page_of(hours, end), end) - _open_before(_page_of(hours, start), start)


def after(hours: Hours, start: int, duration: int) -> int | None:
    """Return the earliest instant by which `duration` of open time has passed since `start`; None: never.

    Where that is the closing instant, it is the closing and not the next opening: what is due then is due that day. A
    start while hours are closed counts from their next opening. A duration of 0 is over at the start.
    """
    if duration <= 0:
        return start
    missing = duration + _open_before(_page_of(hours, start), start)
    for page in _pages_from(hours, start):
        if missing <= page.total:
            index = bisect_left(page.through, missing)
            return page.closes[index] - (page.through[index] - missing)
        missing -= page.total
    return None


def since(hours: Hours, end: int, duration: int) -> int | None:
    """Return the latest instant from which `duration` of open time has passed until `end`; None: there is none.

    What came at that instant or before is out of a window of this duration, what came after it is in; with None all is
    in. Where hours were closed, so that several instants would do, it is the end of that closed time, an opening.
    Therefore `at > since(end, duration)` holds exactly where `end < after(at, duration)` does: an event leaves its
    window at the very instant of its own deadline. A duration of 0 begins at the end.
    """
    if duration <= 0:
        return end
    number = end // _PAGE_MS
    before = _open_before(_page(hours, number), end) - duration
    for earlier in range(number - 1, number - _PAGES_AHEAD - 2, -1):
        if before >= 0:
            page = _page(hours, earlier + 1)
            index = bisect_right(page.through, before)
            return page.closes[index] - (page.through[index] - before)
        before += _page(hours, earlier).total
    return None


def next_open(hours: Hours, at: int) -> int | None:
    """Return the earliest instant, not before this one, at which hours are open; None: never."""
    for page in _pages_from(hours, at):
        index = bisect_right(page.closes, at)
        if index < len(page.closes):
            return max(at, page.opens[index])
    return None


def next_close(hours: Hours, at: int) -> int | None:
    """Return the earliest instant after this one at which hours close; None: never.

    That ends the time in which they are open now, or else the next such time. Spans that touch close only once.
    """
    for page in _pages_from(hours, at):
        for close in page.closes[bisect_right(page.closes, at) :]:
            if not is_open(hours, close):
                return close
    return None


class _Page(NamedTuple):
    """The open time within 32 days of UTC: when it opens and closes, in order, apart and cut at the page's edges.

    `through` is the page's open time up to each closing, in ms.
    """

    opens: tuple[int, ...]
    closes: tuple[int, ...]
    through: tuple[int, ...]

    @property
    def total(self) -> int:
        return self.through[-1] if self.through else 0


def _pages_from(hours: Hours, at: int) -> Iterator[_Page]:
    number = at // _PAGE_MS
    return (_page(hours, ahead) for ahead in range(number, number + _PAGES_AHEAD + 1))


def _page_of(hours: Hours, at: int) -> _Page:
    return _page(hours, at // _PAGE_MS)


@lru_cache(maxsize=_PAGES_KEPT)
def _page(hours: Hours, number: int) -> _Page:
    first = number * _PAGE_MS
    spans = [(max(start, first), min(end, first + _PAGE_MS)) for start, end in _spans_around(hours, number)]
    joined = _joined(sorted(span for span in spans if span[0] < span[1]))
    through = accumulate(end - start for start, end in joined)
    return _Page(tuple(start for start, _ in joined), tuple(end for _, end in joined), tuple(through))


def _spans_around(hours: Hours, number: int) -> Iterator[tuple[int, int]]:
    """Yield the spans of every local date that may reach into a page."""
    first = _FIRST_DAY + number * _PAGE_DAYS
    ordinals = range(max(first - _DAYS_BEFORE, _EARLIEST), min(first + _PAGE_DAYS + _DAYS_AFTER, _LATEST) + 1)
    for day in map(date.fromordinal, ordinals):
        if day not in hours.holidays:
            for start, end in hours.week[day.weekday()]:
                yield instant_of(day, start * 60, hours.zone), instant_of(day, end * 60, hours.zone)


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join sorted spans that touch or overlap."""
    joined = list[tuple[int, int]]()
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _open_before(page: _Page, at: int) -> int:
    """Return the page's open time before an instant of that page."""
    index = bisect_right(page.opens, at) - 1
    return page.through[index] - max(0, page.closes[index] - at) if index >= 0 else 0
