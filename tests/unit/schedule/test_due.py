"""Which digests are due: exactly one for each local date."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import localtime
from bot.schedule import due
from bot.schedule.due import LAST_OF_MONTH, REACH_DAYS, Schedule
from tests.soak_zones import disagreements
from tests.zone_checks import HALF_HOURS, SPECIAL_TIMES, wrong_digests
from tests.zones import DAY, HOUR, MINUTE, YEAR, Walk, around, changes, distinct, utc, zone

CHANGING = {name: found for found, name in distinct(2).items() if found}
BERLIN = zone("Europe/Berlin")
HALF_PAST_EIGHT = 8 * 3_600 + 30 * 60
DAILY = Schedule(at=HALF_PAST_EIGHT, zone=BERLIN)
# 2026-07-06 is a Monday.
MONDAY = date(2026, 7, 6)


def at(text: str, where: ZoneInfo = BERLIN) -> int:
    found = datetime.fromisoformat(text)
    return int((found if found.tzinfo else found.replace(tzinfo=where)).timestamp() * 1000)


def days(first: str, last: str) -> list[date]:
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    return [begin + timedelta(days=n) for n in range((end - begin).days + 1)]


def test_a_digest_is_due_at_its_minute_and_not_before() -> None:
    begin, due_at = at("2026-07-06T00:00"), at("2026-07-06T08:30")

    assert DAILY.dates_due(begin, due_at - 1) == []
    assert DAILY.dates_due(begin, due_at) == [MONDAY]
    assert DAILY.instant_of(MONDAY) == due_at


def test_nothing_is_owed_for_a_time_before_the_debt_began() -> None:
    assert DAILY.dates_due(at("2026-07-06T08:31"), at("2026-07-06T23:00")) == []
    assert DAILY.dates_due(at("2026-07-06T08:30"), at("2026-07-06T23:00")) == [MONDAY]


def test_a_clock_that_went_back_owes_nothing() -> None:
    assert DAILY.dates_due(at("2026-07-06T12:00"), at("2026-07-05T12:00")) == []


def test_after_days_of_standstill_every_date_is_named_once_oldest_first() -> None:
    assert DAILY.dates_due(at("2026-07-06T00:00"), at("2026-07-09T12:00")) == days("2026-07-06", "2026-07-09")


def test_a_clock_that_jumps_by_years_does_not_name_years_of_dates() -> None:
    assert len(DAILY.dates_due(0, at("2026-07-06T12:00"))) == REACH_DAYS


def test_a_digest_is_due_on_its_weekdays_only() -> None:
    workdays = Schedule(at=HALF_PAST_EIGHT, zone=BERLIN, days=frozenset(range(5)))
    weekly = Schedule(at=HALF_PAST_EIGHT, zone=BERLIN, days=frozenset({0}))
    week = at("2026-07-06T00:00"), at("2026-07-12T23:59")

    assert workdays.dates_due(*week) == days("2026-07-06", "2026-07-10")
    assert weekly.dates_due(*week) == [MONDAY]
    assert weekly.next_due(at("2026-07-06T08:30")) == at("2026-07-13T08:30")


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (1, ["2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"]),
        (28, ["2026-01-28", "2026-02-28", "2026-03-28", "2026-04-28"]),
        (LAST_OF_MONTH, ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]),
    ],
)
def test_a_monthly_digest_is_due_on_one_day_of_each_month(day: int, expected: list[str]) -> None:
    monthly = Schedule(at=HALF_PAST_EIGHT, zone=BERLIN, day_of_month=day)

    assert monthly.dates_due(at("2026-01-01T00:00"), at("2026-05-01T00:00")) == list(map(date.fromisoformat, expected))


def test_the_last_day_of_february_knows_leap_years() -> None:
    monthly = Schedule(at=0, zone=BERLIN, day_of_month=LAST_OF_MONTH)

    assert monthly.next_due(at("2028-02-01T00:00")) == at("2028-02-29T00:00")


def test_the_next_digest_is_later_than_now() -> None:
    assert DAILY.next_due(at("2026-07-06T08:29")) == at("2026-07-06T08:30")
    assert DAILY.next_due(at("2026-07-06T08:30")) == at("2026-07-07T08:30")


def test_a_digest_without_days_is_never_due() -> None:
    never = Schedule(at=0, zone=BERLIN, days=frozenset())

    assert never.next_due(at("2026-07-06T08:30")) is None
    assert never.dates_due(0, at("2026-07-06T08:30")) == []


def test_a_time_that_a_day_skips_is_due_at_the_first_instant_after_the_gap() -> None:
    assert Schedule(at=9_000, zone=BERLIN).instant_of(date(2026, 3, 29)) == at("2026-03-29T03:00")


def test_a_time_that_comes_twice_is_due_the_first_time_and_not_again() -> None:
    half_past_two = Schedule(at=9_000, zone=BERLIN)
    first = at("2026-10-25T02:30+02:00")

    assert half_past_two.instant_of(date(2026, 10, 25)) == first
    assert half_past_two.next_due(first) == at("2026-10-26T02:30")


def test_a_skipped_time_at_the_end_of_a_day_is_still_that_day_s_digest() -> None:
    late = Schedule(at=23 * 3_600 + 1_800, zone=zone("America/Nuuk"))
    change = at("2026-03-29T00:00", zone("America/Nuuk"))

    assert late.instant_of(date(2026, 3, 28)) == change
    assert late.dates_due(change, change) == [date(2026, 3, 28)]


def test_a_clock_that_goes_back_over_midnight_makes_no_second_digest() -> None:
    """In St. John's, 2010-11-07 00:01 was followed by 2010-11-06 23:01."""
    johns = zone("America/St_Johns")
    midnight = Schedule(at=0, zone=johns)
    first = at("2010-11-07T00:00-02:30")

    assert midnight.dates_due(first - DAY + 1, first + 30 * MINUTE) == [date(2010, 11, 7)]
    assert midnight.next_due(first) == at("2010-11-08T00:00", johns)


