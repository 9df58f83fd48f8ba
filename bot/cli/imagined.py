"""The other forms of a message, imagined for `tocsin preview --as`: what an alert looks like later, or among others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, TypeAlias

from msgspec.structs import replace

from bot.core.decisions import Reason
from bot.core.roundup import Roundup, RoundupKind
from bot.core.roundups import joined
from bot.core.rule import Rule
from bot.core.silence import Silence
from bot.core.state import Alert, AlertState, Hushed

_MINUTE: Final = 60_000
_HOUR: Final = 60 * _MINUTE
_SOMEBODY: Final = "Ana"


class Imagined(NamedTuple):
    """One message: about what, why, how long after firing (ms), and what its notification would carry."""

    subject: Alert | Roundup
    reason: Reason = Reason.FIRST
    after_ms: int = 0
    number: int = 0
    mention: str | None = None


_OfAlert: TypeAlias = Callable[[Alert, Rule], Imagined]
_OfMany: TypeAlias = Callable[[Sequence[Alert]], Imagined]


def _taken(alert: Alert, _rule: Rule) -> Imagined:
    at = alert.fired_at + 4 * _MINUTE
    taken = replace(alert, state=AlertState.ACKNOWLEDGED, acknowledged_by=_SOMEBODY, acknowledged_at=at)
    return Imagined(taken, Reason.ACKNOWLEDGED, 4 * _MINUTE)


def _hushed(alert: Alert, _rule: Rule) -> Imagined:
    hushed = Hushed("si_example", _SOMEBODY, alert.fired_at + 4 * _HOUR, "an example")
    return Imagined(replace(alert, hushed=hushed), Reason.HUSHED, _MINUTE)


def _over(state: AlertState, reason: Reason, how: str, after_ms: int) -> _OfAlert:
    def over(alert: Alert, _rule: Rule) -> Imagined:
        ended = replace(alert, state=state, ended_at=alert.fired_at + after_ms, ended_by=how)
        return Imagined(ended, reason, after_ms)

    return over


def _reminder(alert: Alert, rule: Rule) -> Imagined:
    return Imagined(alert, Reason.REMINDER, rule.repeat_ms or _HOUR, number=1)


def _milestone(alert: Alert, _rule: Rule) -> Imagined:
    last = alert.fired_at + _HOUR
    return Imagined(replace(alert, count=100, last_at=last), Reason.MILESTONE, _HOUR, number=100)


def _escalation(reason: Reason) -> _OfAlert:
    def escalated(alert: Alert, rule: Rule) -> Imagined:
        step = next(iter(rule.then), None)
        after_ms, mention = (step.after_ms, step.mention) if step else (_HOUR, rule.owner)
        return Imagined(replace(alert, escalations=1), reason, after_ms, number=1, mention=mention)

    return escalated


def _many(kind: RoundupKind, reason: Reason = Reason.FIRST, *, over: bool = False) -> _OfMany:
    def together(alerts: Sequence[Alert]) -> Imagined:
        first = alerts[0]
        name = {RoundupKind.GROUP: first.rule, RoundupKind.STORM: first.channels[0]}.get(kind, "an example")
        roundup = Roundup(
            roundup_id="ro_example",
            kind=kind,
            name=name,
            channel=first.channels[0],
            opened_at=first.fired_at,
            posted_at=first.fired_at,
            ended_at=first.fired_at + _HOUR if over else None,
            description=first.description if kind is RoundupKind.GROUP else None,
            silence=_silence(first) if kind is RoundupKind.SILENCE else None,
        )
        for alert in alerts:
            fields = {field.name: field.value for field in alert.shown}
            roundup = joined(roundup, alert, fields)
        return Imagined(roundup, reason, _HOUR)

    return together


def _silence(alert: Alert) -> Silence:
    return Silence(
        silence_id="si_example",
        matcher=(("rule", alert.rule),),
        at=alert.fired_at,
        until=alert.fired_at + 4 * _HOUR,
        author=_SOMEBODY,
        reason="an example",
    )


_OF_ALERT: Final[dict[str, _OfAlert]] = {
    "acknowledged": _taken,
    "silenced": _hushed,
    "resolved": _over(AlertState.RESOLVED, Reason.RESOLVED, "finished", 12 * _MINUTE),
    "expired": _over(AlertState.EXPIRED, Reason.EXPIRED, "nothing heard for 1d", 24 * _HOUR),
    "closed": _over(AlertState.CLOSED, Reason.CLOSED, "the rule is gone", _HOUR),
    "reminder": _reminder,
    "milestone": _milestone,
    "escalated": _escalation(Reason.ESCALATED),
    "escalated-here": _escalation(Reason.ESCALATED_HERE),
}
_OF_MANY: Final[dict[str, _OfMany]] = {
    "grouped": _many(RoundupKind.GROUP),
    "handed-over": _many(RoundupKind.HAND_OVER),
    "storm": _many(RoundupKind.STORM),
    "storm-over": _many(RoundupKind.STORM, Reason.ANNOUNCED, over=True),
    "silence": _many(RoundupKind.SILENCE),
    "silence-ending": _many(RoundupKind.SILENCE, Reason.ENDING_SOON),
}
FORMS: Final = (*_OF_ALERT, *_OF_MANY)


def imagined(form: str, alerts: Sequence[tuple[Alert, Rule]]) -> list[Imagined]:
    """Return the messages of one form (of FORMS) for alerts that an event fired, each with its rule."""
    if form in _OF_MANY:
        return [_OF_MANY[form]([alert for alert, _ in alerts])] if alerts else []
    return [_OF_ALERT[form](alert, rule) for alert, rule in alerts]
