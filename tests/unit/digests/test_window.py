"""The period of a digest."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from bot.digests.window import days_until, window_of
from tests.integration.schedule.living import at, plan
from tests.unit.digests.days import DAY, DUE, HOUR, PLAN

BERLIN = ZoneInfo("Europe/Berlin")
TUESDAY = date(2026, 3, 3)


def window(**parts: Any) -> tuple[int, int]:
    given = {"last_end": None, "first_start": 0, "now": DUE + HOUR, **parts}
    found = window_of(given.pop("plan", PLAN), given.pop("day", TUESDAY), **given)
    return found.begin - DUE, found.end - DUE


def test_it_ends_when_it_is_due_however_late_it_is() -> None:
    assert window(now=DUE + 9 * HOUR) == (-DAY, 0)


def test_it_begins_where_the_last_one_ended() -> None:
    assert window(last_end=DUE - 3 * DAY) == (-3 * DAY, 0)
    assert window(last_end=DUE - 90 * DAY) == (-31 * DAY, 0)


def test_asked_for_early_it_ends_now() -> None:
    assert window(last_end=DUE - DAY, now=DUE - HOUR) == (-DAY, -HOUR)


def test_it_never_begins_before_the_store_did() -> None:
    assert window(first_start=DUE - HOUR) == (-HOUR, 0)
    assert window(first_start=DUE + HOUR) == (0, 0)


def test_a_day_and_a_week_are_counted_in_local_dates() -> None:
    """In Berlin the night before 29 March 2026 has one hour less."""
    sunday = date(2026, 3, 29)
    due = at("2026-03-29T06:30")
    for cover, hours in (("day", 23), ("week", 167)):
        berlin = plan(cover=cover, timezone=BERLIN)
        found = window_of(berlin, sunday, last_end=None, first_start=0, now=due)
        assert (found.end, found.end - found.begin) == (due, hours * HOUR)


def test_the_days_of_the_chart_meet_at_digest_times_and_leave_out_what_was_before_the_store() -> None:
    found = window_of(PLAN, TUESDAY, last_end=None, first_start=DUE - 2 * DAY - HOUR, now=DUE)
    days = days_until(PLAN, found, DUE - 2 * DAY - HOUR)

    assert [(day.date, day.begin - DUE, day.end - DUE) for day in days] == [
        ("2026-03-01", -2 * DAY - HOUR, -2 * DAY),
        ("2026-03-02", -2 * DAY, -DAY),
        ("2026-03-03", -DAY, 0),
    ]
