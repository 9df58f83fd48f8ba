"""A person acted: on an alert, on all alerts of a roundup, on silences."""

from __future__ import annotations

import msgspec

from bot.core import lifecycle, silencing, telling
from bot.core.decisions import Change, Reason, Transition
from bot.core.desk import Desk
from bot.core.holding import held_slices
from bot.core.inputs import Action, ActionKind
from bot.core.lifecycle import Ending
from bot.core.roundup import RoundupKind
from bot.core.state import BY_SILENCE, AlertState


def on_action(desk: Desk, action: Action) -> None:
    """Apply a person's action. On what is over, or taken already, nothing follows."""
    if action.kind is ActionKind.SILENCE:
        if action.silence is not None:
            silencing.begin(desk, msgspec.structs.replace(action.silence, at=action.at))
    elif action.kind is ActionKind.UNSILENCE:
        _unsilence(desk, action)
    else:
        for key in _meant(desk, action.alert_id):
            _on_alert(desk, key, action)


def _unsilence(desk: Desk, action: Action) -> None:
    roundup = desk.view.roundup(silencing.silence_roundup(action.silence_id))
    if roundup is not None and roundup.ended_at is None:
        silencing.finish(desk, roundup, f"ended by {action.actor}")


def _meant(desk: Desk, card: str) -> list[str]:
    """Return the slices of the alerts that a card shows: one, or all that a roundup tells."""
    key = desk.view.slice_key_of_alert(card)
    if key is not None:
        return [key]
    roundup = desk.view.roundup(card)
    if roundup is None:
        return []
    if roundup.kind is RoundupKind.SILENCE:
        return held_slices(desk, BY_SILENCE, roundup.name)
    return [
        key
        for key in desk.view.open_slice_keys()
        if (slice_ := desk.view.slice(key)) is not None
        and slice_.alert is not None
        and any(told.card == card for told in slice_.alert.told)
    ]


def _on_alert(desk: Desk, key: str, action: Action) -> None:
    slice_ = desk.view.slice(key)
    alert = slice_.alert if slice_ is not None else None
    if slice_ is None or alert is None:
        return
    if action.kind is ActionKind.RESOLVE:
        lifecycle.end(desk, key, slice_, Ending(AlertState.RESOLVED, action.at, f"resolved by {action.actor}"))
    elif alert.state is AlertState.FIRING:
        after = lifecycle.acknowledged(alert, action)
        desk.into.transitions.append(Transition(at=action.at, change=Change.ACKNOWLEDGED, alert=after))
        telling.change(desk, alert, after, Reason.ACKNOWLEDGED)
        desk.into.slices[key] = msgspec.structs.replace(slice_, alert=after)
