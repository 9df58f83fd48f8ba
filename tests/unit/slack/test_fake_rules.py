"""The fake's own rules, held against another table of Slack's limits: one wrong number in either shows here."""

from __future__ import annotations

from typing import Any

import pytest
import slackblocks as sb
from slackblocks import _limits as table

from tests.fakes.slack import wording
from tests.fakes.slack.blockrules import expanded, problems_of
from tests.fakes.slack.content import check
from tests.fakes.slack.decoding import RefusedError
from tests.fakes.slack.mentions import decoded, read
from tests.fakes.slack.state import Switches
from tests.unit.slack.rebuild import rebuilt


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def button(**parts: Any) -> dict[str, Any]:
    return {"type": "button", "text": plain("x"), "action_id": "a", **parts}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def rich(*leaves: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(leaves)}]}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (wording.BLOCKS, table.MESSAGE_BLOCKS_MAX_ITEMS),
        (wording.BLOCK_ID, table.BLOCK_ID_MAX_LENGTH),
        (wording.ACTION_ID, table.ACTION_ID_MAX_LENGTH),
        (wording.SECTION_TEXT, table.SECTION_TEXT_MAX_LENGTH),
        (wording.SECTION_FIELDS, table.SECTION_FIELDS_MAX_ITEMS),
        (wording.SECTION_FIELD, table.SECTION_FIELDS_ITEM_MAX_LENGTH),
        (wording.HEADER, table.HEADER_TEXT_MAX_LENGTH),
        (wording.CONTEXT_ELEMENTS, table.CONTEXT_ELEMENTS_MAX_ITEMS),
        (wording.ACTIONS_ELEMENTS, table.ACTIONS_ELEMENTS_MAX_ITEMS),
        (wording.BUTTON_TEXT, table.BUTTON_TEXT_MAX_LENGTH),
        (wording.BUTTON_VALUE, table.BUTTON_VALUE_MAX_LENGTH),
        (wording.URL, table.BUTTON_URL_MAX_LENGTH),
        (wording.CONFIRM["title"], table.CONFIRMATION_TITLE_MAX_LENGTH),
        (wording.CONFIRM["text"], table.CONFIRMATION_TEXT_MAX_LENGTH),
        (wording.OPTION_TEXT, table.OPTION_TEXT_MAX_LENGTH),
        (wording.OPTION_VALUE, table.OPTION_VALUE_MAX_LENGTH),
        (wording.OVERFLOW_OPTIONS, table.OVERFLOW_OPTIONS_MAX_ITEMS),
        (wording.SELECT_OPTIONS, table.SELECT_OPTIONS_MAX_ITEMS),
        (wording.ALT_TEXT, table.IMAGE_ALT_TEXT_MAX_LENGTH),
        (wording.MARKDOWN_TOTAL, table.MARKDOWN_TOTAL_TEXT_MAX_LENGTH),
        (wording.TABLE_ROWS, table.TABLE_ROWS_MAX_ITEMS),
        (wording.TABLE_COLUMNS, table.TABLE_COLUMNS_MAX_ITEMS),
        (wording.ATTACHMENTS, table.MESSAGE_ATTACHMENTS_MAX_ITEMS),
        (wording.LIST_INDENT, table.RICH_TEXT_LIST_INDENT_MAX),
    ],
)
def test_our_number_is_theirs(ours: int, theirs: int) -> None:
    assert ours == theirs


@pytest.mark.parametrize(
    ("block", "reasons"),
    [
        ({"type": "section"}, ["must define either `text` or `fields` [json-pointer:/blocks/0]"]),
        (
            {"type": "section", "text": plain("x" * 3_001)},
            [
                "failed to match all allowed schemas [json-pointer:/blocks/0/text]",
                "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
            ],
        ),
        (
            {"type": "section", "text": plain("")},
            [
                "failed to match all allowed schemas [json-pointer:/blocks/0/text]",
                "must be more than 0 characters [json-pointer:/blocks/0/text/text]",
            ],
        ),
        ({"type": "alert", "text": plain("x")}, ["unsupported type: alert [json-pointer:/blocks/0/type]"]),
        ({"type": "divider", "colour": 1}, ["invalid additional property: colour [json-pointer:/blocks/0]"]),
        ({"type": "divider", "block_id": None}, ["invalid additional property: block_id [json-pointer:/blocks/0]"]),
        ({"type": "header"}, ["missing required field: text [json-pointer:/blocks/0]"]),
        (
            {"type": "context", "elements": [plain("x")] * 11},
            ["no more than 10 items allowed [json-pointer:/blocks/0/elements]"],
        ),
    ],
)
def test_a_broken_block_is_refused_in_slacks_words(block: dict[str, Any], reasons: list[str]) -> None:
    assert problems_of([block]) == reasons


