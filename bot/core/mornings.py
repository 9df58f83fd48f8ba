"""The next working morning, until which a person silences what nobody will mend tonight."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from typing import Final

from bot.core.hours import Hours, is_open, next_close, next_open, recurring
from bot.core.rule import Rule

_WEEKDAYS: Final = range(5)
_EIGHT: Final = 8 * 60
_SIX: Final = 18 * 60


def next_morning(at: int, rule: Rule | None, hours: Iterable[Hours], zone: tzinfo) -> int:
    """Return when work begins next after an instant (ms): the first of these hours that begin again.

    The rule's `notify_during`, its `during`, the first named hours of the config; 08:00 of the next weekday in the
    config's zone where there are none, or where those never close or never open again.
    """
    own = () if rule is None else (rule.notify_during, rule.during)
    plain = recurring("weekdays", days=_WEEKDAYS, start=_EIGHT, end=_SIX, zone=zone)
    for candidate in (*own, *list(hours)[:1], plain):
        found = None if candidate is None else _next_opening(candidate, at)
        if found is not None:
            return found
    raise AssertionError("weekdays come again")  # pragma: no cover


def _next_opening(hours: Hours, at: int) -> int | None:
    """Return the first instant after this one at which hours open that were closed."""
    closed = next_close(hours, at) if is_open(hours, at) else at
    found = None if closed is None else next_open(hours, closed)
    return found if found is None or found > at else None
