from __future__ import annotations

import html

import pytest

from tests.fakes.slack import mentions
from tests.fakes.slack.content import check
from tests.fakes.slack.state import Switches
from tests.tools.pictured import payloads
from tests.tools.pictures import FOLDER, page, written

PAYLOADS = payloads()
PAGE = FOLDER.parent / "messages.md"


@pytest.mark.parametrize("name", sorted(PAYLOADS))
def test_a_picture_is_of_what_the_bot_draws_today(name: str) -> None:
    """Where this fails: `python -m tests.tools.pictures`."""
    assert (FOLDER / f"{name}.json").read_text("utf-8") == written(PAYLOADS[name])


@pytest.mark.parametrize("name", sorted(PAYLOADS))
def test_a_picture_is_there_small_and_shown_in_the_documentation(name: str) -> None:
    picture = FOLDER / f"{name}.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size < 60_000
    assert f"(pictures/{name}.png)" in PAGE.read_text("utf-8")


def test_no_picture_is_left_of_what_is_not_drawn_any_more() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(PAYLOADS)


@pytest.mark.parametrize("name", sorted(PAYLOADS))
def test_slack_would_take_what_is_pictured(name: str) -> None:
    check(PAYLOADS[name], Switches())


@pytest.mark.parametrize("name", sorted(PAYLOADS))
def test_the_page_of_a_picture_has_every_word_of_its_message(name: str) -> None:
    shown = page(PAYLOADS[name])
    (body, *_) = PAYLOADS[name]["blocks"]
    texts = [leaf["text"] for leaf in mentions.walk(body) if isinstance(leaf.get("text"), str)]
    assert len(texts) > 3
    assert all(html.escape(line) in shown for text in texts for line in text.split("\n"))


def test_the_page_shows_foreign_text_as_text() -> None:
    leaf = {"type": "text", "text": "<script>"}
    block = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [leaf]}]}
    assert "&lt;script&gt;" in page({"blocks": [block]})
