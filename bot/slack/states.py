"""How an alert stands or ended, in words and a sign: colour is never the only carrier."""

from __future__ import annotations

from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from bot.core.catalogue import Outcome
from bot.core.rule import Severity
from bot.core.state import Alert, AlertState
from bot.slack import limits
from bot.slack.content import Colour, Standing, clamped_or_none
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
TAKEN: Final = "reminders and escalation stopped"
ESCALATED: Final = "Escalated: nobody has acknowledged it yet"


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
_GOOD: Final = "✅"


def standing(alert: Alert, zone: ZoneInfo, now_ms: int) -> Standing:
    """Return the headline's sign and word, and what to say of the state."""
    if not alert.state.is_open:
        return _ended(alert)
    sign, word = severity_of(alert.severity)
    state, colour = _open_state(alert)
    said = [_escalated(alert), _acknowledged(alert, zone, now_ms), _hushed(alert, zone, now_ms), _rejected(alert)]
    return Standing(sign, word, ". ".join(filter(None, said)) or None, state, colour)


def severity_of(severity: Severity) -> tuple[str, str]:
    """Return the sign and the word of a severity."""
    return _SEVERITIES[severity]


def sign_of(state: AlertState, severity: Severity) -> str:
    """Return the sign of an alert in a list."""
    return _SEVERITIES[severity][0] if state.is_open else _BY_STATE[state].sign


def by_person(person: str | None) -> str:
    """Return ` by Ana`, or nothing where nobody is known. Never a mention."""
    name = meaningful(person)
    return f" by {clamped(name, limits.PERSON)}" if name else ""


def ending_in_words(alert: Alert) -> str:
    """Return what ended the alert; an outcome's name is written as words."""
    why = meaningful(alert.ended_by) or ""
    return why.replace("_", " ") if why in frozenset(Outcome) else why


def _open_state(alert: Alert) -> tuple[str, Colour]:
    if alert.hushed is not None:
        return "Silenced", Colour.SILENCED
    if alert.state is AlertState.ACKNOWLEDGED:
        return "Acknowledged", Colour.ACKNOWLEDGED
    return "Firing", Colour.FIRING


def _escalated(alert: Alert) -> str | None:
    return ESCALATED if alert.escalations and alert.state is AlertState.FIRING and alert.hushed is None else None


def _acknowledged(alert: Alert, zone: ZoneInfo, now_ms: int) -> str | None:
    if alert.state is not AlertState.ACKNOWLEDGED:
        return None
    when = "" if alert.acknowledged_at is None else f" at {clock_time(alert.acknowledged_at, zone, now_ms)}"
    return f"Acknowledged{by_person(alert.acknowledged_by)}{when}; {TAKEN}"


def _hushed(alert: Alert, zone: ZoneInfo, now_ms: int) -> str | None:
    if alert.hushed is None:
        return None
    until, why = clock_time(alert.hushed.until, zone, now_ms), clamped_or_none(alert.hushed.reason, limits.ENDING)
    because = f" ({why})" if why else ""
    return f"Silenced{by_person(alert.hushed.author)} until {until}{because}; nothing new is told until then"


def _rejected(alert: Alert) -> str | None:
    by = by_person(alert.user)
    return f"Rejected{by}" if by and alert.outcome == Outcome.REJECTED.value else None


def _ended(alert: Alert) -> Standing:
    ending = _BY_STATE[alert.state]
    if alert.state is AlertState.RESOLVED:
        ending = _BY_OUTCOME.get(alert.ended_by or "", ending)
    colour = Colour.RESOLVED if ending.sign == _GOOD else Colour.OVER
    return Standing(ending.sign, ending.word, _ending_sentence(alert, ending), ending.word, colour)


def _ending_sentence(alert: Alert, ending: _Ending) -> str:
    why = clamped(ending_in_words(alert), limits.ENDING)
    if why.startswith(_BY_A_PERSON):
        return f"R{why[1:]} after {lasted(alert)}"
    return ending.sentence.format(
        span=lasted(alert),
        by=by_person(alert.user),
        why=f": {why}" if why else "",
        why_too=f" ({why})" if why else "",
    )


def lasted(alert: Alert) -> str:
    """Return how long the episode was."""
    return span((alert.ended_at or alert.last_at) - alert.fired_at)
