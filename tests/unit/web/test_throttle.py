"""Strangers cannot fill the log."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest

from bot import log
from bot.web.throttle import Throttle
from tests.clocks import VirtualClock


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    target = io.StringIO()
    log.configure(target, human=False)
    yield target
    log.configure()


def test_the_same_line_is_said_once_a_minute_with_how_often_it_was_left_out(stream: io.StringIO) -> None:
    clock = VirtualClock()
    throttle = Throttle(clock)
    for _ in range(1_000):
        throttle.warning("delivery refused", source="extend", cause="no signature")
    clock.advance(60_000)
    throttle.warning("delivery refused", source="extend", cause="no signature")
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert "left_out" not in first
    assert second["left_out"] == 999


def test_another_cause_or_source_is_another_line(stream: io.StringIO) -> None:
    throttle = Throttle(VirtualClock())
    for source, cause in (("extend", "a"), ("extend", "b"), ("alfred", "a")):
        throttle.warning("delivery refused", source=source, cause=cause)
    assert len(stream.getvalue().splitlines()) == 3


def test_what_is_remembered_is_bounded(stream: io.StringIO) -> None:
    throttle = Throttle(VirtualClock())
    for number in range(5_000):
        throttle.warning("delivery refused", source="extend", cause=str(number))
    assert len(throttle._said) <= 1_000
    assert stream.getvalue()
