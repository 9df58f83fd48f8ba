"""Silences: they begin by a person's action, announce themselves, show what they hold, warn and end."""

from __future__ import annotations

from typing import Final

import msgspec

from bot.core import gates, telling
from bot.core.decisions import Notification, Reason
from bot.core.desk import Desk
from bot.core.holding import held_slices
from bot.core.identity import delivery_id, roundup_id
from bot.core.roundup import Roundup, RoundupKind
from bot.core.roundups import keep, post
from bot.core.silence import Silence
from bot.core.state import BY_SILENCE, Alert, Hushed, Slice

SILENCE_END: Final = "silence_end"
WARNING: Final = "silence_warning"
# How long before its end a silence warns: a quarter of an hour, or of the silence when that is shorter.
WARNS_BEFORE_MS: Final = 900_000


def begin(desk: Desk, silence: Silence) -> None:
    """Begin a silence: say so, and hush what is told already. The same id again, or an end in the past, is nothing."""
    mark = silence_roundup(silence.silence_id)
    if silence.until <= desk.at or desk.view.roundup(mark) is not None:
        return
    roundup = Roundup(
        roundup_id=mark,
        kind=RoundupKind.SILENCE,
        name=silence.silence_id,
        channel=silence.channel or desk.rule_set.admin_channel or "",
        opened_at=desk.at,
        silence=silence,
    )
    keep(desk, roundup)
    if roundup.channel:
        post(desk, mark)
    desk.into.timers[(mark, SILENCE_END)] = silence.until
    desk.into.timers[(mark, WARNING)] = silence.until - min(WARNS_BEFORE_MS, (silence.until - desk.at) // 4)
    for key in desk.view.open_slice_keys():
        _hush(desk, key, silence)


def silence_roundup(silence_id: str) -> str:
    """Return the id of the roundup that stands for a silence."""
    return roundup_id(RoundupKind.SILENCE.value, silence_id)


def on_warning(desk: Desk, roundup: Roundup) -> None:
    """Say in the channel that a silence is about to end."""
    desk.into.timers[(roundup.roundup_id, WARNING)] = None
    if roundup.posted_at is None:
        return
    desk.into.notifications.append(
        Notification(
            delivery_id=delivery_id(roundup.roundup_id, roundup.channel, Reason.ENDING_SOON.value),
            alert_id=roundup.roundup_id,
            channel=roundup.channel,
            reason=Reason.ENDING_SOON,
            severity=roundup.severity,
            revision=roundup.revision,
            at=desk.at,
            number=roundup.standing,
        )
    )


def finish(desk: Desk, roundup: Roundup, why: str) -> None:
    """End a silence: what it held and still stands is told, what it hushed speaks again."""
    for name in (SILENCE_END, WARNING):
        desk.into.timers[(roundup.roundup_id, name)] = None
    over = msgspec.structs.replace(roundup, ended_at=desk.at, ended_by=why, revision=roundup.revision + 1)
    keep(desk, over, Reason.CLOSED)
    for key in held_slices(desk, BY_SILENCE, roundup.name):
        gates.reconsider(desk, key)
    for key in desk.view.open_slice_keys():
        _unhush(desk, key, roundup.name)


def _hush(desk: Desk, key: str, silence: Silence) -> None:
    slice_ = desk.view.slice(key)
    if slice_ is None or slice_.alert is None or not slice_.alert.told or slice_.alert.hushed is not None:
        return
    on = gates.silence_of(desk, slice_.alert, slice_.values)
    if on is not None and on.name == silence.silence_id:
        hushed = Hushed(silence.silence_id, silence.author, silence.until, silence.reason)
        _changed(desk, key, slice_, slice_.alert, hushed)


def _unhush(desk: Desk, key: str, silence_id: str) -> None:
    """Let an alert speak again, or pass to another silence that means it too."""
    slice_ = desk.view.slice(key)
    if slice_ is None or slice_.alert is None or slice_.alert.hushed is None:
        return
    if slice_.alert.hushed.silence_id == silence_id:
        other = gates.silence_of(desk, slice_.alert, slice_.values)
        silence = other.silence if other is not None else None
        after = Hushed(silence.silence_id, silence.author, silence.until, silence.reason) if silence else None
        _changed(desk, key, slice_, slice_.alert, after)


def _changed(desk: Desk, key: str, slice_: Slice, alert: Alert, hushed: Hushed | None) -> None:
    after = msgspec.structs.replace(alert, hushed=hushed, revision=alert.revision + 1)
    telling.change(desk, alert, after, Reason.HUSHED)
    gates.put_back(desk, key, slice_, after)
