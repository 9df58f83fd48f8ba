"""One rule's turn at opening an episode or drawing it again."""

from __future__ import annotations

import msgspec

from bot.core import telling
from bot.core.counting import most_frequent
from bot.core.decisions import Reason
from bot.core.desk import Turn
from bot.core.gates import fire
from bot.core.lifecycle import arm, opened, repeated
from bot.core.portrait import TOP_AT_MOST, kept_values
from bot.core.state import Alert, Slice


def open_(turn: Turn, slice_: Slice, how_many: int, percent: str | None = None) -> Slice:
    """Fire a new episode by this event; return the slice with it."""
    alert = with_top(opened(turn.match, turn.enriched, turn.desk.rule_set, how_many, percent), slice_)
    values = kept_values(turn.rule, turn.enriched)
    alert = fire(turn.desk, turn.rule, alert, values)
    after = msgspec.structs.replace(slice_, alert=alert, values=values)
    arm(turn.desk, turn.match.slice_key, after, turn.rule)
    held = alert.held_by
    turn.note("opened an alert" + (f", held by {held.by} {held.name}" if held else ""), alert.alert_id)
    return after


def repeat(turn: Turn, slice_: Slice, alert: Alert, more: int, percent: str | None = None) -> Slice:
    """Draw the open alert again. Its timers stay as they are: each looks at the true deadline when it comes due."""
    after = with_top(repeated(alert, turn.rule, turn.enriched, alert.count + more, percent), slice_)
    telling.change(turn.desk, alert, after, Reason.MORE)
    turn.note(f"counted into an open alert: {after.count}", alert.alert_id)
    return msgspec.structs.replace(slice_, alert=after, values=kept_values(turn.rule, turn.enriched))


def with_top(alert: Alert, slice_: Slice) -> Alert:
    """Return the alert with the most frequent values that its slice counted."""
    return msgspec.structs.replace(alert, top=most_frequent(slice_.top, TOP_AT_MOST)) if slice_.top else alert
