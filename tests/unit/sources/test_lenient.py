from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.lenient import MAX_TEXT, number, text, time_ms, yes_no

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.from_regex(r"[-+.eE0-9_:TZ/]{0,30}"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", "a"),
        (" a ", " a "),
        ("", None),
        (" \n\u3000", None),
        (0, "0"),
        (12.5, "12.5"),
        (True, None),
        (None, None),
        ([], None),
        ({"a": 1}, None),
        ("x" * 9_000, "x" * MAX_TEXT),
        ("\u200b", None),
        ("\u202e\u2066 \ufeff", None),
        ("\x00\x1b\x7f\x9f", None),
        ("\u2060\u00ad\u3164\u2800\ufe0f", None),
        ("\u200b" * 9_000 + "x", None),
        ("\u200bx", "\u200bx"),
        ("é", "é"),
        ("\u2705", "\u2705"),
        ("null", None),
        (" None\n", None),
        ("undefined", None),
        ("nil", None),
        ("Null", "Null"),
        ("none", "none"),
        ("null and void", "null and void"),
        ("nil.pdf", "nil.pdf"),
        ("n", "n"),
        ("u", "u"),
        ("N", "N"),
        ("~", "~"),
        ("nullnull", "nullnull"),
        ("n" * 9_000, "n" * MAX_TEXT),
        ("null" + " " * 9_000, None),
    ],
)
def test_text(value: Any, expected: str | None) -> None:
    assert text(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("150", 150),
        (" 150 ", 150),
        ("0.95", 0.95),
        ("-3", -3),
        ("1e2", 100.0),
        ("+5", 5),
        ("-0", 0),
        ("+-5", None),
        ("--5", None),
        ("5-", None),
        ("-", None),
        ("-0.5", -0.5),
        (7, 7),
        (0.25, 0.25),
        ("0", 0),
        (2**63, float(2**63)),
        ("9" * 30, 1e30),
        ("9" * 350, None),
        (10**400, None),
        ("9" * 5_000, None),
        ("nan", None),
        ("inf", None),
        ("-Infinity", None),
        (float("nan"), None),
        (float("inf"), None),
        ("1_000", None),
        ("١٢", None),
        ("0x10", None),
        ("1,5", None),
        ("", None),
        ("many", None),
        (True, None),
        (None, None),
        (["1"], None),
    ],
)
def test_number(value: Any, expected: float | None) -> None:
    assert number(value) == expected
    assert type(number(value)) is type(expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True),
        (False, False),
        ("true", True),
        ("False", False),
        ("FALSE ", False),
        ("false", False),
        ("yes", True),
        ("no", False),
        ("1", True),
        ("0", False),
        (1, True),
        (0, False),
        (2, None),
        (1.0, None),
        ("", None),
        ("maybe", None),
        (None, None),
        ([], None),
    ],
)
def test_yes_no(value: Any, expected: bool | None) -> None:
    assert yes_no(value) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-10T08:01:41.302Z", 1_773_129_701_302),
        ("2026-03-10T08:01:41.302", 1_773_129_701_302),
        ("2026-03-10 08:01:41.302", 1_773_129_701_302),
        ("2026-03-10t08:01:41.302z", 1_773_129_701_302),
        (" 2026-03-10T08:01:41.302Z ", 1_773_129_701_302),
        ("2026-03-10T10:01:41.302+02:00", 1_773_129_701_302),
        ("2026-03-10T04:01:41.302-0400", 1_773_129_701_302),
        ("2026-03-10T08:01:41.3021234", 1_773_129_701_302),
        ("2026-03-10T08:01:41.3021234Z", 1_773_129_701_302),
        ("2026-03-10T08:01:41.302123456+00:00", 1_773_129_701_302),
        ("2026-03-10", 1_773_100_800_000),
        ("2026-03-10T08:01Z", 1_773_129_660_000),
        ("2026-03-10T08:01:41.302Z ", 1_773_129_701_302),
        ("2026-W11-2T08:01:41Z", 1_773_129_701_000),
        ("2026-w11-2t08:01:41z", 1_773_129_701_000),
        ("2026-03-10T25:00:00Z", None),
        ("2026-03-10TZ", None),
        ("1969-12-31T23:59:59Z", None),
        ("----------T----Z", None),
        ("1653139800.00", 1_653_139_800_000),
        ("1651018865.75", 1_651_018_865_750),
        (1_651_018_865.75, 1_651_018_865_750),
        (1_651_018_865, 1_651_018_865_000),
        (1_651_018_865_750, 1_651_018_865_750),
        ("1651018865750", 1_651_018_865_750),
        ("/Date(1651018865750)/", 1_651_018_865_750),
        ("/Date(1651018865750+0200)/", 1_651_018_865_750),
        ("/Date(1651018865750-0500)/", 1_651_018_865_750),
        ("/Date(-62135596800000)/", None),
        ("/Date(soon)/", None),
        ("0001-01-01T00:00:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("2026-13-45T00:00:00Z", None),
        ("2026-", None),
        ("yesterday", None),
        ("", None),
        ("0", None),
        (0, None),
        (-5, None),
        (True, None),
        (10**30, None),
        ("1e300", None),
        (None, None),
        ([], None),
    ],
)
def test_time_ms(value: Any, expected: int | None) -> None:
    assert time_ms(value) == expected


def test_a_time_without_a_zone_is_utc_wherever_the_bot_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/Santo_Domingo")
    time.tzset()
    try:
        assert time_ms("2026-03-10T08:01:41.302") == 1_773_129_701_302
    finally:
        monkeypatch.undo()
        time.tzset()


@given(ANYTHING)
def test_nothing_raises_and_everything_read_can_be_stored(value: Any) -> None:
    amount, moment = number(value), time_ms(value)
    read = [text(value), amount, yes_no(value), moment]

    assert msgspec.json.decode(msgspec.json.encode(read)) == read
    assert amount is None or abs(amount) <= 1.8e308
    assert moment is None or 0 <= moment <= 253_402_300_800_000
