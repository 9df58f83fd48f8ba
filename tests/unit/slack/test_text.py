from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.text import clamped, cleaned, escaped, escaped_to_bytes, meaningful, safe_url

_ENTITY = re.compile(r"&(?!amp;|lt;|gt;)")


def test_the_three_special_characters_are_escaped_ampersand_first() -> None:
    assert escaped("a < b & c > d &lt;") == "a &lt; b &amp; c &gt; d &amp;lt;"


@given(st.text(), st.integers(min_value=1, max_value=40))
def test_no_entity_is_ever_cut(text: str, most: int) -> None:
    short = escaped(text, most)
    assert len(short) <= most
    assert not _ENTITY.search(short)
    assert html.unescape(short.removesuffix("…")) in html.unescape(escaped(text))


@given(st.text(alphabet=st.characters(codec="utf-8")), st.integers(min_value=3, max_value=60))
def test_bytes_are_counted_where_slack_counts_bytes(text: str, most: int) -> None:
    short = escaped_to_bytes(text, most)
    assert len(short.encode()) <= most
    assert not _ENTITY.search(short)


def test_text_that_fits_is_not_touched() -> None:
    assert clamped("abc", 3) == "abc"
    assert escaped("<", 4) == "&lt;"
    assert escaped_to_bytes("é", 2) == "é"


def test_text_that_does_not_fit_ends_in_an_ellipsis_within_the_limit() -> None:
    assert clamped("abcd", 3) == "ab…"
    assert escaped("<<", 5) == "&lt;…"


@pytest.mark.parametrize(
    "disguise",
    ["\u202e", "\u2066", "\u200f", "\u061c", "\u200b", "\u200d", "\u2060", "\ufeff", "\x00", "\x1b", "\x7f", "\x9b"],
)
def test_characters_that_disguise_names_are_stripped(disguise: str) -> None:
    assert cleaned(f"invoice{disguise}fdp.exe") == "invoicefdp.exe"


def test_lone_surrogates_are_stripped_because_they_cannot_be_sent() -> None:
    assert cleaned("a\ud800b").encode() == b"ab"


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r", "\t", "\u2028", "\u2029", "\x85", "\v", "\f"])
def test_a_line_end_becomes_one_space_so_that_no_second_line_can_pass_for_ours(line_end: str) -> None:
    assert cleaned(f"a{line_end}Severity: fine") == "a Severity: fine"


def test_scripts_and_emoji_are_left_alone() -> None:
    assert cleaned("請求書 فاتورة ñandú 🧾 e\u0301") == "請求書 فاتورة ñandú 🧾 e\u0301"


@pytest.mark.parametrize("nothing", ["", "  ", "None", "null", "undefined", "NaN", "\u200b", None])
def test_a_programs_word_for_nothing_is_nothing(nothing: str | None) -> None:
    assert meaningful(nothing) is None


def test_a_name_that_only_contains_such_a_word_is_kept() -> None:
    assert meaningful("nullable.pdf") == "nullable.pdf"


def test_an_address_is_left_unchanged() -> None:
    address = "https://dash.example.com/runs/R1?tab=a%20b&x=ü#top"
    assert safe_url(address) == address


def test_only_what_would_end_a_link_is_percent_encoded() -> None:
    assert safe_url('https://x.example/a b<c>|"\t\u00a0') == "https://x.example/a%20b%3Cc%3E%7C%22%09%C2%A0"


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "https://",
        "https:///path",
        "ftp://x.example",
        "https://[broken",
        " https://x.example",
        "https://x.example/" + "a" * 3_000,
    ],
)
def test_what_is_no_address_gives_none(address: str | None) -> None:
    assert safe_url(address) is None


def test_the_limit_of_an_address_is_that_of_its_encoded_form() -> None:
    just = "https://x.example/" + "a" * 2_982
    assert safe_url(just) == just
    assert safe_url(just[:-1] + " ") is None
