"""The journal's newest rows, kept in memory: the pipeline reads what was just written without asking the disk."""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

from bot.store.values import JournalRow

# What a pipeline may lag behind before it reads from disk; decoded payloads weigh five times their bodies.
MOST_ROWS: Final = 2_048
MOST_BYTES: Final = 4 << 20


class Journaled(NamedTuple):
    """The inputs of one commit, in their order, and how many bytes the body of each has."""

    rows: list[JournalRow]
    sizes: list[int]


class Tail:
    """All inputs after row `floor`. In the event loop's thread."""

    def __init__(self, floor: int) -> None:
        self.floor = floor
        self._commits: deque[Journaled] = deque()  # none of them empty
        self._count = self._size = 0

    def grow(self, new: Journaled) -> None:
        """Take over what a commit journaled."""
        if new.rows:
            self._commits.append(new)
        self._count += len(new.rows)
        self._size += sum(new.sizes)
        while self._count and (self._count > MOST_ROWS or self._size > MOST_BYTES):
            self._forget(len(self._commits[0].rows))

    def after(self, seq: int, limit: int) -> list[JournalRow] | None:
        """Return the next rows after one, None when they must be read from disk. What is before it is forgotten."""
        if seq < self.floor:
            return None
        while self._commits and (rows := self._commits[0].rows)[0].seq <= seq:
            # Mostly all of it: what a commit journaled is decided together.
            self._forget(len(rows) if rows[-1].seq <= seq else 1)
        found: list[JournalRow] = []
        for journaled in self._commits:
            found += journaled.rows
            if len(found) >= limit:
                break
        return found[:limit]

    def _forget(self, count: int) -> None:
        """Forget so many of the oldest commit."""
        rows, sizes = self._commits[0]
        self.floor = rows[count - 1].seq
        self._count -= count
        self._size -= sum(sizes[:count])
        if count == len(rows):
            self._commits.popleft()
        else:
            del rows[:count], sizes[:count]
