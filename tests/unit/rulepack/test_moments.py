"""Times in examples."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.rulepack.moments import clock_start, parse_moment, resolve, say, week_start

UTC, MADRID = ZoneInfo("UTC"), ZoneInfo("Europe/Madrid")
HOUR = 3_600_000


def at(text: str, zone: ZoneInfo = UTC, not_before: str | None = None) -> str | None:
    moment = parse_moment(text)
    assert moment is not None
    start = week_start(zone) if not_before is None else ms(not_before, zone)
    found = resolve(moment, zone, start)
    return None if found is None else datetime.fromtimestamp(found / 1000, tz=zone).isoformat()


def ms(text: str, zone: ZoneInfo = UTC) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


def test_the_clock_starts_on_monday_at_nine_in_the_configured_zone() -> None:
    assert clock_start(UTC) == ms("2026-01-05T09:00")
    assert clock_start(MADRID) == ms("2026-01-05T08:00")


@pytest.mark.parametrize(
    ("text", "not_before", "expected"),
    [
        ("0m", None, "2026-01-05T09:00:00+00:00"),
        ("1h30m", None, "2026-01-05T10:30:00+00:00"),
        ("mon 08:00", None, "2026-01-05T08:00:00+00:00"),
        ("fri 17:45:30", None, "2026-01-09T17:45:30+00:00"),
        ("fri 17:45", "2026-01-09T17:45", "2026-01-09T17:45:00+00:00"),
        ("fri 17:45", "2026-01-09T17:46", "2026-01-16T17:45:00+00:00"),
        ("mon 08:15", "2026-01-09T17:45", "2026-01-12T08:15:00+00:00"),
        ("2026-03-01 10:00", None, "2026-03-01T10:00:00+00:00"),
    ],
)
def test_a_time_is_found(text: str, not_before: str | None, expected: str) -> None:
    assert at(text, UTC, not_before) == expected


def test_a_local_time_that_the_clocks_skip_is_none_and_one_that_comes_twice_is_the_first() -> None:
    assert at("2026-03-29 02:30", MADRID) is None
    assert at("2026-10-25 02:30", MADRID) == "2026-10-25T02:30:00+02:00"
    assert at("sun 02:30", MADRID, "2026-03-25T00:00") is None


@pytest.mark.parametrize(
    "text", ["", "5", "monday 09:00", "mon 9:00", "mon 24:00", "mon", "2026-02-30 09:00", "09:00", "-5m"]
)
def test_what_is_no_time(text: str) -> None:
    assert parse_moment(text) is None


def test_a_time_is_said_as_rules_say_it() -> None:
    assert say(ms("2026-01-09T17:45"), UTC) == "fri 17:45:00"
    assert say(ms("2026-01-16T17:45"), UTC) == "2026-01-16 fri 17:45:00"
