"""Hours and digest times against a slow walk through a zone: what both disagree about, as lines; none is good.

Used on one zone for each distinct set of changes by the tests, and on all zones by `tests/soak_zones.py`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import accumulate, chain, pairwise
from typing import Final, NamedTuple

from bot.core.hours import Hours, after, elapsed, is_open, next_close, next_open, recurring, since
from bot.schedule.due import Schedule
from tests.zones import DAY_MINUTES, MINUTE, Walk

HALF_HOURS: Final = range(0, DAY_MINUTES, 30)
# Clocks change between ten in the evening and six in the morning; at other times a start every three hours will do.
NIGHTLY: Final = (*HALF_HOURS[:12], *HALF_HOURS[12:44:6], *HALF_HOURS[44:])
# As many people write them, and those that a change of the clock may hit.
SPECIAL_TIMES: Final = (0, 90, 150, 8 * 60 + 30, 23 * 60 + 30)
LENGTHS: Final = (30, 90, 8 * 60, 23 * 60 + 17)
DURATIONS: Final = (1, 59, 8 * 60, 25 * 60)
EVERY_DAY: Final = frozenset(range(7))
SAMPLES: Final = 11


class Written(NamedTuple):
    """Hours as config.yaml has them, in minutes of the day."""

    start: int
    end: int
    days: frozenset[int] = EVERY_DAY
    holidays: frozenset[date] = frozenset()

    def made(self, walk: Walk) -> Hours:
        return recurring("made", days=self.days, start=self.start, end=self.end, zone=walk.zone, holidays=self.holidays)

    def begins_on(self, day: int) -> bool:
        named = date.fromordinal(day)
        return named.weekday() in self.days and named not in self.holidays

    def shown_open(self, day: int) -> bytes:
        """Say for each minute that the wall clock may show on a date whether hours are open: 1 or 0."""
        shown, overnight = bytearray(DAY_MINUTES), self.end <= self.start
        if self.begins_on(day):
            end = DAY_MINUTES if overnight else self.end
            shown[self.start : end] = bytes([1]) * (end - self.start)
        if overnight and self.begins_on(day - 1):
            shown[: self.end] = bytes([1]) * self.end
        return bytes(shown)


def hours_around(walk: Walk, starts: Iterable[int] = HALF_HOURS) -> Iterator[Written]:
    """Yield hours that begin at these minutes of the day and end at others, and the special ones."""
    for index, start in enumerate(starts):
        yield Written(start, (start + LENGTHS[index % len(LENGTHS)]) % DAY_MINUTES or DAY_MINUTES)
    yield from special_hours(walk)


def special_hours(walk: Walk) -> Iterator[Written]:
    """Yield whole days, nights, short times, days off."""
    off = frozenset(walk.dates[2::5])
    yield Written(0, DAY_MINUTES)
    yield Written(0, DAY_MINUTES, holidays=off)
    yield Written(0, DAY_MINUTES, days=frozenset({6}))
    yield Written(8 * 60, 18 * 60, days=frozenset(range(5)), holidays=off)
    yield Written(22 * 60, 6 * 60, days=frozenset({4, 5, 6}), holidays=off)
    yield Written(137, 151)
    yield Written(23 * 60 + 45, 15)


def wrong_hours(walk: Walk, every: Iterable[Written]) -> Iterator[str]:
    """Yield every disagreement about hours."""
    for written in every:
        for line in _wrong_under(walk, written):
            yield f"{walk.zone.key}, {written}: {line}"


def _wrong_under(walk: Walk, written: Written) -> Iterator[str]:
    hours = written.made(walk)
    opens = _opens(walk, written)
    edges = list(_edges(opens))
    if _followed(hours, walk) != [walk.at(index) for index in edges]:
        yield f"opens and closes at {_followed(hours, walk)}, not at {[walk.at(index) for index in edges]}"
    for index in chain([0], edges):
        if is_open(hours, walk.at(index)) != opens[index]:
            yield f"is_open at {walk.at(index)}"
        if index and is_open(hours, walk.at(index) - 1) != opens[index - 1]:
            yield f"is_open just before {walk.at(index)}"
    yield from _wrong_clock(walk, hours, list(accumulate(opens, initial=0)))


def _opens(walk: Walk, written: Written) -> bytes:
    """Say for each step of the walk whether hours are open, by what the wall clock showed so far: 1 or 0."""
    first, last = walk.reached[0] // DAY_MINUTES, walk.reached[-1] // DAY_MINUTES
    shown = b"".join(map(written.shown_open, range(first, last + 1)))
    return bytes(map(shown.__getitem__, walk.minutes))


def _edges(opens: bytes) -> Iterator[int]:
    """Yield the steps that differ from the one before."""
    index = 0
    while (index := opens.find(1 - opens[index], index)) >= 0:
        yield index


def _followed(hours: Hours, walk: Walk) -> list[int]:
    """Follow hours from one change to the next until the walk's end."""
    found, at = list[int](), walk.begin
    while True:
        change = next_close(hours, at) if is_open(hours, at) else next_open(hours, at)
        if change is None or change >= walk.end:
            return found
        found.append(change)
        at = change


def _wrong_clock(walk: Walk, hours: Hours, counted: list[int]) -> Iterator[str]:
    """Compare durations, by the number of open steps before each step."""
    steps = len(walk.reached)
    samples = [steps * n // SAMPLES for n in range(SAMPLES + 1)]
    for first, last in pairwise(samples):
        if elapsed(hours, walk.at(first), walk.at(last)) != (counted[last] - counted[first]) * walk.step:
            yield f"elapsed from {walk.at(first)} to {walk.at(last)}"
    for index in samples:
        for minutes in DURATIONS:
            wanted = minutes * MINUTE // walk.step
            due = bisect_left(counted, counted[index] + wanted)
            if due <= steps and after(hours, walk.at(index), wanted * walk.step) != walk.at(due):
                yield f"after {walk.at(index)}, {minutes} minutes"
            begin = bisect_right(counted, counted[index] - wanted) - 1
            if begin >= 0 and since(hours, walk.at(index), wanted * walk.step) != walk.at(begin):
                yield f"since {minutes} minutes before {walk.at(index)}"


def wrong_digests(walk: Walk, minutes: Iterable[int]) -> Iterator[str]:
    """Yield every local date that has not exactly one digest, at the first moment its time is reached."""
    for minute in minutes:
        schedule = Schedule(at=minute * 60, zone=walk.zone)
        due = [(day, walk.at(bisect_left(walk.reached, day.toordinal() * DAY_MINUTES + minute))) for day in walk.dates]
        posted = list(_posted(schedule, due[0][1], due[-1][1]))
        if posted != due:
            yield f"{walk.zone.key} at {minute}: posted and not due, or the reverse, or twice: {set(posted) ^ set(due)}"


def _posted(schedule: Schedule, first: int, last: int) -> Iterator[tuple[date, int]]:
    """Live from one instant to another as the bot does: sleep until something is due, then ask what."""
    begin, now = first, schedule.next_due(first - 1)
    while now is not None and now <= last:
        for day in schedule.dates_due(begin, now):
            yield day, now
        begin, now = now + 1, schedule.next_due(now)
