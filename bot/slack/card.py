"""One Slack message for one alert, drawn from the alert alone; pure.

Foreign text stands only in rich_text text elements and in plain_text with `emoji: false`, where Slack reads no
mention, no link and no formatting; in the top-level text it is escaped. The title is text and the address is on the
button, so that nobody can hide a foreign host behind our words. There is no colour bar: it needs a legacy attachment,
whose content Slack folds behind "show more" and above which it shows the top-level text a second time; the sign and
the word in the headline say the same to everybody, a screen reader too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from bot.core.rule import Severity
from bot.core.state import Alert
from bot.slack import limits
from bot.slack.content import Content, ContextPart, Field, Link, Moment, content_of
from bot.slack.text import clamped, escaped_to_bytes, safe_url
from bot.slack.words import full_time, reader_time

Block: TypeAlias = dict[str, Any]

EVENT_TYPE: Final = "tocsin_alert"  # of the message's metadata
OPEN_ACTION: Final = "open"


class Rung(IntEnum):
    """The ladder for payloads that Slack refuses: a bad block must never cost an alert."""

    CARD = 0
    SECTION = 1
    TEXT = 2

    @property
    def below(self) -> Rung | None:
        """Return the next plainer form, or None at the bottom."""
        return Rung(self + 1) if self < Rung.TEXT else None


@dataclass(frozen=True, slots=True)
class Card:
    """A message ready to send. `text` is escaped and at most 3,500 bytes of UTF-8; `blocks` are plain JSON."""

    alert_id: str
    delivery_id: str
    revision: int
    severity: Severity
    content: Content
    text: str
    blocks: tuple[Block, ...]

    @property
    def metadata(self) -> dict[str, Any]:
        """Return what travels unseen with the message: ids only, as every app of the workspace can read it."""
        ids = {"delivery_id": self.delivery_id, "alert_id": self.alert_id}
        return {"event_type": EVENT_TYPE, "event_payload": ids}

    def payload(self) -> dict[str, Any]:
        """Return the arguments of chat.postMessage, chat.update and a webhook that draw this card.

        `parse` and `link_names` are repeated on every call because chat.update resets them when they are omitted.
        Without blocks the key is left out: chat.update then removes the old ones, an empty list would not.
        """
        arguments = {
            "text": self.text,
            "metadata": self.metadata,
            "parse": "none",
            "link_names": False,
            "mrkdwn": False,
        }
        return arguments | ({"blocks": list(self.blocks)} if self.blocks else {})


def card(alert: Alert, delivery_id: str, zone: ZoneInfo, now_ms: int, rung: Rung = Rung.CARD) -> Card:
    """Draw an alert. `delivery_id` is that of the first message, also on edits: by it the message is found again."""
    return _drawn(alert, delivery_id, content_of(alert, delivery_id, zone, now_ms), zone, rung)


def note(alert: Alert, delivery_id: str, zone: ZoneInfo, now_ms: int, rung: Rung = Rung.CARD) -> Card:
    """Draw how an alert stands as a short message of its own, for channels whose messages cannot be edited."""
    whole = content_of(alert, delivery_id, zone, now_ms)
    short = replace(whole, description=None, fields=(), extra=(), runbook=None)
    return _drawn(alert, delivery_id, short, zone, rung)


def _drawn(alert: Alert, delivery_id: str, content: Content, zone: ZoneInfo, rung: Rung) -> Card:
    block_id = f"tocsin.{delivery_id}.{alert.revision}"
    text = _push_text(content) if rung is not Rung.TEXT else _plain(content, zone)
    return Card(
        alert_id=alert.alert_id,
        delivery_id=delivery_id,
        revision=alert.revision,
        severity=alert.severity,
        content=content,
        text=escaped_to_bytes(text, limits.TEXT_BYTES),
        blocks=tuple(_blocks(content, block_id, zone, rung)),
    )


def _push_text(content: Content) -> str:
    """What a push notification shows and a screen reader speaks: the headline and how it stands, not the card."""
    sentence = content.standing.sentence
    return content.headline if sentence is None else f"{content.headline}. {sentence}."


def _plain(content: Content, zone: ZoneInfo) -> str:
    """Everything in plain lines, for the rungs below the card."""
    lines: list[str | None] = [content.headline, content.standing.sentence, content.description]
    lines.extend(field_line(field) for field in (*content.fields, *content.extra))
    lines.append(f"Runbook: {content.runbook}" if content.runbook else None)
    lines.append(f"{content.link.label}: {content.link.url}" if content.link else None)
    lines.append(" · ".join(context_text(part, zone) for part in content.context))
    return "\n".join(line for line in lines if line)


def field_line(field: Field) -> str:
    """Return a field as plain text."""
    return f"{field.label}: {field.value}" + (f" ({field.aside})" if field.aside else "")


def context_text(part: ContextPart, zone: ZoneInfo) -> str:
    """Return a part of the context as plain text, times in the configured zone."""
    return part if isinstance(part, str) else f"{part.before}{full_time(part.at, zone)}{part.after}"


def _blocks(content: Content, block_id: str, zone: ZoneInfo, rung: Rung) -> Iterable[Block]:
    if rung is Rung.SECTION:
        plain = clamped(_plain(content, zone), limits.SECTION_TEXT)
        yield {"type": "section", "block_id": f"{block_id}.section", "text": _plain_text(plain)}
    if rung is not Rung.CARD:
        return
    yield {"type": "rich_text", "block_id": f"{block_id}.body", "elements": [_section(_body(content))]}
    yield {
        "type": "context",
        "block_id": f"{block_id}.context",
        "elements": [_context_element(part, zone) for part in content.context],
    }
    buttons = _buttons(content.link)
    if buttons:
        yield {"type": "actions", "block_id": f"{block_id}.actions", "elements": buttons}


def _body(content: Content) -> list[list[Block]]:
    """Return the lines of the card, each a list of rich_text elements."""
    standing = content.standing
    lines = [[_text(f"{standing.sign} {standing.word}: "), _text(content.title, bold=True)]]
    lines.extend([_text(text)] for text in (standing.sentence, content.description) if text)
    lines.extend(_field(field) for field in (*content.fields, *content.extra))
    if content.runbook:
        lines.append([_text("Runbook: ", bold=True), _reference(content.runbook)])
    return lines


def _section(lines: list[list[Block]]) -> Block:
    """One section with line ends in it: how far apart sections stand is left to each client."""
    elements = list(lines[0])
    for line in lines[1:]:
        elements.extend([_text("\n"), *line])
    return {"type": "rich_text_section", "elements": elements}


def _field(field: Field) -> list[Block]:
    line = [_text(f"{field.label}: ", bold=True), _text(field.value)]
    return [*line, _text(f" ({field.aside})")] if field.aside else line


def _reference(runbook: str) -> Block:
    """Link a runbook (it comes from the rule's file) under its own address; what is no address is shown as text."""
    url = safe_url(runbook)
    return _text(runbook) if url is None else {"type": "link", "url": url}


def _context_element(part: ContextPart, zone: ZoneInfo) -> Block:
    if isinstance(part, Moment):
        return {"type": "mrkdwn", "text": f"{part.before}{reader_time(part.at, zone)}{part.after}", "verbatim": True}
    return _plain_text(part)


def _buttons(link: Link | None) -> list[Block]:
    """Return the buttons, left to right. Only the address has one as long as nothing answers the others."""
    if link is None:
        return []
    return [{"type": "button", "action_id": OPEN_ACTION, "text": _plain_text(link.label), "url": link.url}]


def _plain_text(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}


def _text(text: str, *, bold: bool = False) -> Block:
    return {"type": "text", "text": text} | ({"style": {"bold": True}} if bold else {})
