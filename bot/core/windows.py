"""Turns of the rules that count within a time: `at_least: N` and `at_least: 20%`."""

from __future__ import annotations

from typing import Final

import msgspec

from bot.core import ruleclock, share
from bot.core.conditions import as_text
from bot.core.counting import COUNTED_AT_MOST, Counted, count, short, tallied
from bot.core.desk import Turn
from bot.core.enrich import Enriched
from bot.core.episode import open_, repeat
from bot.core.kinds import AtLeast, Share
from bot.core.lifecycle import Ending, arm, end
from bot.core.rule import Rule
from bot.core.share import Sums
from bot.core.state import AlertState, Sighting, Slice, Tally

_DEFAULT_TOP: Final = "cause"
# Matches of a share's window that are kept for the list of the most frequent values.
SAMPLED_AT_MOST: Final = 200


def count_one(turn: Turn, kind: AtLeast, slice_: Slice) -> Slice:
    """Count a match; fire on crossing: whatever ended an alert emptied the window or saw it drain."""
    start = ruleclock.window_start(turn.rule, turn.at, kind.within_ms)
    counted = count(kind, slice_.recent, _sighting(turn.rule, kind.distinct, turn.enriched), start)
    if counted is None:
        turn.note(f"not counted: {kind.distinct} is missing")
        return slice_
    stale_at = ruleclock.due(turn.rule, turn.at, kind.within_ms) or turn.at + kind.within_ms
    slice_ = msgspec.structs.replace(slice_, recent=counted.recent, stale_at=stale_at)
    if slice_.alert is not None:
        slice_, more = _tally_one(slice_, kind, counted)
        return repeat(turn, slice_, slice_.alert, more) if slice_.alert else slice_
    turn.note(f"counted {len(counted.recent)} of {kind.threshold} within {turn.rule.within_text}")
    if counted.holds:
        return open_(turn, _tally_all(slice_), len(counted.recent))
    return slice_


def weigh_one(turn: Turn, kind: Share, slice_: Slice) -> Slice | None:
    """Count an event into a share; fire when it is reached, end when it is not any more.

    None: the slice was written here already, because the alert ended.
    """
    match, at = turn.match, turn.desk.at
    rule, matched = match.rule, match.passed
    start = ruleclock.window_start(rule, at, kind.within_ms)
    one = Tally(at, 0 if match.counted else 1, 1 if matched else 0)
    before = (slice_.window, slice_.latest, slice_.sums)
    window, latest, sums = share.counted(before, start, one, kind.within_ms)
    stale_at = ruleclock.due(rule, at, kind.within_ms) or at + kind.within_ms
    slice_ = msgspec.structs.replace(slice_, window=window, latest=latest, sums=sums, stale_at=stale_at)
    if matched:
        slice_ = _sampled(turn, slice_, start)
        turn.note(f"{sums[1]} of {sums[0]} within {rule.within_text}")
    if slice_.alert is not None:
        return _weigh_open(turn, kind, slice_, sums)
    if share.holds(kind, sums):
        return open_(turn, _tally_all(slice_), sums[1], share.percent(sums))
    return slice_


def _weigh_open(turn: Turn, kind: Share, slice_: Slice, sums: Sums) -> Slice | None:
    alert = slice_.alert
    if alert is not None and turn.rule.drains and not share.holds(kind, sums):
        why = f"{share.percent(sums)} of {sums[0]} within {turn.rule.within_text}"
        end(turn.desk, turn.match.slice_key, slice_, Ending(AlertState.RESOLVED, turn.at, why, keeps_window=True))
        return None
    if alert is None or not turn.match.passed:
        # What is good brings the end nearer, and a timer may only be too early.
        arm(turn.desk, turn.match.slice_key, slice_, turn.rule)
        return slice_
    slice_ = msgspec.structs.replace(slice_, top=tallied(slice_.top, slice_.recent[-1].top))
    return repeat(turn, slice_, alert, 1, share.percent(sums))


def _sampled(turn: Turn, slice_: Slice, start: int) -> Slice:
    """Keep the latest matches of a share's window, of which the most frequent values will be listed."""
    sighting = _sighting(turn.rule, None, turn.enriched)
    kept = (*(old for old in slice_.recent if old.at > start), sighting)[-SAMPLED_AT_MOST:]
    return msgspec.structs.replace(slice_, recent=kept)


def _sighting(rule: Rule, distinct: str | None, enriched: Enriched) -> Sighting:
    get = enriched.get
    value = get(distinct) if distinct else None
    top = get(rule.top or _DEFAULT_TOP)
    return Sighting(
        enriched.event.at,
        None if value is None else as_text(value),
        None if top is None else as_text(top),
    )


def _tally_all(slice_: Slice) -> Slice:
    top: dict[str, int] = {}
    for sighting in slice_.recent:
        top = tallied(top, sighting.top)
    counted = tuple(short(sighting.value) for sighting in slice_.recent if sighting.value is not None)
    return msgspec.structs.replace(slice_, top=top, counted=counted[:COUNTED_AT_MOST])


def _tally_one(slice_: Slice, kind: AtLeast, counted: Counted) -> tuple[Slice, int]:
    """Count the latest sighting into the open alert: how many more it is (a distinct value counts once)."""
    latest = counted.recent[-1]
    if kind.distinct is not None and latest.value is not None:
        known = short(latest.value)
        if not counted.is_new or known in slice_.counted:
            return slice_, 0
        slice_ = msgspec.structs.replace(slice_, counted=(*slice_.counted, known)[:COUNTED_AT_MOST])
    return msgspec.structs.replace(slice_, top=tallied(slice_.top, latest.top)), 1
