"""Who a message would ping and where its links lead, as Slack reads them; and what a person sees.

Tokens are read in the top-level text, mrkdwn objects, markdown blocks and attachment texts. In rich_text only explicit
elements count. Entities are decoded once and never read again. Bare addresses in text count as links unless `parse`
is none or the object is verbatim: Slack links them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

_TOKEN = re.compile(r"<([^<>]*)>")
_BARE_URL = re.compile(r"(?<![<|\w])https?://[^\s<>|]+")
_BARE_NAME = re.compile(r"(?<![\w<])([@#])(here|channel|everyone|[a-z0-9_.-]{2,})\b")
_LIVE = {"user": "user_id", "usergroup": "usergroup_id", "broadcast": "range"}


class Link(NamedTuple):
    label: str | None
    url: str


class Reading(NamedTuple):
    """What a message does to its readers."""

    notified: list[str]
    links: list[Link]


def read(message: dict[str, Any]) -> Reading:
    """Read a message as it was sent (text, blocks, attachments, parse, link_names)."""
    notified, links = list[str](), list[Link]()
    for text, verbatim in _marked_up(message):
        _tokens(text, notified, links)
        if not verbatim:
            links.extend(Link(None, url) for url in _BARE_URL.findall(_TOKEN.sub(" ", text)))
        if message.get("link_names") or message.get("parse") == "full":
            notified.extend(found for _, found in _BARE_NAME.findall(text))
    for node in walk([message.get("blocks"), message.get("attachments")]):
        if node.get("type") in _LIVE:
            notified.append(str(node.get(_LIVE[node["type"]])))
        if isinstance(node.get("url"), str):
            links.append(Link(_label(node), node["url"]))
    return Reading(notified, links)


def decoded(text: str) -> str:
    """Return what Slack shows for escaped text."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def visible(message: dict[str, Any]) -> str:
    """Return what a reader sees, dates by their fallback: the blocks, or the text where the message has none of its
    own, and below either what its attachments hold."""
    attached = [block for attachment in message.get("attachments") or [] for block in attachment.get("blocks") or []]
    blocks = message.get("blocks")
    own = list(map(_shown_block, blocks)) if blocks else [_shown_markup(message.get("text") or "")]
    return "\n".join([*own, *map(_shown_block, attached)])


def walk(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object of a JSON value, outer before inner, in order."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)


def _shown_block(block: dict[str, Any]) -> str:
    between = " " if block.get("type") in {"context", "actions"} else ""
    return between.join(filter(None, map(_shown, walk(block))))


def _shown(node: dict[str, Any]) -> str:
    kind, text = node.get("type"), node.get("text")
    if kind == "link" and not isinstance(text, str):
        return str(node.get("url"))
    if not isinstance(text, str):
        return ""
    return _shown_markup(text) if kind in {"mrkdwn", "markdown"} else text


def _shown_markup(text: str) -> str:
    return decoded(_TOKEN.sub(lambda token: token[1].rpartition("|")[2], text))


def _marked_up(message: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    yield message.get("text") or "", message.get("parse") == "none"
    for node in walk([message.get("blocks"), message.get("attachments")]):
        if node.get("type") in {"mrkdwn", "markdown"} and isinstance(node.get("text"), str):
            yield node["text"], bool(node.get("verbatim"))
    for attachment in message.get("attachments") or []:
        for name in ("text", "pretext", "fallback", "title"):
            if isinstance(attachment.get(name), str):
                yield attachment[name], False


def _tokens(text: str, notified: list[str], links: list[Link]) -> None:
    for body in _TOKEN.findall(text):
        target, _, label = body.partition("|")
        if target.startswith("!date^"):
            parts = target.split("^")
            links.extend([Link(label, parts[3])] if len(parts) > 3 else [])
        elif target.startswith(("!", "@", "#")):
            notified.append(target)
        elif target:
            links.append(Link(label or None, target))


def _label(node: dict[str, Any]) -> str | None:
    text = node.get("text")
    found = text.get("text") if isinstance(text, dict) else text
    return found if isinstance(found, str) else None
