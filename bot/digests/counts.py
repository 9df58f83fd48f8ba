"""Counts of a period that need no look at any single event: outcomes, sources, and where every event went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from bot.digests.numbers import Health, Ledger
from bot.digests.window import Window
from bot.store import digesting as facts
from bot.store.digesting import QUARANTINED, SET_ASIDE, SLOT_MS, Place, Tallied
from bot.store.statements import Cursor


def outcomes_of(row: Tallied) -> list[str]:
    """Return the outcomes that rows have in common."""
    return [outcome for outcome in row.outcomes.split(",") if outcome]


class Events:
    """What came in the period, whatever a digest tells of it."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._counted: Counter[str] = Counter()
        self._slots: dict[str, dict[int, tuple[int, int]]] = {}
        self._of_source: Counter[str] = Counter()

    def add(self, rows: Iterable[Tallied]) -> None:
        """Take what was counted in a part of the period."""
        for row in rows:
            self._add(row)

    def ledger(self, waiting: int) -> Ledger:
        """Say where every event went; `waiting` are not decided yet."""
        events, aside = self._counted["events"], self._counted[SET_ASIDE]
        return Ledger(
            events=events,
            set_aside=aside,
            waiting=waiting,
            decided=events - aside - waiting,
            quarantined=self._counted[QUARANTINED],
        )

    def health(self, configured: tuple[str, ...], before: dict[str, int | None]) -> tuple[Health, ...]:
        """Say how each source is, those without any event too; `before` is when each was seen last before."""
        names = dict.fromkeys((*configured, *sorted(self._slots)))
        return tuple(self._health_of(name, before.get(name)) for name in names)

    def _add(self, row: Tallied) -> None:
        if row.kind == QUARANTINED:
            self._counted[QUARANTINED] += row.many
            return
        self._counted["events"] += row.many
        self._counted[row.status] += row.many
        self._of_source[row.source] += row.many
        slots, slot = self._slots.setdefault(row.source, {}), row.first_at // SLOT_MS
        first, last = slots.get(slot, (row.first_at, row.last_at))
        slots[slot] = (min(first, row.first_at), max(last, row.last_at))

    def _health_of(self, name: str, before: int | None) -> Health:
        spans = sorted(self._slots.get(name, {}).values())
        edges = [(self._window.begin, self._window.begin), *spans, (self._window.end, self._window.end)]
        gap, gap_from = max((after[0] - this[1], this[1]) for this, after in pairwise(edges))
        return Health(name, self._of_source[name], spans[-1][1] if spans else before, gap, gap_from)


def waiting_in(cursor: Cursor, place: Place) -> int:
    """Return how many events of a place are not decided yet."""
    undecided = Place(max(place.after, facts.decided_to(cursor)), place.upto)
    rows = (row for piece in facts.pieces(undecided) for row in facts.tallied(cursor, piece))
    return sum(row.many for row in rows if row.kind != QUARANTINED and row.status != SET_ASIDE)
