"""What a reply in a card's thread says: what happened then, read alone on a phone. And what escalates a card."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from msgspec.structs import replace

from bot.core.decisions import Reason
from bot.core.deeds import Subject
from bot.core.roundup import Roundup
from bot.core.state import Alert
from bot.slack.alert_words import link_of, title_of
from bot.slack.content import Colour, Content, Link, Standing, amount, reference
from bot.slack.mentions import mention_of
from bot.slack.roundup_words import held_by_silence, how_many, roundup_title
from bot.slack.setting import Occasion, Setting
from bot.slack.states import ESCALATED, by_person, severity_of
from bot.slack.words import clock_time, span


def reply_content(subject: Subject, occasion: Occasion, setting: Setting) -> Content:
    """Say what happened: a sign and a word with the title, and one sentence."""
    sign, word, sentence = _REPLIES.get(occasion.reason, _more)(subject, occasion, setting)
    return Content(
        standing=Standing(sign, word, sentence, word, Colour.FIRING),
        title=_title(subject, occasion),
        link=_link(subject, setting),
        mention=mention_of(occasion.mention, setting.people),
        reference=reference(occasion.delivery_id),
    )


def _title(subject: Subject, occasion: Occasion) -> str:
    if isinstance(subject, Alert):
        return title_of(subject)
    if occasion.reason is Reason.ANNOUNCED:
        return f"{amount(subject.count, 'alert')} folded into one message"
    return roundup_title(subject)


def escalated(content: Content, subject: Subject, occasion: Occasion, setting: Setting) -> Content:
    """Return the card as a step of `then` posts it: with why it is there, and whom the step names."""
    mention = mention_of(occasion.mention, setting.people)
    if not _is_open(subject):
        return replace(content, mention=mention)
    sentence = (content.standing.sentence or "").removeprefix(ESCALATED).removeprefix(". ")
    lead = f"Escalated: nobody has acknowledged this for {_age(subject, occasion)}"
    return replace(content, lead=lead, mention=mention, standing=content.standing._replace(sentence=sentence or None))


_Words: TypeAlias = tuple[str, str, str]


def _reminder(subject: Subject, occasion: Occasion, _setting: Setting) -> _Words:
    word = f"Reminder {occasion.number}" if occasion.number else "Reminder"
    nobody = "; nobody has acknowledged it" if _is_open(subject) else ""
    return "🔁", _with_severity(word, subject), f"{_still(subject, occasion)}{nobody}"


def _escalated_here(subject: Subject, occasion: Occasion, _setting: Setting) -> _Words:
    said = f"Nobody has acknowledged this for {_age(subject, occasion)}"
    return "⏫", _with_severity("Escalated", subject), said


def _milestone(subject: Subject, occasion: Occasion, setting: Setting) -> _Words:
    count = occasion.number or subject.count
    last = subject.last_at if isinstance(subject, Alert) else occasion.now_ms
    said = f"Counted {amount(count, 'time')} in {_age(subject, occasion)}"
    return "📈", f"{amount(count, 'time')}", f"{said}, last at {clock_time(last, setting.zone, occasion.now_ms)}"


def _ending_soon(subject: Subject, occasion: Occasion, setting: Setting) -> _Words:
    silence = subject.silence if isinstance(subject, Roundup) else None
    if not isinstance(subject, Roundup) or silence is None:
        return _more(subject, occasion, setting)
    until = clock_time(silence.until, setting.zone, occasion.now_ms)
    said = f"It ends at {until}, begun{by_person(silence.author)}; {held_by_silence(subject)}"
    return "🔔", "Ending soon", said


def _announced(subject: Subject, occasion: Occasion, setting: Setting) -> _Words:
    if not isinstance(subject, Roundup):
        return _more(subject, occasion, setting)
    lasted = span((subject.ended_at or occasion.now_ms) - subject.opened_at)
    return "🔔", "Storm over", f"Calm again after {lasted}; {how_many(subject)}"


def _more(subject: Subject, occasion: Occasion, _setting: Setting) -> _Words:
    sign, word = severity_of(subject.severity)
    return sign, word, _still(subject, occasion)


_REPLIES: Final[dict[Reason, Callable[[Subject, Occasion, Setting], _Words]]] = {
    Reason.REMINDER: _reminder,
    Reason.ESCALATED_HERE: _escalated_here,
    Reason.MILESTONE: _milestone,
    Reason.ENDING_SOON: _ending_soon,
    Reason.ANNOUNCED: _announced,
}


def _with_severity(word: str, subject: Subject) -> str:
    return f"{word}, {severity_of(subject.severity)[1].lower()}"


def _still(subject: Subject, occasion: Occasion) -> str:
    """Say how it stands, also where it ended between the decision and the sending."""
    if isinstance(subject, Roundup):
        return how_many(subject)
    if not _is_open(subject):
        return "Over meanwhile"
    times = f", {amount(subject.count, 'time')} so far" if subject.count > 1 else ""
    return f"Still {subject.state.value} after {_age(subject, occasion)}{times}"


def _is_open(subject: Subject) -> bool:
    return bool(subject.standing) if isinstance(subject, Roundup) else subject.state.is_open


def _age(subject: Subject, occasion: Occasion) -> str:
    began = subject.opened_at if isinstance(subject, Roundup) else subject.fired_at
    return span(occasion.now_ms - began)


def _link(subject: Subject, setting: Setting) -> Link | None:
    return link_of(subject, setting) if isinstance(subject, Alert) else None
