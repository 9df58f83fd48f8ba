"""The ladder for payloads that Slack refuses: full card, plain section, text. A bad block must never cost an alert.

It works on the finished payload, whatever drew it: what the blocks show is read back out of them as plain lines.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from enum import IntEnum
from typing import Any, Final, Protocol

import msgspec

from bot.slack import limits
from bot.slack.mentions import pings_in
from bot.slack.text import clamped, escaped_to_bytes

_TOKEN: Final = re.compile(r"<([^<>|]*)\|([^<>]*)>")  # <address|label>, <!date^…|fallback>
_MOST_BLOCKS: Final = 50  # Slack's limit of a message


class Drawn(Protocol):
    """A message that was drawn: its id, and the arguments of chat.postMessage that make it."""

    @property
    def delivery_id(self) -> str:
        """Return the id by which the message is found again."""
        ...

    @property
    def revision(self) -> int:
        """Return which state of its subject it shows."""
        ...

    def payload(self) -> dict[str, Any]:
        """Return text, metadata and blocks."""
        ...


class Form(IntEnum):
    """How plain a message is sent."""

    CARD = 0
    SECTION = 1
    TEXT = 2

    @property
    def below(self) -> Form | None:
        """Return the next plainer form, or None at the bottom."""
        return Form(self + 1) if self < Form.TEXT else None


class Sheet(msgspec.Struct, frozen=True):
    """What leaves: a drawn message in one form, under the notices that the way it took calls for.

    A notice is our own words ("may be a repeat"), never foreign text.
    """

    drawn: Drawn
    form: Form = Form.CARD
    notices: tuple[str, ...] = ()

    @property
    def delivery_id(self) -> str:
        """Return the id by which the message is found again."""
        return self.drawn.delivery_id

    @property
    def revision(self) -> int:
        """Return which state of its subject it shows."""
        return self.drawn.revision

    def payload(self) -> dict[str, Any]:
        """Return the arguments of chat.postMessage, chat.update and a webhook."""
        whole = self.drawn.payload()
        if self.form is Form.CARD:
            return whole | _under_notices(whole, self.notices)
        lines = [*self.notices, *plain_lines(whole)]
        bare = {name: value for name, value in whole.items() if name != "blocks"}
        if "attachments" in whole:
            bare["attachments"] = []  # an edit keeps the old ones where none are sent
        pings = pings_in(whole)
        if self.form is Form.TEXT:
            text = escaped_to_bytes("\n".join(lines), limits.TEXT_BYTES - sum(len(ping) + 1 for ping in pings))
            return bare | {"text": "\n".join([text, *pings])}
        body = clamped("\n".join(lines), limits.SECTION_TEXT)
        block_id = f"tocsin.{self.delivery_id}.plain.{self.revision}"
        block = {"type": "section", "block_id": block_id, "text": _plain(body)}
        return bare | {"text": "\n".join([_text_under(whole, self.notices), *pings]), "blocks": [block]}


def plain_lines(payload: dict[str, Any]) -> list[str]:
    """Return what a payload says, line by line, unescaped: what its blocks show, or its text where it has none."""
    blocks = [*payload.get("blocks", ())]
    for attachment in payload.get("attachments", ()):
        blocks.extend(attachment.get("blocks", ()))
    lines = [line for block in blocks for line in _lines(block)]
    return [line for line in lines if line.strip()] or [html.unescape(str(payload.get("text", "")))]


def _under_notices(payload: dict[str, Any], notices: tuple[str, ...]) -> dict[str, Any]:
    if not notices:
        return {}
    found: dict[str, Any] = {"text": _text_under(payload, notices)}
    blocks = payload.get("blocks")
    if blocks and len(blocks) < _MOST_BLOCKS:
        found["blocks"] = [{"type": "context", "elements": [_plain(notice) for notice in notices]}, *blocks]
    return found


def _text_under(payload: dict[str, Any], notices: tuple[str, ...]) -> str:
    """Return the text with the notices behind it: what a push shows first stays the alert."""
    return "\n".join([str(payload.get("text", "")), *(html.escape(notice, quote=False) for notice in notices)])


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _lines(block: Any) -> list[str]:
    """Return the lines of one block: one per part where it has parts, broken where its text breaks."""
    if not isinstance(block, dict):
        return []
    parts = block.get("elements") or block.get("fields") or ()
    own = [_text_of(block["text"])] if "text" in block else []
    if block.get("type") == "actions":
        parts = [part for part in parts if isinstance(part, dict) and part.get("url")]
        return [f"{_text_of(part.get('text'))}: {part['url']}" for part in parts]
    if block.get("type") == "context":
        return [" · ".join(_text_of(part) for part in parts)]
    cells = [" | ".join(_text_of(cell) for cell in row) for row in block.get("rows", ())]
    return "\n".join([*own, *(_text_of(part) for part in parts), *cells]).split("\n")


def _text_of(part: Any) -> str:
    """Return the text of a text object or of a rich_text element with all that is in it."""
    if isinstance(part, str):
        return part
    if not isinstance(part, dict):
        return ""
    if part.get("type") == "mrkdwn":
        return html.unescape(_TOKEN.sub(_said, str(part.get("text", ""))))
    if "elements" in part:
        return _joined(part["elements"], part.get("type"))
    shown = part.get("text") or part.get("fallback") or part.get("url") or part.get("alt_text") or ""
    return _text_of(shown) if isinstance(shown, dict) else str(shown)


def _joined(elements: Iterable[Any], kind: Any) -> str:
    return ("\n" if kind == "rich_text_list" else "").join(_text_of(element) for element in elements)


def _said(token: re.Match[str]) -> str:
    target, said = token.groups()
    return f"{said} ({target})" if target.startswith("http") else said
