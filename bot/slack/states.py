"""How an alert stands or ended, in words and a sign: colour is never the only carrier."""

from __future__ import annotations

from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from bot.core.catalogue import Outcome
from bot.core.rule import Severity
from bot.core.state import Alert, AlertState
from bot.slack import limits
from bot.slack.text import clamped, meaningful
from bot.slack.words import clock_time, span

_SEVERITIES: Final = {
    Severity.INFO: ("🔵", "Info"),
    Severity.WARNING: ("🟡", "Warning"),
    Severity.ERROR: ("🟠", "Error"),
    Severity.CRITICAL: ("🔴", "Critical"),
}
_NOBODY: Final = "nobody confirmed a fix"
_BY_A_PERSON: Final = "resolved by "  # how the core says that somebody resolved it


class Standing(NamedTuple):
    """A sign and a word for the headline, and a sentence below it (None while the alert merely fires)."""

    sign: str
    word: str
    sentence: str | None


class _Ending(NamedTuple):
    sign: str
    word: str
    sentence: str


# An ending by an event is named by that event's outcome. Green is for good news only.
_BY_OUTCOME: Final = {
    Outcome.FINISHED.value: _Ending("✅", "Resolved", "Completed: resolved after {span}"),
    Outcome.REJECTED.value: _Ending("🚫", "Rejected", "Rejected{by} after {span}"),
    Outcome.CANCELLED.value: _Ending("⚪", "Cancelled", "Cancelled after {span}"),
    Outcome.FAILED.value: _Ending("❌", "Failed", "Over after {span}: it failed"),
    Outcome.EXCEEDED_RETRIES.value: _Ending("❌", "Failed", "Over after {span}: out of retries"),
    Outcome.INVALID.value: _Ending("❌", "Refused", "Over after {span}: refused as invalid"),
}
_BY_STATE: Final = {
    AlertState.RESOLVED: _Ending("✅", "Resolved", "Resolved after {span}{why}"),
    AlertState.EXPIRED: _Ending("⌛", "Expired", f"Expired after {{span}}: {_NOBODY}{{why_too}}"),
    AlertState.CLOSED: _Ending("⚪", "Closed", f"Closed after {{span}}: {_NOBODY}{{why_too}}"),
}


def standing(alert: Alert, zone: ZoneInfo, now_ms: int) -> Standing:
    """Return the headline's sign and word, and what to say of the state."""
    if not alert.state.is_open:
        return _ended(alert)
    sign, word = _SEVERITIES[alert.severity]
    if alert.state is AlertState.ACKNOWLEDGED:
        return Standing(sign, word, _acknowledged(alert, zone, now_ms))
    rejected = alert.outcome == Outcome.REJECTED.value
    return Standing(sign, word, f"Rejected{_by(alert.user)}" if rejected and _by(alert.user) else None)


def severity_word(alert: Alert) -> str:
    """Return the severity's word."""
    return _SEVERITIES[alert.severity][1]


def _acknowledged(alert: Alert, zone: ZoneInfo, now_ms: int) -> str:
    when = "" if alert.acknowledged_at is None else f" at {clock_time(alert.acknowledged_at, zone, now_ms)}"
    return f"Acknowledged{_by(alert.acknowledged_by)}{when}; reminders and escalation stopped"


def _ended(alert: Alert) -> Standing:
    ending = _BY_STATE[alert.state]
    if alert.state is AlertState.RESOLVED:
        ending = _BY_OUTCOME.get(alert.ended_by or "", ending)
    why = clamped(_why(alert), limits.ENDING)
    if why.startswith(_BY_A_PERSON):
        return Standing(ending.sign, ending.word, f"R{why[1:]} after {_lasted(alert)}")
    sentence = ending.sentence.format(
        span=_lasted(alert),
        by=_by(alert.user),
        why=f": {why}" if why else "",
        why_too=f" ({why})" if why else "",
    )
    return Standing(ending.sign, ending.word, sentence)


def _why(alert: Alert) -> str:
    """Return what ended the alert; an outcome's name is written as words."""
    why = meaningful(alert.ended_by) or ""
    return why.replace("_", " ") if why in frozenset(Outcome) else why


def _lasted(alert: Alert) -> str:
    return span((alert.ended_at or alert.last_at) - alert.fired_at)


def _by(person: str | None) -> str:
    name = meaningful(person)
    return f" by {clamped(name, limits.PERSON)}" if name else ""
