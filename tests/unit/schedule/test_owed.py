"""What is owed: every date once, over restarts, wrong clocks and changes of the clock."""

from __future__ import annotations

from datetime import date
from random import Random  # noqa: TID251 - seeded

import pytest

from bot.schedule.due import Schedule
from bot.schedule.owed import LATE_MS, Owed, owed
from tests.zones import DAY, HOUR, MINUTE, Walk, changes, distinct, utc, zone

UTC = zone("UTC")
DAILY = Schedule(at=30_600, zone=UTC)
MONDAY = utc(2026, 3, 2, 8, 30)


def at(now: int, *done: date, first_start: int = 0, reckoned_to: int | None = None, schedule: Schedule = DAILY) -> Owed:
    return owed(schedule, set(done), first_start=first_start, reckoned_to=reckoned_to, now=now)


def test_a_digest_is_owed_from_its_instant_on() -> None:
    assert at(MONDAY - 1, date(2026, 3, 1)).post is None
    assert at(MONDAY, date(2026, 3, 1)) == Owed(date(2026, 3, 2), ())


def test_one_that_is_made_is_not_owed_again() -> None:
    assert at(MONDAY + HOUR, date(2026, 3, 2)) == Owed(None, ())


def test_a_store_owes_nothing_for_times_before_its_first_start() -> None:
    assert at(MONDAY + HOUR, first_start=MONDAY + 1) == Owed(None, ())
    assert at(MONDAY + HOUR, first_start=MONDAY).post == date(2026, 3, 2)


def test_up_to_the_limit_it_is_posted_late_and_then_it_is_missed() -> None:
    begin = MONDAY - HOUR
    assert at(MONDAY + LATE_MS, reckoned_to=begin) == Owed(date(2026, 3, 2), ())
    assert at(MONDAY + LATE_MS + 1, reckoned_to=begin) == Owed(None, (date(2026, 3, 2),))


def test_after_days_off_the_latest_is_posted_and_the_others_are_missed() -> None:
    found = at(MONDAY + 3 * DAY, date(2026, 3, 2), reckoned_to=MONDAY)

    assert found == Owed(date(2026, 3, 5), (date(2026, 3, 3), date(2026, 3, 4)))


def test_a_digest_that_is_new_in_an_old_store_owes_no_old_dates() -> None:
    assert at(MONDAY + HOUR, first_start=MONDAY - 300 * DAY) == Owed(date(2026, 3, 2), ())


def test_a_clock_that_was_years_ahead_owes_the_same_dates_when_it_is_set_right() -> None:
    ahead = at(MONDAY + 1_500 * DAY, date(2026, 3, 1), reckoned_to=MONDAY - HOUR)
    assert ahead.post is not None
    done = (date(2026, 3, 1), ahead.post, *ahead.missed)

    assert at(MONDAY + 1, *done, reckoned_to=MONDAY + 1_500 * DAY) == Owed(date(2026, 3, 2), ())


def test_a_store_whose_first_start_was_stamped_by_a_wrong_clock_owes_today_all_the_same() -> None:
    assert at(MONDAY + 1, first_start=MONDAY + 900 * DAY).post == date(2026, 3, 2)


@pytest.mark.parametrize("name", [name for found, name in distinct(2).items() if found])
def test_every_date_is_posted_once_over_restarts_and_changes_of_the_clock(name: str) -> None:
    """Live through each change in steps of a random length, as a bot that is killed and started again."""
    random = Random(name)  # noqa: S311 - decides when to look
    for change, _, _ in changes(name, 2):
        walk = Walk(zone(name), change // DAY * DAY - 3 * DAY, change // DAY * DAY + 3 * DAY, 60)
        schedule = Schedule(at=30 * 60 * random.randrange(48), zone=walk.zone)
        dates = walk.dates[1:-1]

        assert [day for day in _lived(walk, schedule, random) if dates[0] <= day <= dates[-1]] == dates


def _lived(walk: Walk, schedule: Schedule, random: Random) -> list[date]:
    posted, reckoned, now = list[date](), walk.begin, walk.begin
    while now < walk.end:
        found = owed(schedule, set(posted), first_start=walk.begin, reckoned_to=reckoned, now=now)
        assert found.missed == ()
        posted += [found.post] if found.post else []
        if random.random() < 0.5:
            reckoned = now
        now += random.randrange(MINUTE, 9 * HOUR)
        if random.random() < 0.1:
            now -= 2 * HOUR  # somebody sets the clock back
    return posted
