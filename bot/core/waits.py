"""Turns of the rules that wait: a row, a match that nothing follows, something that stays away."""

from __future__ import annotations

import msgspec

from bot.core.desk import Desk, Turn
from bot.core.episode import open_, repeat
from bot.core.excuse import is_excused
from bot.core.gates import fire
from bot.core.kinds import AbsentFor, Consecutive, NotFollowedBy
from bot.core.lifecycle import Ending, arm, end, eventless, fired_late, opened
from bot.core.match import slice_key
from bot.core.portrait import kept_values
from bot.core.rule import MS_PER_DAY, Rule
from bot.core.state import AlertState, Slice
from bot.core.text import duration_text

# A row that nobody breaks or continues for so long is forgotten.
ROW_KEPT_MS = 30 * MS_PER_DAY


def lengthen(turn: Turn, kind: Consecutive, slice_: Slice) -> Slice:
    """Add a match to a row; fire when it is long enough."""
    row = slice_.row + 1
    slice_ = msgspec.structs.replace(slice_, row=row, stale_at=turn.at + ROW_KEPT_MS)
    if slice_.alert is not None:
        return repeat(turn, slice_, slice_.alert, 1)
    turn.note(f"{row} of {kind.threshold} in a row")
    return open_(turn, slice_, row) if row >= kind.threshold else slice_


def wait(turn: Turn, kind: NotFollowedBy, slice_: Slice) -> Slice:
    """Start the clock, or start it again. While firing only the card changes."""
    if slice_.alert is not None:
        return repeat(turn, slice_, slice_.alert, 1)
    if is_excused(turn, slice_):
        turn.note("excused: what should follow came first")
        return slice_
    turn.note(f"waits {duration_text(kind.within_ms)} for what should follow")
    return _waiting(turn, slice_)


def hear(turn: Turn, kind: AbsentFor, slice_: Slice) -> Slice:
    """Hear of what may stay away: an alert ends, and the clock starts again."""
    if slice_.alert is not None:
        ending = Ending(AlertState.RESOLVED, turn.at, f"heard of again: {turn.enriched.event.type}")
        end(turn.desk, turn.match.slice_key, slice_, ending)
        slice_ = Slice(rule=turn.rule.name)
    turn.note(f"heard of; the next is awaited within {duration_text(kind.within_ms)}")
    return _waiting(turn, slice_)


def on_deadline(desk: Desk, rule: Rule, key: str, slice_: Slice) -> None:
    """Fire what a deadline was waited for."""
    if slice_.pending is None:
        return
    alert = fire(desk, rule, fired_late(slice_.pending, rule, slice_, desk.at), slice_.values)
    after = msgspec.structs.replace(slice_, alert=alert, pending=None, since=None)
    desk.into.slices[key] = after
    desk.into.timers[(key, "deadline")] = None
    arm(desk, key, after, rule)


def start_clocks(desk: Desk) -> None:
    """Start the clocks of what may be absent altogether: for `all` they begin when the rules are loaded."""
    for rule in desk.rule_set.active:
        if isinstance(rule.kind, AbsentFor) and rule.per == ():
            key = slice_key(rule.name, ())
            before = desk.view.slice(key)
            if before is None or (before.alert is None and before.pending is None):
                pending = eventless(rule, (), key, desk.rule_set, desk.at)
                slice_ = Slice(rule=rule.name, pending=pending, since=desk.at, stale_at=desk.at + ROW_KEPT_MS)
                desk.into.slices[key] = slice_
                arm(desk, key, slice_, rule)


def _waiting(turn: Turn, slice_: Slice) -> Slice:
    after = msgspec.structs.replace(
        slice_,
        pending=opened(turn.match, turn.enriched, turn.desk.rule_set),
        values=kept_values(turn.rule, turn.enriched),
        since=turn.at,
        stale_at=turn.at + ROW_KEPT_MS,
    )
    arm(turn.desk, turn.match.slice_key, after, turn.rule)
    return after
