"""Turns of the rules that wait: a row, a match that nothing follows, something that stays away."""

from __future__ import annotations

import msgspec

from bot.core.desk import Desk, Turn
from bot.core.enrich import Enriched
from bot.core.episode import open_, repeat
from bot.core.excuse import is_excused
from bot.core.gates import fire
from bot.core.inputs import Event
from bot.core.kinds import AbsentFor, Consecutive, NotFollowedBy
from bot.core.lifecycle import Ending, arm, end, eventless, fired_late, opened
from bot.core.match import Match, slice_key
from bot.core.portrait import kept_values
from bot.core.rule import MS_PER_DAY, Rule
from bot.core.state import Alert, AlertState, Heard, Slice
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


def hear(turn: Turn, _: AbsentFor, slice_: Slice) -> Slice:
    """Hear of what may stay away: an alert ends, and the clock starts again."""
    if slice_.alert is not None:
        ending = Ending(AlertState.RESOLVED, turn.at, f"heard of again: {turn.enriched.event.type}")
        end(turn.desk, turn.match.slice_key, slice_, ending)
        slice_ = Slice(rule=turn.rule.name)
    event, match, at = turn.enriched.event, turn.match, turn.at
    heard = Heard(event.event_id, event.type, event.source, event.outcomes, match.key, match.unknown, event.occurred_at)
    after = msgspec.structs.replace(
        slice_,
        heard=heard,
        pending=None,
        values=kept_values(turn.rule, turn.enriched),
        since=at,
        stale_at=at + ROW_KEPT_MS,
    )
    return _with_clock(turn, slice_, after)


def on_deadline(desk: Desk, rule: Rule, key: str, slice_: Slice) -> None:
    """Fire what a deadline was waited for."""
    pending = slice_.pending or _drawn(desk, rule, key, slice_)
    if pending is None:
        return
    alert = fire(desk, rule, fired_late(pending, rule, slice_, desk.at), slice_.values)
    after = msgspec.structs.replace(slice_, alert=alert, pending=None, heard=None, since=None)
    desk.into.slices[key] = after
    desk.into.timers[(key, "deadline")] = None
    arm(desk, key, after, rule)


def start_clocks(desk: Desk) -> None:
    """Start the clocks of what may be absent altogether: for `all` they begin when the rules are loaded."""
    for rule in desk.rule_set.active:
        if isinstance(rule.kind, AbsentFor) and rule.per == ():
            key = slice_key(rule.name, ())
            before = desk.view.slice(key)
            if before is None or (before.alert is None and before.since is None):
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
    return _with_clock(turn, slice_, after)


def _with_clock(turn: Turn, before: Slice, after: Slice) -> Slice:
    """Set the timer where no clock ran. Where one did it stays: it looks at the true deadline when it comes due."""
    if before.since is None:
        arm(turn.desk, turn.match.slice_key, after, turn.rule)
    return after


def _drawn(desk: Desk, rule: Rule, key: str, slice_: Slice) -> Alert | None:
    """Draw the alert of an absence from what was heard last."""
    heard = slice_.heard
    if heard is None or slice_.since is None:
        return None
    event = Event(
        event_id=heard.event_id,
        source=heard.source,
        type=heard.type,
        at=slice_.since,
        outcomes=heard.outcomes,
        fields=slice_.values,
        occurred_at=heard.occurred_at,
    )
    return opened(Match(rule, heard.key, key, heard.unknown_key), Enriched(event, slice_.values, {}), desk.rule_set)