@pytest.mark.parametrize(
    "block",
    [
        actions(button(text=plain("x" * 76))),
        actions(button(url="https://x.example/" + "a" * 3_000)),
        actions(button(url="javascript:alert(1)")),
        actions(button(), button()),
        actions(),
        actions(button(text={"type": "mrkdwn", "text": "x"})),
        actions(button(style="loud")),
        rich({"type": "text", "text": ""}),
        rich({"type": "text", "text": "x", "style": {"blink": True}}),
        rich({"type": "script", "text": "x"}),
        rich({"type": "link", "url": "nowhere"}),
        rich(),
        {"type": "section", "fields": [plain("x")] * 11},
        {"type": "image", "image_url": "https://x.example/a.png"},
        {"type": "header", "text": {"type": "mrkdwn", "text": "x"}},
        {"type": "table", "rows": [[{"type": "sum"}]]},
        "text",
    ],
)
def test_what_slack_refuses_is_refused(block: Any) -> None:
    assert problems_of([block]) != []


def test_51_blocks_are_too_many_and_a_markdown_block_counts_as_many() -> None:
    assert problems_of([{"type": "divider"}] * 50) == []
    assert problems_of([{"type": "divider"}] * 51) == ["no more than 50 items allowed [json-pointer:/blocks]"]
    assert expanded([{"type": "markdown", "text": "# a\ntext\n# b\n---\nmore"}]) == 5


def test_a_block_id_may_stand_only_once() -> None:
    assert problems_of([{"type": "divider", "block_id": "a"}] * 2) == [
        "must be unique [json-pointer:/blocks/1/block_id]"
    ]


def test_the_independent_judge_raises_on_what_it_forbids() -> None:
    too_long = {"type": "actions", "block_id": "b", "elements": [button(text=plain("x" * 76))]}
    with pytest.raises(sb.InvalidUsageError):
        rebuilt([too_long], "text")


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({}, "no_text"),
        ({"text": "  "}, "no_text"),
        ({"text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
        ({"text": "x", "blocks": "nonsense"}, "invalid_blocks_format"),
        ({"text": "x", "attachments": 3}, "invalid_attachments"),
        ({"text": "x", "attachments": [{}] * 101}, "too_many_attachments"),
        ({"text": "x", "metadata": {"event_type": 3}}, "invalid_metadata_format"),
        ({"text": "x", "metadata": {"event_type": "t", "event_payload": {"a": "x" * 9_000}}}, "metadata_too_large"),
        ({"blocks": [{"type": "section", "text": plain("x" * 2_999)}] * 4}, "msg_blocks_too_long"),
    ],
)
def test_content_is_refused_with_slacks_code(sent: dict[str, Any], error: str) -> None:
    with pytest.raises(RefusedError) as refused:
        check(sent, Switches())
    assert refused.value.error == error


@pytest.mark.parametrize(
    ("message", "notified"),
    [
        ({"text": "hi <!channel>"}, ["!channel"]),
        ({"text": "hi <@U0BOSS00001|Ana>"}, ["@U0BOSS00001"]),
        ({"text": "hi &lt;!channel&gt;"}, []),
        ({"text": "&amp;lt;!channel&amp;gt;"}, []),
        ({"text": "@here"}, []),
        ({"text": "@here", "link_names": True}, ["here"]),
        ({"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "<!here>"}}]}, ["!here"]),
        ({"blocks": [{"type": "section", "text": plain("<!here>")}]}, []),
        ({"blocks": [rich({"type": "text", "text": "<!here>"})]}, []),
        ({"blocks": [rich({"type": "broadcast", "range": "here"})]}, ["here"]),
        ({"attachments": [{"text": "<!subteam^S1>"}]}, ["!subteam^S1"]),
    ],
)
def test_the_oracle_sees_every_ping_and_only_those(message: dict[str, Any], notified: list[str]) -> None:
    assert read(message).notified == notified


def test_the_oracle_sees_links_behind_labels_dates_and_bare_addresses() -> None:
    text = "<https://a.example|Open run> <!date^0^{date}^https://b.example|x> https://c.example/x"
    assert {link.url for link in read({"text": text}).links} == {
        "https://a.example",
        "https://b.example",
        "https://c.example/x",
    }
    assert read({"text": "https://c.example", "parse": "none"}).links == []


def test_entities_are_decoded_once() -> None:
    assert decoded("&amp;lt;") == "&lt;"
