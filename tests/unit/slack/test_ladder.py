"""The plainer forms of a message say what its card says, whatever drew that."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.slack.card import card
from bot.slack.ladder import Form, Sheet, plain_lines
from bot.slack.written import body_of, written
from tests.fakes.alerts import alert
from tests.fakes.relaying import ZONE
from tests.fakes.slack.blockrules import problems_of
from tests.fakes.slack.mentions import read
from tests.fakes.virtual import START_MS

HOSTILE = "<!channel> <@U0BOT00001> & <https://evil.example|Open run> ```"


@dataclass
class Payload:
    """Something drawn."""

    parts: dict[str, Any] = field(default_factory=dict)
    delivery_id: str = "dl_1"
    revision: int = 3

    def payload(self) -> dict[str, Any]:
        return {"text": "short", "metadata": {"event_payload": {"delivery_id": "dl_1"}}, **self.parts}


def drawn(title: str = "Job J1 gives up") -> Any:
    return card(alert(title=title), "dl_1", ZONE, START_MS)


def test_the_card_itself_is_sent_as_it_is() -> None:
    assert Sheet(drawn()).payload() == drawn().payload()


def test_a_section_says_everything_and_holds_nothing_that_could_be_refused() -> None:
    payload = Sheet(drawn(), Form.SECTION).payload()
    (block,) = payload["blocks"]
    assert not payload.get("attachments")
    assert block["text"]["type"] == "plain_text"
    assert problems_of([block]) == []
    for word in ("Job J1 gives up", "extraction", "will not try again", "https://alfred.example.com/jobs/J1"):
        assert word in block["text"]["text"]


def test_a_text_says_everything_without_any_block() -> None:
    payload = Sheet(drawn(), Form.TEXT).payload()
    assert not any(payload.get(name) for name in ("blocks", "attachments"))
    for word in ("Job J1 gives up", "extraction", "https://alfred.example.com/jobs/J1"):
        assert word in payload["text"]


@pytest.mark.parametrize("form", list(Form))
def test_every_form_keeps_the_marks_by_which_it_is_found_again(form: Form) -> None:
    assert Sheet(drawn(), form).payload()["metadata"] == drawn().metadata


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("notices", [(), ("Meant for old, which Slack refuses.",)])
def test_foreign_text_pings_nobody_and_links_nowhere_in_any_form(form: Form, notices: tuple[str, ...]) -> None:
    payload = Sheet(drawn(HOSTILE), form, notices).payload()
    assert read(payload).notified == []
    assert {link.url for link in read(payload).links} <= {"https://alfred.example.com/jobs/J1"}


@pytest.mark.parametrize("form", list(Form))
def test_a_long_card_keeps_within_every_limit(form: Form) -> None:
    payload = Sheet(drawn("ä" * 5_000), form, ("n" * 200,)).payload()
    assert len(payload["text"].encode()) <= 4_000
    assert problems_of(payload.get("blocks", [])) == []


@pytest.mark.parametrize("form", list(Form))
def test_a_notice_stands_in_the_message_and_behind_the_text(form: Form) -> None:
    payload = Sheet(drawn(), form, ("This may be a repeat.",)).payload()
    assert "This may be a repeat." in payload["text"]
    assert not payload["text"].startswith("This") or form is Form.TEXT
    if form is not Form.TEXT:
        assert "This may be a repeat." in str(payload["blocks"])


def test_what_attachments_tables_and_markup_show_is_read_back_too() -> None:
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "a &amp; b <https://x.example|there>"}}
    fields = {"type": "section", "fields": [{"type": "plain_text", "text": "one"}, {"type": "mrkdwn", "text": "two"}]}
    table = {"type": "table", "rows": [[{"type": "raw_text", "text": "rule"}, {"type": "raw_text", "text": "7"}]]}
    bar = {"color": "#fff", "blocks": [{"type": "context", "elements": [{"type": "plain_text", "text": "resolved"}]}]}
    payload = Payload({"blocks": [section, fields, table], "attachments": [bar]}).payload()
    assert plain_lines(payload) == ["a & b there (https://x.example)", "one", "two", "rule | 7", "resolved"]


def test_where_there_are_no_blocks_the_text_is_what_it_says() -> None:
    assert plain_lines({"text": "a &lt; b"}) == ["a < b"]


def test_a_written_message_goes_down_the_same_ladder() -> None:
    said = written("dl_9", body_of("Digest <1>", [{"type": "divider"}, {"type": "markdown", "text": "**seven**"}]))
    assert said.payload()["text"] == "Digest &lt;1&gt;"
    assert [block["block_id"] for block in said.payload()["blocks"]] == ["tocsin.dl_9.0", "tocsin.dl_9.1"]
    assert "seven" in Sheet(said, Form.TEXT).payload()["text"]
