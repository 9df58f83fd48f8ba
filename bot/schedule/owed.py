"""Which digests a bot owes: every local date once, from its store's first start on, however its clock jumped."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Final, NamedTuple

from bot.digests.plan import Plan
from bot.schedule.due import Schedule

# Later than this a digest is not posted any more: one line says that it was missed.
LATE_MS: Final = 12 * 3_600_000


class Owed(NamedTuple):
    """The date whose digest is to be posted, if any, and those for which it is too late, oldest first."""

    post: date | None
    missed: tuple[date, ...]


def schedule_of(plan: Plan) -> Schedule:
    """Return when a digest is due."""
    digest = plan.digest
    return Schedule(at=digest.at, zone=plan.zone, days=digest.days, day_of_month=digest.day_of_month)


def owed(schedule: Schedule, done: Collection[date], *, first_start: int, reckoned_to: int | None, now: int) -> Owed:
    """Return what is owed for one channel at `now`; `done` are the dates that have a row.

    It looks back to where it was reckoned last, and at least over LATE_MS: the clock may have been set, and a digest
    may be new or due at another time than yesterday. A store owes nothing for times before its first start; one that
    lies ahead was stamped by a wrong clock.
    """
    floor = first_start if first_start <= now else now - LATE_MS
    begin = max(floor, min(now if reckoned_to is None else reckoned_to, now - LATE_MS))
    due = [day for day in schedule.dates_due(begin, now) if day not in done]
    late = [day for day in due if now - schedule.instant_of(day) <= LATE_MS]
    missed = [day for day in due if day not in late]
    return Owed(late[-1] if late else None, (*missed, *late[:-1]))
