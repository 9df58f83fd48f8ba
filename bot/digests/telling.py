"""The events that a digest tells of, counted: by outcome and day, by what they have in common, and one by one."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from bot.core.catalogue import Outcome
from bot.core.conditions import as_text
from bot.core.enrich import subject_of
from bot.core.state import Memory
from bot.digests.groups import Groups, cause_of
from bot.digests.lending import Seen
from bot.digests.numbers import Job, Numbers
from bot.digests.plan import Plan
from bot.digests.recalling import Recalled
from bot.digests.waiting import Reviews
from bot.digests.window import Day, Window

# Days are carried on from digest to digest, so that the same weekday's usual needs no look at old weeks.
DAYS_KEPT: Final = 63
WEEKS_WANTED: Final = 4
WEEKS_USED: Final = 8
EXCEEDED_LISTED: Final = 200
# The longest waiting go on to the next digest; were there ever more, those it would not count again.
REVIEWS_CARRIED: Final = 2_000
_DAY_MS: Final = 86_400_000
_SLACK_MS: Final = 2 * 3_600_000  # days of 23 and 25 hours are days all the same


class Telling:
    """What is told of single events."""

    def __init__(self, recalled: Recalled) -> None:
        self._recalled = recalled
        self._outcomes: Counter[str] = Counter()
        self._days = dict(recalled.days)
        self._groups = Groups()
        self._exceeded: list[Job] = []
        self._exceeded_count = 0
        self._reviews = Reviews(recalled.last.reviews if recalled.last else ())

    def count(self, outcomes: Iterable[str], many: int, day: Day | None, *, inside: bool) -> None:
        """Count events by outcome, for the period (`inside`) and for a day."""
        counted = dict.fromkeys(map(str, outcomes), many)
        if inside:
            self._outcomes.update(counted)
        if day is not None:
            self._days.setdefault(day.date, Counter()).update(counted)

    def add(self, one: Seen) -> None:
        """Take an event of the period."""
        if Outcome.FAILED in one.event.outcomes:
            self._groups.add(one.seq, one.values)
        if Outcome.EXCEEDED_RETRIES in one.event.outcomes:
            self._exceeded_count += 1
            if len(self._exceeded) < EXCEEDED_LISTED:
                self._exceeded.append(_job(one))
        self.add_review(one)

    def add_review(self, one: Seen) -> None:
        """Take an event that may ask for a review."""
        if Outcome.NEEDS_REVIEW in one.event.outcomes:
            self._reviews.add(one.event, one.values)

    def numbers(
        self,
        plan: Plan,
        window: Window,
        now: int,
        *,
        url_of: Callable[[int], str | None],
        read: Callable[[list[str]], Mapping[str, Memory]],
        rest: Mapping[str, Any],
    ) -> Numbers:
        """Return the numbers; `rest` are those that are not about single events."""
        last, day = self._recalled.last, window.day
        reviews = self._reviews.waiting(read, plan.hours, now)
        return Numbers(
            name=plan.name,
            date=day.isoformat(),
            zone=plan.zone.key,
            scope=plan.scope,
            due=window.due,
            begin=window.begin,
            end=window.end,
            made_at=now,
            failures=self._groups.failures,
            outcomes=dict(self._outcomes),
            last=self._recalled.told,
            usual=self._usual(window),
            by=self._groups.by(last, url_of),
            counted=self._groups.counted(),
            known_causes=self._groups.known_causes(last, day),
            new_causes=self._groups.new_causes(last, url_of),
            exceeded=tuple(self._exceeded),
            exceeded_count=self._exceeded_count,
            reviews=tuple(reviews[:REVIEWS_CARRIED]),
            reviews_count=len(reviews),
            days=self._kept_days(),
            hours=plan.hours.name if plan.hours else None,
            **rest,
        )

    def _usual(self, window: Window) -> int | None:
        """Return the median of the same weekday's failures; None for a period that is no day, or too few weeks."""
        if abs(window.end - window.begin - _DAY_MS) > _SLACK_MS:
            return None
        weekdays = ((window.day - timedelta(weeks=back)).isoformat() for back in range(1, WEEKS_USED + 1))
        counts = [self._days[day][Outcome.FAILED.value] for day in weekdays if day in self._days]
        return round(statistics.median(counts)) if len(counts) >= WEEKS_WANTED else None

    def _kept_days(self) -> dict[str, dict[str, int]]:
        newest = sorted(self._days, key=date.fromisoformat)[-DAYS_KEPT:]
        return {day: dict(self._days[day]) for day in newest}


def _job(one: Seen) -> Job:
    subject, url = subject_of(one.event), one.values.get("url")
    company = one.values.get("company")
    return Job(
        subject=subject[1] if subject else one.event.event_id,
        at=one.event.at,
        company=None if company is None else as_text(company),
        cause=cause_of(one.values),
        url=None if url is None else as_text(url),
    )
