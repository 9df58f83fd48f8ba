"""What Slack checks of a message's content, in its order. Shared by posts, edits and webhooks."""

from __future__ import annotations

import json
from typing import Any

from tests.fakes.slack import mentions, wording
from tests.fakes.slack.blockrules import problems_of
from tests.fakes.slack.decoding import RefusedError
from tests.fakes.slack.state import Switches

_KEPT = ("text", "blocks", "attachments", "metadata", "parse", "link_names", "mrkdwn", "username")


def content_of(args: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments that are content."""
    return {name: args[name] for name in _KEPT if name in args}


def check(args: dict[str, Any], switches: Switches) -> None:
    """Refuse what Slack would refuse. Raises RefusedError."""
    markdown = args.get("markdown_text")
    if markdown is not None and (args.get("text") or args.get("blocks")):
        raise RefusedError("markdown_text_conflict")
    if isinstance(markdown, str) and len(markdown) > wording.MARKDOWN_TOTAL:
        raise RefusedError("msg_too_long")
    blocks, attachments = args.get("blocks"), args.get("attachments")
    if not (str(args.get("text") or "").strip() or blocks or attachments or markdown):
        raise RefusedError("no_text")
    if blocks is not None:
        check_blocks(blocks, "/blocks", switches)
    if attachments is not None:
        _check_attachments(attachments, switches)
    if args.get("metadata"):
        _check_metadata(args["metadata"])


def check_blocks(blocks: Any, base: str, switches: Switches) -> None:
    """Check a list of blocks and the size of all that they show. Raises RefusedError."""
    if not isinstance(blocks, list):
        raise RefusedError("invalid_blocks_format")
    problems = problems_of(blocks, base, switches.unsupported_blocks)
    if problems:
        messages = [f"[ERROR] {problem}" for problem in problems]
        raise RefusedError("invalid_blocks", errors=problems, response_metadata={"messages": messages})
    most = wording.VISIBLE_LENIENT if switches.lenient_size else wording.VISIBLE_STRICT
    if visible_size(blocks) > most:
        raise RefusedError("msg_blocks_too_long")


def visible_size(blocks: list[Any]) -> int:
    """Return how many characters the blocks show; the real formula is not known."""
    texts = (node.get("text") for node in mentions.walk(blocks))
    return sum(len(text) for text in texts if isinstance(text, str))


def _check_attachments(attachments: Any, switches: Switches) -> None:
    if not isinstance(attachments, list) or not all(isinstance(one, dict) for one in attachments):
        raise RefusedError("invalid_attachments")
    if len(attachments) > wording.ATTACHMENTS:
        raise RefusedError("too_many_attachments")
    for index, attachment in enumerate(attachments):
        if "blocks" in attachment:
            check_blocks(attachment["blocks"], f"/attachments/{index}/blocks", switches)


def _check_metadata(metadata: Any) -> None:
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_type"), str):
        raise RefusedError("invalid_metadata_format")
    if not isinstance(metadata.get("event_payload"), dict):
        raise RefusedError("invalid_metadata_format")
    if _depth(metadata["event_payload"]) > wording.METADATA_DEPTH:
        raise RefusedError("invalid_metadata_schema")
    if len(json.dumps(metadata).encode()) > wording.METADATA_BYTES:
        raise RefusedError("metadata_too_large")


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max((_depth(inner) for inner in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((_depth(inner) for inner in value), default=0)
    return 0
