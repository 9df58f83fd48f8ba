"""What a person may do to a card as it stands, and the input that it becomes: for buttons and commands alike."""

from __future__ import annotations

from typing import TypeAlias

from bot.core.identity import digest_of
from bot.core.inputs import Action, ActionKind
from bot.core.roundup import Roundup
from bot.core.silence import Silence
from bot.core.state import BY_SILENCE, Alert, AlertState

Subject: TypeAlias = Alert | Roundup
Matcher: TypeAlias = tuple[tuple[str, str], ...]


def objection(subject: Subject | None, kind: ActionKind) -> str | None:
    """Say in words why an action would change nothing; None: it would."""
    if subject is None:
        return "This is not known here any more, so nothing was changed."
    if kind is ActionKind.UNSILENCE:
        return None if silence_on(subject) else "This silence has ended already."
    if isinstance(subject, Roundup):
        return _objection_to_roundup(subject, kind)
    if not subject.state.is_open:
        how = f" ({subject.ended_by})" if subject.ended_by else ""
        return f"This alert is over already{how}, so nothing was changed."
    if kind is ActionKind.ACKNOWLEDGE and subject.state is AlertState.ACKNOWLEDGED:
        return f"{subject.acknowledged_by or 'Somebody'} has acknowledged this alert already."
    return None


def _objection_to_roundup(roundup: Roundup, kind: ActionKind) -> str | None:
    if not roundup.standing:
        return "Everything in this message is over already, so nothing was changed."
    if kind is ActionKind.ACKNOWLEDGE and roundup.acknowledged >= roundup.standing:
        return "Everything in this message that stands is acknowledged already."
    if kind is ActionKind.SILENCE and matcher_of(roundup) is None:
        return "This message holds alerts of several rules. Silence the alerts one by one, or with: tocsin silence."
    return None


def matcher_of(subject: Subject) -> Matcher | None:
    """Return what a silence of this card means: the alert's fingerprint, or the one rule of a shared message."""
    if isinstance(subject, Alert):
        return (("fingerprint", subject.fingerprint),)
    rules = list(subject.by_rule) or sorted({member.rule for member in subject.members})
    return (("rule", rules[0]),) if len(rules) == 1 else None


def silence_on(subject: Subject) -> str | None:
    """Return the id of the silence that a card shows: its own, or the one that hushes or holds the alert."""
    if isinstance(subject, Roundup):
        return None if subject.silence is None or subject.ended_at is not None else subject.silence.silence_id
    if subject.hushed is not None:
        return subject.hushed.silence_id
    hold = subject.held_by
    return hold.name if hold is not None and hold.by == BY_SILENCE else None


def silenced(
    own_id: str, matcher: Matcher, *, until: int, actor: str, reason: str = "", channel: str | None = None
) -> Action:
    """Return the action that begins a silence. Its id follows from the action's, so that the same one begins once."""
    silence = Silence(
        silence_id=silence_id(own_id),
        matcher=matcher,
        at=0,  # stamped with the action's when it is journaled
        until=until,
        author=actor,
        reason=reason,
        channel=channel,
    )
    return Action(at=0, kind=ActionKind.SILENCE, actor=actor, silence=silence)


def action_id(*parts: str) -> str:
    """Return the id under which an action is journaled once: by which way, who, what and on which click."""
    return "ac_" + digest_of(parts)


def silence_id(of_action: str) -> str:
    """Return the id of the silence that an action begins."""
    return "si_" + digest_of((of_action,))
