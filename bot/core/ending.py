"""When an open alert ends by itself."""

from __future__ import annotations

from bot.core import ruleclock
from bot.core.kinds import AtLeast, Share
from bot.core.rule import Rule
from bot.core.share import last_that_holds
from bot.core.state import Alert, Slice


def quiet_at(rule: Rule, alert: Alert) -> int | None:
    """Return when it will have been quiet for as long as the rule asks (ms)."""
    return None if rule.resolved_after_ms is None else _after_last(alert, rule.resolved_after_ms)


def expires_at(rule: Rule, alert: Alert) -> int | None:
    """Return when nobody can say any more (ms)."""
    return None if rule.expiry_ms is None else _after_last(alert, rule.expiry_ms)


def drains_at(rule: Rule, slice_: Slice) -> int | None:
    """Return when the condition of a rule that counts will be false again, if nothing more comes (ms)."""
    kind = rule.kind
    if not rule.drains:
        return None
    if isinstance(kind, AtLeast):
        enough = len(slice_.recent) >= kind.threshold
        return ruleclock.due(rule, slice_.recent[-kind.threshold].at, kind.within_ms) if enough else 0
    if isinstance(kind, Share):
        return ruleclock.due(rule, last_that_holds(kind, slice_.moments), kind.within_ms)
    return None


def ends_now(rule: Rule, slice_: Slice, at: int) -> bool:
    """Say whether an alert ends by itself at this very instant, so that it need not be told any more."""
    alert = slice_.alert
    if alert is None:
        return True
    found = (quiet_at(rule, alert), expires_at(rule, alert), drains_at(rule, slice_))
    return any(due is not None and due <= at for due in found)


def _after_last(alert: Alert, quiet: int) -> int:
    """Count from the last match, unless a deadline fired long after it."""
    due = alert.last_at + quiet
    return due if due > alert.fired_at else alert.fired_at + quiet
