"""A rule's own clock: real time, or the hours of its `during`. Times and durations in ms."""

from __future__ import annotations

from bot.core import hours
from bot.core.kinds import AbsentFor, NotFollowedBy
from bot.core.rule import Rule
from bot.core.state import Slice


def due(rule: Rule, start: int, duration: int) -> int | None:
    """Return when a duration that began at `start` is over; None when the rule's hours never open that long."""
    return start + duration if rule.during is None else hours.after(rule.during, start, duration)


def window_start(rule: Rule, now: int, within: int) -> int:
    """Return where a window that ends now begins; what came at that instant or before is outside."""
    if rule.during is None:
        return now - within
    start = hours.since(rule.during, now, within)
    return -1 if start is None else start


def passed(rule: Rule, start: int, now: int) -> int:
    """Return how much of the rule's time passed between two instants."""
    return max(0, now - start) if rule.during is None else hours.elapsed(rule.during, start, now)


def pending_due(rule: Rule, slice_: Slice) -> int | None:
    """Return when the deadline that a slice waits for is due; None when it waits for none."""
    if slice_.since is None or not isinstance(rule.kind, NotFollowedBy | AbsentFor):
        return None
    return due(rule, slice_.since, rule.kind.within_ms)
