"""What earlier digests know that a new one goes on from: figures to compare with, days, reviews, causes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from bot.digests.numbers import Last, Numbers, from_json
from bot.digests.plan import Plan
from bot.digests.window import Window
from bot.store.digest_rows import last_told
from bot.store.statements import Cursor


@dataclass(frozen=True, slots=True)
class Recalled:
    """`last` are the numbers of the last digest; None: there is none, or its figures cannot be compared.

    `days` are the days that are counted already, `seen` is when each source was seen last.
    """

    last: Numbers | None = None
    told: Last | None = None
    days: dict[str, Counter[str]] = field(default_factory=dict)
    seen: dict[str, int | None] = field(default_factory=dict)


def recall(cursor: Cursor, plan: Plan, window: Window) -> Recalled:
    """Look up the last digest. Figures under other conditions, another time or another zone are not compared."""
    row = last_told(cursor, plan.name, window.end)
    last = from_json(row.numbers) if row and row.numbers else None
    if row is None or last is None:
        return Recalled()
    seen = {one.source: one.last_at for one in last.sources}
    if last.scope != plan.scope:
        return Recalled(seen=seen)
    days = {day: Counter(counts) for day, counts in last.days.items()}
    if last.end < last.due:
        days.pop(last.date, None)  # it was asked for early, and its own day went on after it
    return Recalled(last, Last(row.local_date, last.failures, last.begin, last.end), days, seen)