def test_a_date_that_a_zone_left_out_has_no_digest() -> None:
    """Samoa went from 2011-12-29 to 2011-12-31."""
    samoa = Schedule(at=HALF_PAST_EIGHT, zone=zone("Pacific/Apia"))
    year_end = at("2011-12-29T00:00", zone("Pacific/Apia")), at("2011-12-31T23:00", zone("Pacific/Apia"))

    assert samoa.dates_due(*year_end) == [date(2011, 12, 29), date(2011, 12, 31)]
    assert not samoa.includes(date(2011, 12, 30))


@settings(deadline=None)
@given(
    st.sampled_from(["UTC", "Europe/Berlin", "America/Nuuk", "Australia/Lord_Howe", "America/Santiago"]),
    st.integers(0, 86_399),
    st.frozensets(st.integers(0, 6)),
    st.lists(st.integers(utc(YEAR), utc(YEAR) + 300 * DAY), min_size=2, max_size=8).map(sorted),
)
def test_looking_often_or_seldom_finds_the_same_dates(
    name: str, seconds: int, weekdays: frozenset[int], looks: list[int]
) -> None:
    schedule = Schedule(at=seconds, zone=zone(name), days=weekdays)
    often = [day for begin, now in pairwise(looks) for day in schedule.dates_due(begin + 1, now)]

    assert often == schedule.dates_due(looks[0] + 1, looks[-1])
    assert all(schedule.includes(day) for day in often)


@settings(deadline=None)
@given(st.integers(0, 86_399), st.integers(utc(YEAR), utc(YEAR) + 400 * DAY))
def test_nothing_is_due_between_now_and_the_next_digest(seconds: int, now: int) -> None:
    schedule = Schedule(at=seconds, zone=zone("America/Nuuk"))
    coming = schedule.next_due(now)

    assert coming is not None
    assert schedule.dates_due(now + 1, coming - 1) == []
    assert len(schedule.dates_due(now + 1, coming)) == 1


@pytest.mark.parametrize("name", CHANGING)
def test_every_date_has_one_digest_at_each_half_hour_around_every_clock_change(name: str) -> None:
    walks = [around(name, change) for change, _, _ in CHANGING[name]]

    assert [line for walk in walks for line in wrong_digests(walk, HALF_HOURS)] == []


def test_every_change_is_at_a_quarter_of_an_hour_so_that_walks_by_quarters_miss_none() -> None:
    found = {number % (15 * MINUTE) for changes_ in CHANGING.values() for change in changes_ for number in change}

    assert found == {0}


@pytest.mark.parametrize("name", ["UTC", "America/Nuuk"])
def test_every_date_of_two_years_has_one_digest(name: str) -> None:
    two_years = Walk(zone(name), utc(YEAR) - 2 * DAY, utc(YEAR + 2) + 2 * DAY, 15)

    assert list(wrong_digests(two_years, SPECIAL_TIMES)) == []
    assert len(two_years.dates) >= 730


def _without_the_gap(day: date, seconds: int, where: tzinfo) -> int:
    wall = datetime.combine(day, datetime.min.time(), tzinfo=where) + timedelta(seconds=seconds)
    return int(wall.timestamp()) * 1000


def _after_midnight(day: date, seconds: int, where: tzinfo) -> int:
    return localtime.instant_of(day, 0, where) + seconds * 1000


def _second_of_two(day: date, seconds: int, where: tzinfo) -> int:
    wall = datetime.combine(day, datetime.min.time(), tzinfo=where) + timedelta(seconds=seconds)
    return int(wall.replace(fold=1).timestamp()) * 1000


@pytest.mark.parametrize("wrong", [_without_the_gap, _after_midnight, _second_of_two])
def test_the_walk_finds_a_planted_mistake(wrong: Callable[..., int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due, "instant_of", wrong)
    walks = [around("Europe/Berlin", change) for change, _, _ in changes("Europe/Berlin", 1)]

    assert [line for walk in walks for line in wrong_digests(walk, HALF_HOURS)] != []


def test_the_walk_finds_a_digest_that_is_posted_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    once = Schedule.dates_due
    monkeypatch.setattr(Schedule, "dates_due", lambda self, begin, now: once(self, begin - 25 * HOUR, now))

    assert list(wrong_digests(around("UTC", utc(YEAR)), SPECIAL_TIMES)) != []


def test_the_soak_of_one_zone_finds_nothing() -> None:
    assert disagreements("Asia/Kolkata") == []
