from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.core.identity import behind, joined

PART = st.text(st.sampled_from("ab\\u\x1f"), max_size=6)


@given(PART, PART, PART, PART)
def test_two_parts_are_joined_as_no_other_two_are(one: str, two: str, other: str, another: str) -> None:
    assert (joined((one, two)) == joined((other, another))) == ((one, two) == (other, another))


@given(PART)
def test_what_stands_behind_a_first_part_is_what_joining_puts_there(part: str) -> None:
    assert "rule" + behind(part) == joined(("rule", part))
