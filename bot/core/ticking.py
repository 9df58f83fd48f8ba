"""A timer came due: an alert's, or a roundup's."""

from __future__ import annotations

from bot.core import following, grouping, handing_over, holding, lifecycle, silencing, storm, waits
from bot.core.desk import Desk
from bot.core.inputs import Tick
from bot.core.kinds import Share
from bot.core.lifecycle import Ending
from bot.core.roundup import Roundup
from bot.core.rule import Rule
from bot.core.share import share_text
from bot.core.state import Alert, AlertState, Slice
from bot.core.text import duration_text

_OF_ROUNDUPS = frozenset({holding.FLUSH, holding.HAND_OVER, storm.STORM_END, silencing.SILENCE_END, silencing.WARNING})


def on_tick(desk: Desk, tick: Tick) -> None:
    """Look at what came due."""
    if tick.name in _OF_ROUNDUPS:
        roundup = desk.view.roundup(tick.slice_key)
        if roundup is None or roundup.ended_at is not None:
            desk.into.timers[(tick.slice_key, tick.name)] = None
        else:
            _of_roundup(desk, tick.name, roundup)
    else:
        _of_slice(desk, tick)


def _of_roundup(desk: Desk, name: str, roundup: Roundup) -> None:
    match name:
        case holding.FLUSH:
            grouping.on_flush(desk, roundup)
        case holding.HAND_OVER:
            handing_over.on_hours(desk, roundup.name)
        case storm.STORM_END:
            storm.on_storm_end(desk, roundup)
        case silencing.WARNING:
            silencing.on_warning(desk, roundup)
        case _:
            silencing.finish(desk, roundup, "its time is over")


def _of_slice(desk: Desk, tick: Tick) -> None:
    """Look at the true deadline: a timer is not moved by each match, so it may have come too early."""
    timer = (tick.slice_key, tick.name)
    slice_ = desk.view.slice(tick.slice_key)
    rule = desk.rule_set.rules.get(slice_.rule) if slice_ else None
    due = lifecycle.deadlines(rule, slice_, desk.at).get(tick.name) if rule and slice_ else None
    if rule is None or slice_ is None or due is None:
        desk.into.timers[timer] = None
    elif _is_mute(desk, tick, rule):
        desk.into.timers[timer] = None
        if slice_.since is not None:
            desk.into.slices[tick.slice_key] = lifecycle.stopped(slice_)
    elif due > tick.at:
        desk.into.timers[timer] = due
    else:
        _due(desk, tick, rule, slice_)


def _is_mute(desk: Desk, tick: Tick, rule: Rule) -> bool:
    """A rule that is set aside hears of no event, so it cannot know what is overdue, or that nobody acted."""
    opens = {lifecycle.DEADLINE, following.REPEAT, following.THEN}
    return tick.name in opens and desk.view.is_quarantined(rule.name)


def _due(desk: Desk, tick: Tick, rule: Rule, slice_: Slice) -> None:
    alert = slice_.alert
    if tick.name == lifecycle.DEADLINE:
        waits.on_deadline(desk, rule, tick.slice_key, slice_)
    elif tick.name in {following.REPEAT, following.THEN} and alert is not None:
        _follow(desk, tick, rule, slice_, alert)
    else:
        lifecycle.end(desk, tick.slice_key, slice_, _end_by_time(tick, rule))


def _follow(desk: Desk, tick: Tick, rule: Rule, slice_: Slice, alert: Alert) -> None:
    look = following.remind if tick.name == following.REPEAT else following.escalate
    after = look(desk, rule, slice_, alert)
    desk.into.slices[tick.slice_key] = after
    following_due = lifecycle.deadlines(rule, after, desk.at).get(tick.name)
    desk.into.timers[(tick.slice_key, tick.name)] = None if following_due is None else max(following_due, desk.at)


def _end_by_time(tick: Tick, rule: Rule) -> Ending:
    if tick.name == lifecycle.DRAIN:
        below = share_text(rule.kind.share) if isinstance(rule.kind, Share) else "the threshold"
        why = f"fewer than {below} within {rule.within_text}"
        return Ending(AlertState.RESOLVED, tick.at, why, keeps_window=True)
    if tick.name == lifecycle.QUIET:
        return Ending(AlertState.RESOLVED, tick.at, f"quiet for {duration_text(rule.resolved_after_ms or 0)}")
    return Ending(AlertState.EXPIRED, tick.at, f"nothing heard for {duration_text(rule.expiry_ms or 0)}")
