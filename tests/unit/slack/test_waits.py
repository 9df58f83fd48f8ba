from __future__ import annotations

from email.utils import formatdate

import pytest

from bot.slack.waits import backoff, retry_after

NOW_MS = 1_767_603_600_000


@pytest.mark.parametrize(
    ("named", "seconds"),
    [
        (None, 30.0),
        ("", 30.0),
        ("0", 1.0),
        ("1", 1.0),
        ("1.5", 1.5),
        (" 7 ", 7.0),
        (7, 7.0),
        ("3600", 3_600.0),
        ("999999999999", 3_600.0),
        ("1e300", 3_600.0),
        ("inf", 3_600.0),
        ("nan", 30.0),
        ("-5", 30.0),
        ("soon", 30.0),
        (True, 30.0),
    ],
)
def test_every_form_of_retry_after_gives_a_sane_wait(named: str | float | None, seconds: float) -> None:
    assert retry_after(named, NOW_MS) == seconds


def test_a_date_is_reckoned_from_now() -> None:
    assert retry_after(formatdate(NOW_MS / 1_000 + 90, usegmt=True), NOW_MS) == 90.0
    assert retry_after(formatdate(NOW_MS / 1_000 - 90, usegmt=True), NOW_MS) == 1.0


def test_the_back_off_doubles_up_to_a_minute() -> None:
    assert [backoff(n, lambda: 0.0) for n in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert backoff(10_000, lambda: 0.0) == 60


def test_jitter_only_ever_adds_a_quarter() -> None:
    assert backoff(3, lambda: 1.0) == 5.0
