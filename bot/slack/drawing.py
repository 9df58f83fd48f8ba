"""What a row of the outbox is drawn from: how rows meet the cards of card.py."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from bot.core.decisions import Reason
from bot.core.roundup import Roundup
from bot.core.state import AlertState
from bot.slack.card import Subject, draw
from bot.slack.ladder import Drawn
from bot.slack.mentions import mention_of
from bot.slack.setting import Occasion, Setting
from bot.slack.text import meaningful
from bot.slack.written import body_of, written
from bot.store.values import Delivery

_ONLY_WHILE_FIRING: Final = frozenset({Reason.REMINDER})
_ONLY_WHILE_OPEN: Final = frozenset({Reason.ESCALATED, Reason.ESCALATED_HERE, Reason.MILESTONE})


def drawn_card(subject: Subject, delivery_id: str, row: Delivery, setting: Setting, now_ms: int) -> Drawn:
    """Draw the card of a subject as it stands: for its message and every edit of it, under that message's id."""
    occasion = _occasion(delivery_id, row, now_ms)
    if row.reason.is_reply:  # it found no card to hang on, and becomes it
        occasion = replace(occasion, reason=Reason.FIRST)
    return draw(subject, occasion, setting)


def drawn_news(subject: Subject, row: Delivery, setting: Setting, now_ms: int) -> Drawn:
    """Draw what one row says beside the card: a reply in its thread, or an ending where no card can be edited."""
    return draw(subject, _occasion(row.delivery_id, row, now_ms, brief=not row.reason.is_reply), setting)


def drawn_body(row: Delivery, setting: Setting) -> Drawn:
    """Return the message that stands in the row itself."""
    mention = mention_of(row.mention, setting.people)
    return written(row.delivery_id, row.body or body_of(""), row.revision, mention)


def bare(subject: Subject, delivery_id: str) -> Drawn:
    """Say the least there is to say, for when drawing failed: a fault of ours must not cost the alert."""
    return written(delivery_id, body_of(title_of(subject)), subject.revision)


def is_stale(subject: Subject, row: Delivery) -> bool:
    """Say whether what a row wanted to tell is over: nobody is reminded of, or paged for, what has ended."""
    if isinstance(subject, Roundup):
        return row.reason in _ONLY_WHILE_OPEN | _ONLY_WHILE_FIRING and subject.is_over
    if row.reason in _ONLY_WHILE_FIRING:
        return subject.state is not AlertState.FIRING
    return row.reason in _ONLY_WHILE_OPEN and is_over(subject)


def is_over(subject: Subject) -> bool:
    """Say whether nothing stands any more of what it tells."""
    return subject.is_over if isinstance(subject, Roundup) else not subject.state.is_open


def name_of(subject: Subject) -> str:
    """Return the rule of an alert, or what a roundup gathers."""
    return subject.name if isinstance(subject, Roundup) else subject.rule


def title_of(subject: Subject) -> str:
    """Return the one line that names it."""
    if isinstance(subject, Roundup):
        return f"{subject.count} alerts: {subject.name}"
    return meaningful(subject.title) or subject.rule


def _occasion(delivery_id: str, row: Delivery, now_ms: int, *, brief: bool = False) -> Occasion:
    return Occasion(
        delivery_id=delivery_id,
        now_ms=now_ms,
        reason=row.reason,
        channel=row.channel,
        number=row.number,
        mention=row.mention,
        brief=brief,
    )
