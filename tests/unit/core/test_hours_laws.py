"""Laws of the working-time clock, for hours of any shape at any time, clock changes included."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.hours import Hours, after, elapsed, is_open, next_close, next_open, since
from tests.zones import DAY, HOUR, MINUTE, utc, zone

# A profile with more examples is obeyed.
LAW = settings(max_examples=max(200, settings().max_examples), deadline=None)
ZONES = ["UTC", "Europe/Berlin", "America/Nuuk", "Australia/Lord_Howe", "America/Santiago", "Asia/Gaza"]
BEGIN = utc(2026)

span = st.tuples(st.integers(0, 1439), st.integers(1, 1440)).map(lambda two: (two[0], two[0] + two[1]))
week = st.lists(st.lists(span, max_size=2).map(tuple), min_size=7, max_size=7).map(tuple)
holidays = st.frozensets(st.integers(0, 400).map(lambda days: date(2026, 1, 1) + timedelta(days=days)), max_size=9)
any_hours = st.builds(Hours, st.just("any"), week, st.sampled_from(ZONES).map(zone), holidays)
instants = st.one_of(st.integers(0, 400 * DAY), st.integers(0, 400 * 96).map(lambda n: n * 15 * MINUTE)).map(
    lambda ms: BEGIN + ms
)
durations = st.one_of(st.integers(1, 40 * DAY), st.integers(1, 200).map(lambda n: n * HOUR))


@LAW
@given(any_hours, instants, durations)
def test_what_has_elapsed_at_a_deadline_is_its_duration_and_a_moment_before_it_is_less(
    hours: Hours, start: int, duration: int
) -> None:
    due = after(hours, start, duration)

    if due is not None:
        assert elapsed(hours, start, due) == duration
        assert elapsed(hours, start, due - 1) == duration - 1


@LAW
@given(any_hours, instants, durations)
def test_a_window_holds_its_duration_and_begins_as_late_as_it_can(hours: Hours, end: int, duration: int) -> None:
    begin = since(hours, end, duration)

    if begin is not None:
        assert elapsed(hours, begin, end) == duration
        assert elapsed(hours, begin + 1, end) == duration - 1


@LAW
@given(any_hours, instants, instants, durations)
def test_an_event_leaves_its_window_at_the_instant_of_its_own_deadline(
    hours: Hours, event: int, now: int, duration: int
) -> None:
    begin, due = since(hours, now, duration), after(hours, event, duration)

    assert (begin is None or event > begin) == (due is None or now < due)


@LAW
@given(any_hours, instants, durations)
def test_at_the_very_deadline_of_an_event_the_window_begins_not_before_it(
    hours: Hours, event: int, duration: int
) -> None:
    due = after(hours, event, duration)

    if due is not None:
        begin = since(hours, due, duration)
        assert begin is not None
        assert begin >= event
        assert elapsed(hours, event, begin) == 0


@LAW
@given(any_hours, instants, instants, instants)
def test_open_time_adds_up(hours: Hours, one: int, two: int, three: int) -> None:
    first, middle, last = sorted((one, two, three))

    assert elapsed(hours, first, last) == elapsed(hours, first, middle) + elapsed(hours, middle, last)
    assert 0 <= elapsed(hours, first, last) <= last - first


@LAW
@given(any_hours, instants, durations, durations)
def test_a_deadline_may_be_reckoned_in_two_steps(hours: Hours, start: int, one: int, two: int) -> None:
    halfway = after(hours, start, one)

    assert after(hours, start, one + two) == (None if halfway is None else after(hours, halfway, two))


@LAW
@given(any_hours, instants)
def test_hours_are_open_for_a_millisecond_exactly_where_it_elapses(hours: Hours, at: int) -> None:
    assert elapsed(hours, at, at + 1) == int(is_open(hours, at))


@LAW
@given(any_hours, instants)
def test_between_now_and_the_next_opening_nothing_elapses(hours: Hours, at: int) -> None:
    opens = next_open(hours, at)

    assert (opens == at) == is_open(hours, at)
    if opens is not None:
        assert is_open(hours, opens)
        assert elapsed(hours, at, opens) == 0


@LAW
@given(any_hours, instants)
def test_between_the_next_opening_and_the_next_closing_all_time_counts(hours: Hours, at: int) -> None:
    opens, closes = next_open(hours, at), next_close(hours, at)

    if opens is not None and closes is not None:
        assert not is_open(hours, closes)
        assert elapsed(hours, opens, closes) == closes - opens > 0
