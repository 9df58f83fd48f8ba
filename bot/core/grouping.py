"""`group_wait`: alerts of one rule that fire shortly after each other share one message.

The first one begins to collect; when the time is over, those that still stand are told together, with those that
ended meanwhile listed beside them. Where all have ended nothing is posted: the record says what held them.
"""

from __future__ import annotations

import msgspec

from bot.core import gates, telling
from bot.core.decisions import Telling
from bot.core.desk import Desk
from bot.core.holding import BETWEEN, FLUSH, held_slices, hold, let_go
from bot.core.identity import roundup_id
from bot.core.roundup import Member, Roundup, RoundupKind
from bot.core.roundups import keep, listing, post
from bot.core.rule import Rule
from bot.core.state import BY_GROUP, Slice, Told
from bot.core.storm import channel_takes, fold


def on_flush(desk: Desk, group: Roundup) -> None:
    """Tell what was collected."""
    desk.into.timers[(group.roundup_id, FLUSH)] = None
    keep(desk, msgspec.structs.replace(group, ended_at=desk.at, standing=0))
    free = [key for key in held_slices(desk, BY_GROUP, group.roundup_id) if not _held_otherwise(desk, key)]
    ended = [member for member in group.members if not member.state.is_open]
    if len(free) == 1 and not ended:
        _tell_alone(desk, free[0])
    elif free:
        _tell_together(desk, group, free, ended)


def _held_otherwise(desk: Desk, key: str) -> bool:
    """Say whether something else holds an alert by now; then it is held by that."""
    slice_, rule = _of(desk, key)
    if slice_.alert is None or rule is None:
        return False
    by = gates.hold_safely(desk, rule, slice_.alert, slice_.values)
    if by is None:
        return False
    held = hold(desk, rule, let_go(slice_.alert, desk.at), slice_.values, by)
    gates.put_back(desk, key, slice_, held)
    return True


def _tell_alone(desk: Desk, key: str) -> None:
    slice_, _ = _of(desk, key)
    if slice_.alert is not None:
        told = telling.post(desk, let_go(slice_.alert, desk.at), slice_.values)
        gates.put_back(desk, key, slice_, told)


def _tell_together(desk: Desk, group: Roundup, free: list[str], ended: list[Member]) -> None:
    for channel in group.channel.split(BETWEEN):
        mark = roundup_id(RoundupKind.GROUP.value, group.roundup_id, channel)
        posts = channel_takes(desk, channel)
        for key in free:
            _tell_one(desk, key, channel, mark if posts else None, len(free))
        if posts:
            _post(desk, group, channel, mark, free=free, ended=ended)


def _tell_one(desk: Desk, key: str, channel: str, card: str | None, together: int) -> None:
    """Note that a channel is told of one alert: by the group's card, or in a storm's summary."""
    slice_, _ = _of(desk, key)
    if slice_.alert is None:
        return
    free = let_go(slice_.alert, desk.at)
    where = card if card is not None else fold(desk, channel, free, slice_.values)
    after = msgspec.structs.replace(free, told=(*free.told, Told(channel, where)))
    desk.into.tellings.append(Telling(at=desk.at, alert=after, together=together, channels=(channel,)))
    gates.put_back(desk, key, slice_, after)


def _post(desk: Desk, group: Roundup, channel: str, mark: str, *, free: list[str], ended: list[Member]) -> None:
    alerts = [slice_.alert for key in free if (slice_ := desk.view.slice(key)) is not None and slice_.alert is not None]
    card = listing(msgspec.structs.replace(group, roundup_id=mark, channel=channel, ended_at=desk.at), alerts, ended)
    keep(desk, card)
    post(desk, mark)


def _of(desk: Desk, key: str) -> tuple[Slice, Rule | None]:
    slice_ = desk.view.slice(key) or Slice(rule="")
    return slice_, desk.rule_set.rules.get(slice_.rule)
