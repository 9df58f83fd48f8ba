"""Working time as rules mean it: RULES in docs/rules.md, hours."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.core.hours import HORIZON_MS, Hours, after, elapsed, is_open, next_close, next_open, recurring, since
from bot.core.localtime import instant_of
from tests.zones import DAY, HOUR, MINUTE, SECOND, zone

BERLIN = zone("Europe/Berlin")
NUUK = zone("America/Nuuk")
APIA = zone("Pacific/Apia")
WORKDAYS = range(5)
WEEK = range(7)
WHOLE_DAY = (0, 24 * 60)


def at(text: str, where: ZoneInfo = BERLIN) -> int:
    """Return a local time that occurs once; with `+hh:mm` behind it, any."""
    found = datetime.fromisoformat(text)
    return int((found if found.tzinfo else found.replace(tzinfo=where)).timestamp() * 1000)


def hours(days: object, begin: str, end: str, *holidays: str, where: ZoneInfo = BERLIN) -> Hours:
    first, last = (int(text[:2]) * 60 + int(text[3:]) for text in (begin, end))
    assert isinstance(days, range)
    off = map(date.fromisoformat, holidays)
    return recurring("these", days=days, start=first, end=last, zone=where, holidays=off)


# 2026-07-06 is a Monday.
OFFICE = hours(WORKDAYS, "08:00", "18:00", "2026-07-15")
NIGHT = hours(range(4, 6), "22:00", "06:00")  # Friday's and Saturday's nights


def test_hours_are_open_at_their_first_instant_and_closed_at_their_last() -> None:
    assert not is_open(OFFICE, at("2026-07-06T08:00") - 1)
    assert is_open(OFFICE, at("2026-07-06T08:00"))
    assert is_open(OFFICE, at("2026-07-06T18:00") - 1)
    assert not is_open(OFFICE, at("2026-07-06T18:00"))


def test_hours_over_midnight_belong_to_the_day_on_which_they_begin() -> None:
    assert not is_open(NIGHT, at("2026-07-10T05:00"))  # Friday morning is Thursday's night
    assert is_open(NIGHT, at("2026-07-10T23:00"))
    assert is_open(NIGHT, at("2026-07-11T05:00"))
    assert is_open(NIGHT, at("2026-07-12T05:00"))  # Sunday morning is Saturday's night
    assert not is_open(NIGHT, at("2026-07-12T23:00"))


def test_a_holiday_cancels_the_span_that_begins_on_it_and_no_other() -> None:
    nights = hours(WEEK, "22:00", "06:00", "2026-07-08")

    assert is_open(nights, at("2026-07-08T05:00"))
    assert not is_open(nights, at("2026-07-08T23:00"))
    assert not is_open(nights, at("2026-07-09T05:00"))
    assert is_open(nights, at("2026-07-09T23:00"))


def test_a_deadline_on_the_closing_minute_is_due_that_day() -> None:
    assert after(OFFICE, at("2026-07-06T14:00"), 4 * HOUR) == at("2026-07-06T18:00")
    assert after(OFFICE, at("2026-07-06T14:00"), 4 * HOUR + 1) == at("2026-07-07T08:00") + 1


def test_time_stands_still_over_nights_weekends_and_holidays() -> None:
    assert after(OFFICE, at("2026-07-10T17:00"), 2 * HOUR) == at("2026-07-13T09:00")
    assert after(OFFICE, at("2026-07-14T17:00"), 2 * HOUR) == at("2026-07-16T09:00")
    assert elapsed(OFFICE, at("2026-07-10T17:00"), at("2026-07-13T09:00")) == 2 * HOUR


def test_a_clock_that_starts_while_hours_are_closed_counts_from_their_opening() -> None:
    assert after(OFFICE, at("2026-07-11T12:00"), HOUR) == at("2026-07-13T09:00")
    assert after(OFFICE, at("2026-07-10T18:00"), HOUR) == at("2026-07-13T09:00")


def test_no_duration_is_over_at_once_even_while_hours_are_closed() -> None:
    night = at("2026-07-06T23:00")

    assert after(OFFICE, night, 0) == night
    assert since(OFFICE, night, 0) == night


def test_a_day_is_24_hours_of_open_time() -> None:
    assert after(OFFICE, at("2026-07-06T08:00"), DAY) == at("2026-07-08T12:00")


def test_a_window_that_reaches_over_closed_time_begins_at_the_opening() -> None:
    assert since(OFFICE, at("2026-07-13T09:00"), HOUR) == at("2026-07-13T08:00")
    assert since(OFFICE, at("2026-07-13T09:00"), HOUR + 1) == at("2026-07-10T18:00") - 1
    assert since(OFFICE, at("2026-07-12T09:00"), 10 * HOUR) == at("2026-07-10T08:00")


def test_nothing_elapses_backwards() -> None:
    assert elapsed(OFFICE, at("2026-07-06T12:00"), at("2026-07-06T12:00")) == 0
    assert elapsed(OFFICE, at("2026-07-06T12:00"), at("2026-07-06T11:00")) == 0


def test_the_next_opening_is_now_while_hours_are_open() -> None:
    noon = at("2026-07-06T12:00")

    assert next_open(OFFICE, noon) == noon
    assert next_open(OFFICE, at("2026-07-10T18:00")) == at("2026-07-13T08:00")


def test_the_next_closing_ends_the_open_time_of_now_or_the_next_one() -> None:
    assert next_close(OFFICE, at("2026-07-06T08:00")) == at("2026-07-06T18:00")
    assert next_close(OFFICE, at("2026-07-10T18:00")) == at("2026-07-13T18:00")


def test_whole_days_that_follow_each_other_do_not_close_at_midnight() -> None:
    weekdays = recurring("weekdays", days=WORKDAYS, start=WHOLE_DAY[0], end=WHOLE_DAY[1], zone=BERLIN)

    assert next_close(weekdays, at("2026-07-06T00:00")) == at("2026-07-11T00:00")
    assert elapsed(weekdays, at("2026-07-06T00:00"), at("2026-07-13T00:00")) == 5 * DAY


def test_hours_of_several_spans_a_day_close_in_between_and_count_what_overlaps_once() -> None:
    day = ((8 * 60, 12 * 60), (11 * 60, 13 * 60), (15 * 60, 18 * 60))
    shop = Hours("shop", (day,) * 7, BERLIN)

    assert next_close(shop, at("2026-07-06T09:00")) == at("2026-07-06T13:00")
    assert elapsed(shop, at("2026-07-06T00:00"), at("2026-07-07T00:00")) == 8 * HOUR


def test_a_span_within_another_changes_nothing() -> None:
    shop = Hours("shop", (((8 * 60, 18 * 60), (9 * 60, 10 * 60)),) * 7, BERLIN)

    assert next_close(shop, at("2026-07-06T09:00")) == at("2026-07-06T18:00")


def test_hours_that_end_when_they_begin_run_until_then_on_the_next_day() -> None:
    around_the_clock = hours(range(1), "08:00", "08:00")

    assert next_close(around_the_clock, at("2026-07-06T08:00")) == at("2026-07-07T08:00")


@pytest.mark.parametrize(
    ("night_of", "long"),
    [("2026-03-28", 7 * HOUR), ("2026-10-24", 9 * HOUR), ("2026-07-10", 8 * HOUR)],
    ids=["the night that loses an hour", "the night that gains one", "any other"],
)
def test_a_night_is_as_long_as_it_really_is(night_of: str, long: int) -> None:
    nights = hours(WEEK, "22:00", "06:00")
    begin = at(f"{night_of}T22:00")

    assert after(nights, begin, long) == next_close(nights, begin) == begin + long


def test_a_bound_that_a_day_skips_means_the_first_instant_after_the_gap() -> None:
    opens_in_the_gap, closes_in_it = hours(WEEK, "02:30", "04:00"), hours(WEEK, "01:00", "02:30")
    change = at("2026-03-29T03:00")

    assert next_open(opens_in_the_gap, at("2026-03-29T01:00")) == change
    assert next_close(closes_in_it, at("2026-03-29T01:30")) == change


def test_hours_that_lie_in_a_gap_altogether_do_not_open_that_day() -> None:
    within = hours(WEEK, "02:10", "02:50")

    assert next_open(within, at("2026-03-28T03:00")) == at("2026-03-30T02:10")


def test_a_bound_that_comes_twice_means_the_first() -> None:
    opens_twice, closes_twice = hours(WEEK, "02:30", "04:00"), hours(WEEK, "01:00", "02:30")
    first = at("2026-10-25T02:30+02:00")

    assert next_open(opens_twice, at("2026-10-25T01:00")) == first
    assert next_close(opens_twice, first) == first + 2 * HOUR + 30 * MINUTE
    assert next_close(closes_twice, at("2026-10-25T01:00")) == first
    assert next_open(closes_twice, first) == at("2026-10-26T01:00")


def test_a_day_whose_last_hour_is_skipped_ends_with_the_change() -> None:
    evening = hours(WEEK, "22:30", "23:30", where=NUUK)
    opens = at("2026-03-28T22:30", NUUK)

    assert next_close(evening, opens) == opens + 30 * MINUTE == at("2026-03-29T00:00", NUUK)


def test_a_date_that_a_zone_leaves_out_has_no_hours() -> None:
    office = hours(WEEK, "08:00", "18:00", where=APIA)

    assert next_open(office, at("2011-12-29T18:00", APIA)) == at("2011-12-31T08:00", APIA)
    assert elapsed(office, at("2011-12-29T00:00", APIA), at("2012-01-01T00:00", APIA)) == 20 * HOUR


NEVER = hours(range(0), "08:00", "18:00")
ONCE = recurring(
    "once", days=[0], start=480, end=1080, zone=BERLIN, holidays=map(date.fromordinal, range(739_800, 760_000))
)
ALWAYS = recurring("always", days=WEEK, start=WHOLE_DAY[0], end=WHOLE_DAY[1], zone=BERLIN)


@pytest.mark.parametrize("closed", [NEVER, ONCE], ids=["no days", "holidays for fifty years"])
def test_hours_that_do_not_open_again_are_never_open_and_no_deadline_comes(closed: Hours) -> None:
    now = at("2026-07-06T12:00")

    assert next_open(closed, now) is next_close(closed, now) is after(closed, now, 1) is None
    assert elapsed(closed, now, now + HORIZON_MS) == 0


def test_a_window_longer_than_all_open_time_has_no_beginning() -> None:
    assert since(NEVER, at("2026-07-06T12:00"), 1) is None
    assert since(OFFICE, at("2026-07-06T12:00"), HORIZON_MS) is None


def test_a_deadline_beyond_the_horizon_never_comes() -> None:
    now = at("2026-07-06T12:00")

    assert after(ALWAYS, now, HORIZON_MS) == now + HORIZON_MS
    assert after(OFFICE, now, HORIZON_MS) is None


def test_hours_without_end_do_not_close() -> None:
    assert next_close(ALWAYS, at("2026-07-06T12:00")) is None


@pytest.mark.parametrize("year", [-1_000_000_000, -5_000, 12_000, 1_000_000_000])
def test_a_clock_that_is_wrong_by_ages_finds_hours_closed_for_ever(year: int) -> None:
    anywhen = year * 366 * DAY

    assert not is_open(OFFICE, anywhen)
    assert next_open(OFFICE, anywhen) is next_close(OFFICE, anywhen) is after(OFFICE, anywhen, SECOND) is None
    assert since(OFFICE, anywhen, SECOND) is None
    assert elapsed(OFFICE, anywhen, anywhen + DAY) == 0


def test_hours_are_equal_by_what_they_say() -> None:
    assert hours(WORKDAYS, "08:00", "18:00", "2026-07-15") == OFFICE
    assert hours(WORKDAYS, "08:00", "18:00") != OFFICE


def test_a_local_time_past_midnight_is_the_next_day_s() -> None:
    day = date(2026, 7, 6)

    assert instant_of(day, 86_400, BERLIN) == at("2026-07-07T00:00")
    assert instant_of(day, 86_400 + 6 * 3_600, BERLIN) == at("2026-07-07T06:00")
