"""Working time at every clock change of a year, once for each distinct set of changes, against a slow walk.

`tests/soak_zones.py` does the same for every zone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, tzinfo

import pytest

from bot.core import hours, localtime
from tests.zone_checks import NIGHTLY, hours_around, special_hours, wrong_hours
from tests.zones import DAY, MINUTE, YEAR, Walk, around, changes, distinct, names, utc, zone

CHANGING = {name: found for found, name in distinct(1).items() if found}


def test_every_zone_has_a_set_of_changes_that_is_tested() -> None:
    assert len(names()) > 400
    assert {changes(name, 1) for name in names()} == {*CHANGING.values(), ()}


@pytest.mark.parametrize("name", CHANGING)
def test_hours_agree_with_a_slow_walk_around_every_clock_change(name: str) -> None:
    walks = [around(name, at) for at, _, _ in CHANGING[name]]

    assert [line for walk in walks for line in wrong_hours(walk, hours_around(walk, NIGHTLY))] == []


def test_hours_agree_with_a_slow_walk_through_a_whole_year() -> None:
    year = Walk(zone("America/Nuuk"), utc(YEAR), utc(YEAR + 1))

    assert list(wrong_hours(year, special_hours(year))) == []


def _added_in_local_time(day: date, seconds: int, where: tzinfo) -> int:
    midnight = datetime.combine(day, datetime.min.time(), tzinfo=where)
    return (int(midnight.timestamp()) + seconds) * 1000


def _without_the_gap(day: date, seconds: int, where: tzinfo) -> int:
    wall = datetime.combine(day, datetime.min.time(), tzinfo=where) + timedelta(seconds=seconds)
    return int(wall.timestamp()) * 1000


def _second_of_two(day: date, seconds: int, where: tzinfo) -> int:
    wall = datetime.combine(day, datetime.min.time(), tzinfo=where) + timedelta(seconds=seconds)
    return int(wall.replace(fold=1).timestamp()) * 1000


def _a_minute_late(day: date, seconds: int, where: tzinfo) -> int:
    return localtime.instant_of(day, seconds, where) + MINUTE


@pytest.mark.parametrize("wrong", [_added_in_local_time, _without_the_gap, _second_of_two, _a_minute_late])
def test_the_walk_finds_a_planted_mistake(wrong: Callable[..., int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hours, "instant_of", wrong)
    hours._page.cache_clear()
    try:
        walks = [around("Europe/Berlin", at) for at, _, _ in changes("Europe/Berlin", 1)]
        assert [line for walk in walks for line in wrong_hours(walk, hours_around(walk))] != []
    finally:
        hours._page.cache_clear()


def test_the_walk_itself_shows_what_a_wall_clock_shows() -> None:
    spring = around("Europe/Berlin", utc(YEAR, 3, 29))
    shown = [divmod(minutes % 1440, 60) for minutes in spring.reached]
    change = (utc(YEAR, 3, 29, 1) - spring.begin) // MINUTE

    assert shown[change - 1 : change + 1] == [(1, 59), (3, 0)]
    assert spring.end - spring.begin == 6 * DAY
