"""The turn of `new_value`: a match whose value was not seen for a time."""

from __future__ import annotations

from itertools import islice
from typing import Final

import msgspec

from bot.core import ruleclock
from bot.core.conditions import as_text
from bot.core.counting import COUNTED_AT_MOST, short
from bot.core.desk import Turn
from bot.core.episode import open_, repeat
from bot.core.kinds import NewValue
from bot.core.state import Slice

# Values that one key remembers; beyond it the longest unseen is forgotten, and would be new again.
SEEN_AT_MOST: Final = 1_000


def sight(turn: Turn, kind: NewValue, slice_: Slice) -> Slice:
    """See a value: every sighting renews it; fire when it is new."""
    value = turn.enriched.get(kind.field)
    if value is None:
        turn.note(f"not looked at: {kind.field} is missing")
        return slice_
    mark = short(as_text(value))
    before = slice_.seen.get(mark)
    is_new = before is None or before <= ruleclock.window_start(turn.rule, turn.at, kind.within_ms)
    stale_at = ruleclock.due(turn.rule, turn.at, kind.within_ms) or turn.at + kind.within_ms
    slice_ = msgspec.structs.replace(slice_, seen=_seen(slice_.seen, mark, turn.at), stale_at=stale_at)
    turn.note(f"{kind.field} {as_text(value)!r} is " + ("new" if is_new else "known"))
    if slice_.alert is not None:
        told = is_new or mark in slice_.counted
        return repeat(turn, _counted(slice_, mark), slice_.alert, 1) if told else slice_
    return open_(turn, _counted(slice_, mark), 1) if is_new else slice_


def _seen(seen: dict[str, int], mark: str, at: int) -> dict[str, int]:
    renewed = {name: when for name, when in seen.items() if name != mark} | {mark: at}
    return dict(islice(renewed.items(), max(0, len(renewed) - SEEN_AT_MOST), None))


def _counted(slice_: Slice, mark: str) -> Slice:
    if mark in slice_.counted:
        return slice_
    return msgspec.structs.replace(slice_, counted=(*slice_.counted, mark)[-COUNTED_AT_MOST:])
