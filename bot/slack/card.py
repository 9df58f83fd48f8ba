"""One Slack message for one alert, for many, or for what happened then: the one place where messages are drawn.

The colour bar stands beside the last line only (layout.py says why); the sign and the word in the headline say how bad
it is to everybody, a screen reader too. What is sent below the full card is ladder.py's.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from bot.core.decisions import Reason
from bot.core.roundup import Roundup
from bot.core.rule import Severity
from bot.core.state import Alert
from bot.slack import limits
from bot.slack.alert_words import alert_content
from bot.slack.content import Content
from bot.slack.layout import Block, actions_of, bar_of, blocks_of
from bot.slack.reply_words import escalated, reply_content
from bot.slack.roundup_words import roundup_content
from bot.slack.setting import Occasion, Setting
from bot.slack.text import escaped_to_bytes

EVENT_TYPE: Final = "tocsin_alert"  # of the message's metadata
Subject: TypeAlias = Alert | Roundup


class Card(msgspec.Struct, frozen=True):
    """A message ready to send. `text` is escaped and at most 3,500 bytes of UTF-8; the blocks are plain JSON.

    `alert_id` is an alert's or a roundup's id. Without `bar` the message has no colour (replies).
    """

    alert_id: str
    delivery_id: str
    revision: int
    severity: Severity
    content: Content
    text: str
    blocks: tuple[Block, ...]
    bar: Block | None = None

    @property
    def metadata(self) -> dict[str, Any]:
        """Return what travels unseen with the message: ids only, as every app of the workspace can read it."""
        ids = {"delivery_id": self.delivery_id, "alert_id": self.alert_id}
        return {"event_type": EVENT_TYPE, "event_payload": ids}

    def payload(self) -> dict[str, Any]:
        """Return the arguments of chat.postMessage, chat.update and a webhook that draw this card.

        `parse` and `link_names` are repeated on every call because chat.update resets them when they are omitted.
        """
        arguments = {
            "text": self.text,
            "blocks": list(self.blocks),
            "metadata": self.metadata,
            "parse": "none",
            "link_names": False,
            "mrkdwn": False,
        }
        return arguments | ({"attachments": [self.bar]} if self.bar else {})


def draw(subject: Subject, occasion: Occasion, setting: Setting) -> Card:
    """Draw what an alert or a roundup has to say on an occasion: its card, or a reply about what happened then."""
    if occasion.reason.is_reply:
        return _laid_out(subject, reply_content(subject, occasion, setting), occasion, setting)
    content = _card_content(subject, occasion, setting)
    if occasion.brief:
        content = replace(content, description=None, fields=(), extra=(), sections=(), runbook=None)
    return _laid_out(subject, content, occasion, setting, is_card=True)


def card(alert: Subject, delivery_id: str, zone: ZoneInfo, now_ms: int) -> Card:
    """Draw a card in a setting without buttons and people."""
    return draw(alert, Occasion(delivery_id=delivery_id, now_ms=now_ms), Setting(zone=zone))


def _card_content(subject: Subject, occasion: Occasion, setting: Setting) -> Content:
    if isinstance(subject, Roundup):
        content = roundup_content(subject, occasion, setting)
    else:
        content = alert_content(subject, occasion, setting)
    return escalated(content, subject, occasion, setting) if occasion.reason is Reason.ESCALATED else content


def _laid_out(
    subject: Subject, content: Content, occasion: Occasion, setting: Setting, *, is_card: bool = False
) -> Card:
    card_id = subject.roundup_id if isinstance(subject, Roundup) else subject.alert_id
    block_id = f"tocsin.{occasion.delivery_id}.{subject.revision}"
    # A reply is never drawn again, so a button on it would stay when there is nothing left to take.
    buttons = actions_of(content, block_id, card_id, interactive=setting.interactive) if is_card else []
    return Card(
        alert_id=card_id,
        delivery_id=occasion.delivery_id,
        revision=subject.revision,
        severity=subject.severity,
        content=content,
        text=escaped_to_bytes(_push_text(content), limits.TEXT_BYTES),
        blocks=(*blocks_of(content, block_id, setting.zone), *buttons),
        bar=bar_of(content, block_id) if is_card else None,
    )


def _push_text(content: Content) -> str:
    """What a push notification shows and a screen reader speaks: the headline and how it stands, not the card."""
    said = (content.lead, content.standing.sentence)
    return ". ".join([content.headline, *filter(None, said)]) + ("." if any(said) else "")
