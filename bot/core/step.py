"""One rule's slice and one event to the new slice and its effects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from bot.core import telling
from bot.core.catalogue import Outcome
from bot.core.decisions import Reason
from bot.core.desk import Turn
from bot.core.enrich import Enriched
from bot.core.episode import open_, repeat
from bot.core.excuse import EXCUSED_FOR_MS, is_excused, must_remember
from bot.core.kinds import AbsentFor, AtLeast, Consecutive, EveryMatch, Kind, NewValue, NotFollowedBy, Share
from bot.core.lifecycle import DEADLINE, Ending, completed, end, opened, stopped
from bot.core.match import Match
from bot.core.novelty import sight
from bot.core.portrait import kept_values
from bot.core.state import Alert, AlertState, Slice
from bot.core.view import View
from bot.core.waits import hear, lengthen, wait
from bot.core.windows import count_one, weigh_one


def on_match(turn: Turn) -> None:
    """Let a rule look at an event that passed it (or, for a share, that it counts)."""
    key, rule, desk = turn.match.slice_key, turn.match.rule, turn.desk
    before = desk.view.slice(key) or Slice(rule=rule.name)
    after = _LOOKS[type(rule.kind)](turn, rule.kind, before)
    if after is not None and after is not before:
        desk.into.slices[key] = after


def may_close(match: Match, enriched: Enriched, view: View) -> bool:
    """Say whether anything follows from a closing event: most end nothing, and a rule's turn is not free."""
    slice_ = view.slice(match.slice_key)
    stands = slice_ is not None and (slice_.alert is not None or slice_.pending is not None or slice_.row > 0)
    return stands or must_remember(match.rule, enriched)


def on_closing(turn: Turn) -> None:
    """Let a rule look at an event that closes: it ends the alert, stops a clock, breaks a row, or excuses."""
    key, before = turn.match.slice_key, turn.view.slice(turn.match.slice_key)
    if before is not None and before.alert is not None:
        drawn = _drawn_by_end(before.alert, turn.enriched)
        turn.note(f"ended the alert: {_outcome(turn.enriched)}", drawn.alert_id)
        ending = Ending(AlertState.RESOLVED, turn.at, _outcome(turn.enriched))
        end(turn.desk, key, msgspec.structs.replace(before, alert=drawn), ending)
    elif before is not None and (before.pending is not None or before.row) and _is_awaited(turn):
        _stop(turn, before)
    if must_remember(turn.rule, turn.enriched):
        fresh = turn.view.slice(key) or Slice(rule=turn.rule.name)
        stale_at = max(fresh.stale_at, turn.at + EXCUSED_FOR_MS)
        turn.into.slices[key] = msgspec.structs.replace(fresh, closed_at=turn.at, stale_at=stale_at)


def on_completion(turn: Turn) -> None:
    """Complete the card that this event's envelope drew, or will draw; nothing is counted, nothing is posted."""
    slice_ = turn.view.slice(turn.match.slice_key)
    if slice_ is None:
        return
    values, event_id = kept_values(turn.rule, turn.enriched), turn.enriched.event.event_id
    if slice_.alert is not None and slice_.alert.event_id == event_id:
        alert = completed(slice_.alert, turn.rule, turn.enriched)
        telling.change(turn.desk, slice_.alert, alert, Reason.COMPLETED)
        turn.into.slices[turn.match.slice_key] = msgspec.structs.replace(slice_, alert=alert, values=values)
    elif slice_.pending is not None and slice_.pending.event_id == event_id:
        drawn = opened(turn.match, turn.enriched, turn.desk.rule_set)
        pending = msgspec.structs.replace(drawn, fired_at=slice_.pending.fired_at, last_at=slice_.pending.last_at)
        turn.into.slices[turn.match.slice_key] = msgspec.structs.replace(slice_, pending=pending, values=values)


def _every_match(turn: Turn, _: EveryMatch, slice_: Slice) -> Slice:
    if slice_.alert is not None:
        return repeat(turn, slice_, slice_.alert, 1)
    if is_excused(turn, slice_):
        turn.note("excused: what ends it came first")
        return slice_
    return open_(turn, slice_, 1)


def _stop(turn: Turn, slice_: Slice) -> None:
    """Stop a clock that runs, break a row that has begun."""
    key = turn.match.slice_key
    what = "its clock stopped" if slice_.pending is not None else f"its row of {slice_.row} is broken"
    turn.note(f"{what}: {_outcome(turn.enriched)}")
    turn.into.slices[key] = stopped(slice_)
    turn.into.timers[(key, DEADLINE)] = None


def _is_awaited(turn: Turn) -> bool:
    event = turn.enriched.event
    return turn.rule.awaits(event.type, event.outcomes)


def _outcome(enriched: Enriched) -> str:
    outcomes = enriched.event.outcomes
    return outcomes[0].value if outcomes else enriched.event.type


def _drawn_by_end(alert: Alert, enriched: Enriched) -> Alert:
    """What the closing event tells is shown: who rejected and why, which type ended it, its link."""
    get, rejected = enriched.get, Outcome.REJECTED in enriched.event.outcomes
    return msgspec.structs.replace(
        alert,
        note=get("note") if rejected else alert.note,
        user=get("user") if rejected else alert.user,
        outcome=_outcome(enriched),
        url=get("url") or alert.url,
    )


_LOOKS: Final[dict[type[Kind], Callable[[Turn, Any, Slice], Slice | None]]] = {
    EveryMatch: _every_match,
    AtLeast: count_one,
    Share: weigh_one,
    Consecutive: lengthen,
    NotFollowedBy: wait,
    AbsentFor: hear,
    NewValue: sight,
}
