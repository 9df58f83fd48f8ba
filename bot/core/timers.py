"""Deadlines in the order in which they come due: a heap with lazy deletion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from heapq import heapify, heappop, heappush

from bot.core.state import Timer

# Timers that were cancelled or moved stay in the heap until their turn; beyond these it is made anew.
_MOST_STALE = 1_024


class Timers:
    """The timers that stand, each unique by slice and name."""

    def __init__(self, timers: Iterable[Timer] = ()) -> None:
        self._heap = list(timers)
        self._due = {(timer.slice_key, timer.name): timer.due for timer in self._heap}
        heapify(self._heap)

    def __len__(self) -> int:
        return len(self._due)

    def update(self, changes: Mapping[tuple[str, str], int | None]) -> None:
        """Set timers anew; None cancels one."""
        if not changes:
            return
        for key, due in changes.items():
            if due is None:
                self._due.pop(key, None)
            elif self._due.get(key) != due:
                self._due[key] = due
                heappush(self._heap, Timer(due, *key))
        if len(self._heap) > _MOST_STALE + 4 * len(self._due):
            self._heap = [Timer(due, *key) for key, due in self._due.items()]
            heapify(self._heap)

    def first(self, before: int | None = None) -> Timer | None:
        """Return the first timer, if it is due strictly before a time (None: whenever)."""
        heap = self._heap
        while heap:
            timer = heap[0]
            if before is not None and timer.due >= before:
                return None  # whether or not it still stands: what comes after it is due later
            if self._due.get((timer.slice_key, timer.name)) == timer.due:
                return timer
            heappop(heap)  # cancelled or moved since
        return None

    def standing(self) -> dict[tuple[str, str], int]:
        """Return all timers that stand: when each is due, by slice key and name."""
        return dict(self._due)

    def of_name(self, name: str) -> list[str]:
        """Return the slices that have a timer of a name, sorted."""
        return sorted(slice_key for slice_key, timer in self._due if timer == name)
