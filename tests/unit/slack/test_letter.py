"""A letter as Slack's blocks: harmless, within limits, and the same in every form."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.letter import Button, Chart, Letter, Lines, Series, Small, Table, Words
from bot.slack.letter import letter_body, letter_lines
from bot.slack.mentions import Mention
from bot.slack.written import Written, written
from tests.fakes.slack.blockrules import problems_of

TEXT = st.text(max_size=60) | st.sampled_from(["<!here>", "<@U123>", "*b*", "\u202egpj.exe", "a\nb", "", "x" * 5_000])
URL = st.none() | st.sampled_from(["https://a.test/x y|z", "javascript:alert(1)", "http://", "https://" + "a" * 4_000])
WORDS = st.builds(Words, TEXT, st.booleans(), URL)
LINE = st.lists(WORDS, max_size=3).map(tuple)
PARTS = st.one_of(
    st.builds(Lines, st.none() | TEXT, st.lists(LINE, max_size=4).map(tuple)),
    st.builds(
        Table, TEXT, st.just(("a", "b")), st.lists(st.tuples(WORDS, WORDS), max_size=4).map(tuple), st.none() | TEXT
    ),
    st.builds(Button, LINE, st.just("Open"), URL),
    st.builds(Small, TEXT),
)


def forms(letter: Letter) -> list[list[Any]]:
    body = json.loads(letter_body(letter))
    return [body["blocks"], *body["plainer"]]


@settings(max_examples=150, deadline=None)
@given(TEXT, PARTS)
def test_whatever_a_letter_holds_slack_takes_it_and_reads_nothing_in_it(text: str, part: Any) -> None:
    letter = Letter(text, (part,))
    for blocks in forms(letter):
        assert problems_of(blocks) == []
        assert "mrkdwn" not in json.dumps(blocks)
    assert "<" not in json.loads(letter_body(letter))["text"]


def chart(count: int) -> Chart:
    labels = tuple(f"day {n}" for n in range(count))
    return Chart("The last days", labels, (Series("failed", tuple(range(count))), Series("ok", (0,) * count)), "said")


def test_a_chart_is_native_first_and_a_drawn_line_below() -> None:
    first, *below = forms(Letter("t", (chart(14),)))

    assert [block["type"] for block in first] == ["data_visualization"]
    assert problems_of(first) == []
    assert "▁▂▂▃▃▄▄▅▅▆▆▇▇█ failed: 13" in json.dumps(below[0], ensure_ascii=False)
    assert "said" in json.dumps(below[0])


def test_more_days_than_a_chart_takes_are_the_last_ones() -> None:
    [block] = forms(Letter("t", (chart(40),)))[0]

    assert problems_of([block]) == []
    assert block["chart"]["axis_config"]["categories"][-1] == "day 39"


def test_forms_that_would_say_the_same_are_sent_once() -> None:
    assert len(forms(Letter("t", (Small("s"),)))) == 1


def test_plain_lines_say_what_the_blocks_say() -> None:
    table = Table(
        "Failures", ("Company", "Failures", "Change"), ((Words("Acme"), Words("7"), Words("+2")),), "and 3 more"
    )

    assert letter_lines(Letter("t", (table, Small("s")))) == ["Failures", "Acme: 7, +2", "and 3 more", "", "s"]


def test_who_is_mentioned_is_called_in_every_form() -> None:
    drawn: Written | None = written(
        "dl_1", letter_body(Letter("t", (Lines(None, ((Words("lead"),),)), chart(3)))), 1, Mention("x", user="U1")
    )

    seen = 0
    while drawn is not None:
        seen += 1
        assert [block["type"] for block in drawn.blocks][1] == "rich_text"
        assert '"user_id": "U1"' in json.dumps(drawn.blocks)
        assert len({block["block_id"] for block in drawn.blocks}) == len(drawn.blocks)
        drawn = drawn.plainer
    assert seen == 2
