"""A message that is drawn from nothing else: its words stand in the outbox row itself (digests, a folded backlog)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from bot.slack import limits
from bot.slack.ladder import Drawn
from bot.slack.mentions import Mention
from bot.slack.text import escaped_to_bytes

EVENT_TYPE: Final = "tocsin_written"  # of the message's metadata
_KEPT: Final = 1_000


class Written(msgspec.Struct, frozen=True):
    """`text` is escaped and at most 3,500 bytes of UTF-8; `blocks` are plain JSON.

    `plainer` says the same with older kinds of blocks, for a workspace that refuses these.
    """

    delivery_id: str
    text: str
    blocks: tuple[dict[str, Any], ...] = ()
    revision: int = 1
    plainer: Written | None = None

    def payload(self) -> dict[str, Any]:
        """Return the arguments of chat.postMessage; the metadata holds the id only."""
        metadata = {"event_type": EVENT_TYPE, "event_payload": {"delivery_id": self.delivery_id}}
        arguments = {"text": self.text, "metadata": metadata, "parse": "none", "link_names": False, "mrkdwn": False}
        return arguments | ({"blocks": list(self.blocks)} if self.blocks else {})


class Plainer:
    """How plain each message with a body has to be: what was refused is not tried again at its next turn."""

    def __init__(self) -> None:
        self._steps: dict[str, int] = {}

    def as_accepted(self, drawn: Drawn) -> Drawn:
        """Return a message in the form below all that were refused."""
        for _ in range(self._steps.get(drawn.delivery_id, 0)):
            if isinstance(drawn, Written) and drawn.plainer is not None:
                drawn = drawn.plainer
        return drawn

    def refused(self, drawn: Written) -> Drawn:
        """Hear that a form was refused; returns the next one."""
        while len(self._steps) >= _KEPT:
            del self._steps[next(iter(self._steps))]
        self._steps[drawn.delivery_id] = self._steps.get(drawn.delivery_id, 0) + 1
        return drawn.plainer or drawn


def body_of(text: str, blocks: Sequence[dict[str, Any]] = ()) -> str:
    """Return the body of an outbox row that says this. `text` is plain; it is escaped and cut here."""
    return json.dumps({"text": escaped_to_bytes(text, limits.TEXT_BYTES), "blocks": list(blocks)}, ensure_ascii=False)


def written(delivery_id: str, body: str, revision: int = 1, mention: Mention | None = None) -> Written:
    """Return the message of a row with a body. Blocks get an id each, by which the message is found again.

    A body may hold plainer forms of its blocks (letter.py). Who is mentioned is called below its first block.
    """
    said, found = json.loads(body), None
    for form in reversed([said["blocks"], *said.get("plainer", ())]):
        whole = [*form[:1], *_called(mention), *form[1:]]
        blocks = ({"block_id": f"tocsin.{delivery_id}.{number}", **block} for number, block in enumerate(whole))
        found = Written(delivery_id, said["text"], tuple(blocks), revision, found)
    return found or Written(delivery_id, said["text"], (), revision)


def _called(mention: Mention | None) -> list[dict[str, Any]]:
    if mention is None:
        return []
    section = {"type": "rich_text_section", "elements": [mention.element()]}
    return [{"type": "rich_text", "elements": [section]}]
