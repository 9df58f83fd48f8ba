"""The next working morning."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.core.catalogue import Outcome
from bot.core.hours import Hours, recurring
from bot.core.mornings import next_morning
from bot.core.rule import Rule
from bot.core.selector import Selector

ZONE = ZoneInfo("America/Santo_Domingo")
OFFICE = recurring("office", days=range(5), start=480, end=1080, zone=ZONE, holidays=[date(2026, 1, 6)])
NIGHT = recurring("night", days=range(7), start=22 * 60, end=6 * 60, zone=ZONE)
ALWAYS = recurring("always", days=range(7), start=0, end=1440, zone=ZONE)
NEVER = recurring("never", days=(), start=480, end=1080, zone=ZONE)


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() * 1_000)


def rule(**more: Hours) -> Rule:
    return Rule(name="r", title="t", when=Selector(outcomes=frozenset({Outcome.FAILED})), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "morning"),
    [
        ("2026-01-05 10:00", "2026-01-07 08:00"),  # Monday, open; Tuesday is a holiday
        ("2026-01-05 03:00", "2026-01-05 08:00"),
        ("2026-01-05 08:00", "2026-01-07 08:00"),
        ("2026-01-05 18:00", "2026-01-07 08:00"),
        ("2026-01-09 17:00", "2026-01-12 08:00"),  # over the weekend
    ],
)
def test_it_is_when_the_first_hours_of_the_config_begin_next(now: str, morning: str) -> None:
    assert next_morning(at(now), None, [OFFICE, NIGHT], ZONE) == at(morning)


def test_the_rules_own_hours_come_first_those_that_hold_its_messages_before_those_of_its_clock() -> None:
    now = at("2026-01-05 10:00")

    assert next_morning(now, rule(during=NIGHT), [OFFICE], ZONE) == at("2026-01-05 22:00")
    assert next_morning(now, rule(during=NIGHT, notify_during=OFFICE), [], ZONE) == at("2026-01-07 08:00")


@pytest.mark.parametrize("hours", [[], [ALWAYS], [NEVER]])
def test_without_hours_that_begin_again_it_is_eight_on_the_next_weekday(hours: list[Hours]) -> None:
    assert next_morning(at("2026-01-09 10:00"), None, hours, ZONE) == at("2026-01-12 08:00")
    assert next_morning(at("2026-01-08 07:59"), None, hours, ZONE) == at("2026-01-08 08:00")
