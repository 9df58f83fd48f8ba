"""Durations, sizes, numbers and times of day: what is read, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.quantities import days_of, duration_ms, minute_of_day, number, size_bytes, whole_number, yes_no
from bot.config.words import OTHER_WORDS, duration_hint, nearest
from bot.core.text import duration_text


@pytest.mark.parametrize(
    ("text", "ms"),
    [("90s", 90_000), ("30m", 1_800_000), ("1h30m", 5_400_000), ("2d", 172_800_000), ("1w", 604_800_000)],
)
def test_durations(text: str, ms: int) -> None:
    assert duration_ms(text) == ms


@pytest.mark.parametrize(
    "text", ["", "5", "m", "1.5h", "-5m", "5 m", "1h 30m", "0m", "5M", "٣m", "99999w", "1ms", "+1m"]
)
def test_what_is_no_duration(text: str) -> None:
    assert duration_ms(text) is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("5 min", "5m"),
        ("60min", "60m"),
        ("2 hours", "2h"),
        ("1.5h", "1h30m"),
        ("1h, 30 minutes", "1h30m"),
        ("PT1H30M", "1h30m"),
        ("-5m", "5m"),
        ("300", ""),  # of what?
        ("5 months", ""),
        ("0.5s", ""),
        ("0m", ""),
        ("99999w", ""),
        ("5m late", ""),
        ("", ""),
    ],
)
def test_the_duration_that_was_most_likely_meant(text: str, meant: str) -> None:
    assert duration_hint(text) == meant


@given(st.text("0123456789.wdhmsPT -,min", max_size=20))
def test_a_hint_for_a_duration_is_a_duration(text: str) -> None:
    hint = duration_hint(text)
    assert not hint or duration_ms(hint) is not None


def test_offsets_may_be_zero() -> None:
    assert duration_ms("0m", zero=True) == 0


@given(st.integers(1, 315_000_000))
def test_a_duration_of_two_units_reads_back_as_written(seconds: int) -> None:
    written = duration_text(seconds * 1000)
    again = duration_ms(written)
    assert again is not None
    assert duration_text(again) == written
    assert again <= seconds * 1000


@pytest.mark.parametrize(
    ("text", "size"), [("32MiB", 32 * 1024**2), ("5GB", 5 * 10**9), ("800kB", 800_000), ("12B", 12), ("1TiB", 1024**4)]
)
def test_sizes(text: str, size: int) -> None:
    assert size_bytes(text) == size


@pytest.mark.parametrize("text", ["", "5", "5 GB", "1.5GB", "0B", "-1MB", "5Gb", "MB"])
def test_what_is_no_size(text: str) -> None:
    assert size_bytes(text) is None


def test_numbers_and_words_for_yes_and_no() -> None:
    assert [number(text) for text in ("5", "0.5", "-2", "3.0", "1e3", "nan", "", "0x1")] == [5, 0.5, -2, 3, *[None] * 4]
    assert [whole_number(text) for text in ("5", "0123", "5.0", "9" * 5000)] == [5, 123, None, None]
    assert [yes_no(text) for text in ("yes", "No", "true", "FALSE", "on", "1")] == [
        True,
        False,
        True,
        False,
        None,
        None,
    ]


def test_times_of_day() -> None:
    assert [minute_of_day(text) for text in ("00:00", "08:30", "24:00")] == [0, 510, 1440]
    assert [minute_of_day(text) for text in ("24:01", "8:30", "08:60", "0830", "")] == [None] * 5


def test_days_and_ranges_of_days() -> None:
    assert days_of("mon") == frozenset({0})
    assert days_of("Mon-Fri") == frozenset(range(5))
    assert days_of("sat-mon") == frozenset({5, 6, 0})
    assert [days_of(text) for text in ("", "monday", "mon-", "mon-fri-sat", "-fri")] == [None] * 5


def test_the_nearest_word_minds_neither_case_nor_dashes() -> None:
    assert nearest("Severty", ["severity", "show"]) == "severity"
    assert nearest("resolved-by", ["resolved_by", "per"]) == "resolved_by"
    assert nearest("xyz", ["severity"]) == ""
    assert nearest("group_by", ["per"], OTHER_WORDS) == "per"
