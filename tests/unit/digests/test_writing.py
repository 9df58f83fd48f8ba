"""What digests say, held against reviewed files: tests/golden/digests, renewed by `python -m tests.tools.digests`."""

from __future__ import annotations

import json
from itertools import chain
from typing import Any

import pytest

from bot.core.letter import Letter
from bot.digests.writing import missed, written
from bot.slack.letter import letter_body
from tests.fakes.slack.blockrules import problems_of
from tests.tools.digests import GOLDEN, drawn
from tests.unit.digests import days

VISIBLE_CHARACTERS = 8_000


def _letters(name: str) -> list[Letter]:
    said = written(days.PLAN, days.ALL[name]())
    return [said.message, *said.replies]


def _forms(letter: Letter) -> list[list[Any]]:
    body = json.loads(letter_body(letter))
    return [body["blocks"], *body["plainer"]]


def _visible(value: Any) -> int:
    if isinstance(value, dict):
        own = len(value["text"]) if isinstance(value.get("text"), str) else 0
        return own + sum(_visible(inner) for inner in value.values() if isinstance(inner, dict | list))
    return sum(map(_visible, value)) if isinstance(value, list) else 0


@pytest.mark.parametrize("name", days.ALL)
def test_a_digest_says_what_was_reviewed(name: str) -> None:
    assert drawn(name) == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", days.ALL)
def test_every_form_of_every_message_is_within_slacks_limits(name: str) -> None:
    for letter in _letters(name):
        body = json.loads(letter_body(letter))
        assert 0 < len(body["text"].encode()) <= 3_500
        for blocks in _forms(letter):
            assert problems_of(blocks) == []
            assert _visible(blocks) <= VISIBLE_CHARACTERS


def test_a_thread_stays_short_whatever_happened() -> None:
    assert len(_letters("huge")) <= 13


def test_below_the_native_chart_stands_a_drawn_line_and_below_the_table_a_list() -> None:
    forms = _forms(_letters("normal")[0])
    kinds = [{block["type"] for block in blocks} for blocks in forms]

    assert "data_visualization" in kinds[0]
    assert "table" in kinds[0]
    assert "data_visualization" not in kinds[1] | kinds[2]
    assert "table" in kinds[1]
    assert "table" not in kinds[2]
    assert "▁" in json.dumps(forms[2], ensure_ascii=False)


def test_foreign_text_cannot_mention_link_or_format() -> None:
    for blocks in chain.from_iterable(map(_forms, _letters("huge"))):
        assert '"mrkdwn"' not in json.dumps(blocks)
    assert "<!channel>" not in json.loads(letter_body(_letters("huge")[0]))["text"]


def test_a_quiet_day_is_one_message_and_mentions_nobody() -> None:
    said = written(days.PLAN, days.quiet())

    assert said.replies == ()
    assert said.message.mention is None
    assert "0 failures: all quiet" in said.message.text
    assert "1204 events came in, 0 unaccounted for" in said.message.text


def test_a_day_with_news_mentions_whom_the_config_names() -> None:
    assert written(days.PLAN, days.normal()).message.mention == "doc-oncall"


def test_the_text_alone_says_the_number_the_comparison_and_the_cause() -> None:
    text = written(days.PLAN, days.normal()).message.text

    assert "42 failures, 7 more than in the digest of Mon 2 Mar; a usual Tuesday has 31" in text
    assert "Most often: Timeout after # reading (file) (25, 60%)." in text
    assert "2 jobs out of retries, 7 reviews waiting, 2 alerts still open, 1 alert expired." in text


def test_a_late_digest_says_so_and_names_the_ones_that_were_missed() -> None:
    text = written(days.PLAN, days.outage()).message.text

    assert "This digest comes 3h 20m late." in text
    assert "The digest of Mon 2 Mar was missed: the bot was not running." in text


def test_missed_digests_are_one_line() -> None:
    line = missed(days.PLAN, tuple(f"2026-03-{day:02}" for day in range(1, 10))).text

    assert line == (
        "daily-failures: The digests of Sun 1 Mar, Mon 2 Mar, Tue 3 Mar, Wed 4 Mar, Thu 5 Mar and 4 more were missed: "
        "the bot was not running."
    )
