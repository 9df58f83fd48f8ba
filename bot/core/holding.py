"""Where held alerts are collected until they are told: by hours, by a silence, by a group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from bot.core import hours
from bot.core.decisions import Reason, Telling
from bot.core.desk import Desk
from bot.core.identity import roundup_id
from bot.core.roundup import Roundup, RoundupKind
from bot.core.roundups import joined, keep
from bot.core.rule import Rule
from bot.core.state import BY_GROUP, BY_HOURS, BY_SILENCE, Alert, Hold

HAND_OVER: Final = "hand_over"
FLUSH: Final = "flush"
BETWEEN: Final = ","  # the channels of a group that collects
HOLDS_KEPT: Final = 8
_KINDS: Final = {BY_HOURS: RoundupKind.HAND_OVER, BY_SILENCE: RoundupKind.SILENCE, BY_GROUP: RoundupKind.GROUP}


def hold(desk: Desk, rule: Rule, alert: Alert, values: Mapping[str, Any], by: Hold) -> Alert:
    """Hold an alert's first message, and note it where what is held will be told."""
    if by.by == BY_HOURS:
        _begin_collecting(desk, rule, alert)
    held = msgspec.structs.replace(alert, holds=(*alert.holds, by)[-HOLDS_KEPT:])
    desk.into.tellings.append(Telling(at=desk.at, alert=held))
    for roundup in collecting(desk, held):
        if not _has_joined(alert, by, roundup):
            keep(desk, joined(roundup, held, values), Reason.MORE)
    return held


def waits_in(desk: Desk, rule: Rule, alert: Alert, wait: int) -> Hold:
    """Return the group in which an alert waits for others; begin one where none collects."""
    channels = BETWEEN.join(alert.channels)
    there = (one for one in desk.view.collecting(RoundupKind.GROUP) if (one.name, one.channel) == (rule.name, channels))
    group = next(there, None)
    if group is None:
        mark = roundup_id(RoundupKind.GROUP.value, rule.name, channels, alert.alert_id)
        group = Roundup(
            roundup_id=mark,
            kind=RoundupKind.GROUP,
            name=rule.name,
            channel=channels,
            opened_at=desk.at,
            description=rule.description,
            runbook=rule.runbook,
            owner=rule.owner,
        )
        keep(desk, group)
        desk.into.timers[(mark, FLUSH)] = desk.at + wait
    return Hold(BY_GROUP, group.roundup_id, desk.at)


def let_go(alert: Alert, at: int) -> Alert:
    """Return an alert whose hold is over."""
    if alert.held_by is None:
        return alert
    last = msgspec.structs.replace(alert.holds[-1], until=at)
    return msgspec.structs.replace(alert, holds=(*alert.holds[:-1], last), revision=alert.revision + 1)


def collecting(desk: Desk, alert: Alert) -> list[Roundup]:
    """Return the roundups in which a held alert stands; an inhibited one stands in none."""
    held = alert.held_by
    kind = _KINDS.get(held.by) if held is not None else None
    if held is None or kind is None:
        return []
    found = [one for one in desk.view.collecting(kind) if held.name in {one.name, one.roundup_id}]
    return [one for one in found if kind is not RoundupKind.HAND_OVER or one.channel in alert.channels]


def held_slices(desk: Desk, by: str, name: str, rule: str | None = None) -> list[str]:
    """Return the slices whose alert is held by this, in a stable order."""
    return [
        key
        for key in desk.view.open_slice_keys(rule)
        if (slice_ := desk.view.slice(key)) is not None
        and slice_.alert is not None
        and (held := slice_.alert.held_by) is not None
        and (held.by, held.name) == (by, name)
    ]


def _has_joined(alert: Alert, by: Hold, roundup: Roundup) -> bool:
    """Say whether an alert was held by the same before, since this roundup collects; then it counts it already."""
    return any((old.by, old.name) == (by.by, by.name) and old.since >= roundup.opened_at for old in alert.holds)


def _begin_collecting(desk: Desk, rule: Rule, alert: Alert) -> None:
    """Make sure that each of the alert's channels has a card to be handed over when the rule's hours begin."""
    quiet = rule.notify_during
    opens = None if quiet is None else hours.next_open(quiet, desk.at)
    if quiet is None or opens is None:
        return
    there = {one.channel for one in desk.view.collecting(RoundupKind.HAND_OVER) if one.name == quiet.name}
    for channel in (channel for channel in alert.channels if channel not in there):
        mark = roundup_id(RoundupKind.HAND_OVER.value, quiet.name, channel, str(desk.at))
        begun = Roundup(
            roundup_id=mark, kind=RoundupKind.HAND_OVER, name=quiet.name, channel=channel, opened_at=desk.at
        )
        keep(desk, begun)
        desk.into.timers[(mark, HAND_OVER)] = opens
