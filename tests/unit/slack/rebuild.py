"""Builds blocks once more with slackblocks, whose table of limits is somebody else's. It raises on what it forbids."""

from __future__ import annotations

from typing import Any

import slackblocks as sb
from slackblocks.objects import TextType
from slackblocks.rich_text.elements import RichText, RichTextLink, RichTextUser, RichTextUserGroup
from slackblocks.rich_text.objects import RichTextSection


def rebuilt(blocks: list[dict[str, Any]], text: str) -> list[dict[str, Any]]:
    """Return the blocks as slackblocks renders them in a message; raises where they break one of its limits."""
    message = sb.Message(channel="C0DOCALERT1", text=text, blocks=[_block(block) for block in blocks])
    found: list[dict[str, Any]] = message.to_dict().get("blocks", [])
    return found


def rebuilt_bar(attachment: dict[str, Any]) -> dict[str, Any]:
    """Return an attachment as slackblocks renders it in a message."""
    blocks = [_block(block) for block in attachment["blocks"]]
    bar = sb.Attachment(blocks=blocks, color=attachment["color"], fallback=attachment["fallback"])
    (found,) = sb.Message(channel="C0DOCALERT1", text="text", attachments=[bar]).to_dict()["attachments"]
    return dict(found)


def plain(value: Any) -> Any:
    """Return a value without properties that only repeat a default, so that both renderings can be compared."""
    if isinstance(value, dict):
        return {name: plain(held) for name, held in value.items() if not (name == "emoji" and held is False)}
    return [plain(held) for held in value] if isinstance(value, list) else value


def _block(block: dict[str, Any]) -> Any:
    block_id = block["block_id"]
    if block["type"] == "rich_text":
        return sb.RichTextBlock([_section(element) for element in block["elements"]], block_id=block_id)
    if block["type"] == "context":
        return sb.ContextBlock([_text(element) for element in block["elements"]], block_id=block_id)
    if block["type"] == "actions":
        return sb.ActionsBlock([_element(element) for element in block["elements"]], block_id=block_id)
    if block["type"] == "section":
        return sb.SectionBlock(text=_text(block["text"]), block_id=block_id)
    raise AssertionError(f"no card has a {block['type']} block")


def _section(element: dict[str, Any]) -> Any:
    return RichTextSection([_leaf(leaf) for leaf in element["elements"]])


def _leaf(leaf: dict[str, Any]) -> Any:
    if leaf["type"] == "link":
        return RichTextLink(leaf["url"], leaf.get("text"), **leaf.get("style", {}))
    if leaf["type"] == "user":
        return RichTextUser(leaf["user_id"])
    if leaf["type"] == "usergroup":
        return RichTextUserGroup(leaf["usergroup_id"])
    return RichText(leaf["text"], **leaf.get("style", {}))


def _text(text: dict[str, Any]) -> Any:
    kind = TextType.MARKDOWN if text["type"] == "mrkdwn" else TextType.PLAINTEXT
    return sb.Text(text["text"], type_=kind, emoji=text.get("emoji", False), verbatim=text.get("verbatim", False))


def _element(element: dict[str, Any]) -> Any:
    action_id = element["action_id"]
    if element["type"] == "button":
        return sb.Button(
            _text(element["text"]), action_id=action_id, url=element.get("url"), value=element.get("value")
        )
    options = [sb.Option(_text(option["text"]), option["value"]) for option in element["options"]]
    if element["type"] == "overflow":
        return sb.OverflowMenu(action_id, options)
    return sb.StaticSelectMenu(action_id, options, placeholder=_text(element["placeholder"]))
