"""Particulars do not split a cause; what it says does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.cause import LONGEST, NO_CAUSE, normalised

SAME = [
    ("Timeout after 12.5 s reading a.pdf", "Timeout after 900 ms reading Invoice_77.PDF"),
    ("Timeout after 1h 30m", "Timeout after 45 seconds"),
    ("Run workflow_run_xK9mWPq2 was lost", "Run workflow_run_Aq81Lz0p was lost"),
    ("Job 550e8400-e29b-41d4-a716-446655440000 failed", "Job 123e4567-e89b-12d3-a456-426614174000 failed"),
    ("Page 3 of 12 is blank", "Page 11 of 400 is blank"),
    ("Could not open 'March invoice (2).pdf'", "Could not open 'x.pdf'"),
    ("No such file /data/in/7/a b.tif", "No such file /data/in/12/other.tif"),
    ("GET https://files.example.com/a?sig=1 refused", "GET https://files.example.com/b?sig=22 refused"),
    ("Expired at 2026-03-04T08:30:00Z", "Expired at 2025-11-30 23:59:59.123+02:00"),
    ("Rows 1, 2, 3 are empty", "Rows 4, 5 are empty"),
    ("Sender ana@example.com is unknown", "Sender bo.b@mail.example.org is unknown"),
    ("checksum deadbeef01 differs", "checksum 0011223344ff differs"),
    ("line 1\n  line 2", "line 7 line 9"),
    ("Missing value of 1,204.50", "Missing value of 7"),
]
DIFFERENT = [
    ("CORRUPT_FILE", "PASSWORD_PROTECTED_FILE"),
    ("Timeout after 3 s reading a.pdf", "Timeout after 3 s writing a.pdf"),
    ("HTTP 503 from the store", "HTTP 404 from the store"),
    ("Field total is missing", "Field tax is missing"),
    ("INTERNAL_ERROR", "no cause given"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_particulars_do_not_split_a_cause(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_is_said_splits_it(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


def test_what_the_event_itself_is_called_is_no_part_of_the_cause() -> None:
    one = normalised("Acme March statement could not be read by run R-a", ["Acme March statement", "R-a-b", "run"])
    other = normalised("Beta letter could not be read by run R-a", ["Beta letter"])

    assert one == other == "(id) could not be read by run R-a"


@pytest.mark.parametrize("nothing", [None, "", " \n "])
def test_an_event_without_a_cause_says_so(nothing: str | None) -> None:
    assert normalised(nothing) == NO_CAUSE


def test_a_code_is_left_as_it_is() -> None:
    assert normalised("CORRUPT_FILE") == "CORRUPT_FILE"
    assert normalised("upstream said HTTP 503 after 3 tries") == "upstream said HTTP 503 after # tries"


@given(st.text(max_size=400))
def test_the_same_text_twice_is_the_same_cause_and_short(text: str) -> None:
    once = normalised(text)

    assert 0 < len(once) <= LONGEST
    assert normalised(once) == once or len(once) > LONGEST - 2
