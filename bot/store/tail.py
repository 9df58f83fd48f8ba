"""The journal's newest rows, kept in memory: the pipeline reads what was just written without asking the disk."""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import Any, Final

from bot.store.operations import Append, Operation
from bot.store.rows import REFERENCE, stamped
from bot.store.values import Appended, JournalRow, RowKind

# What a pipeline may lag behind before it reads from disk; decoded payloads weigh five times their bodies.
MOST_ROWS: Final = 2_048
MOST_BYTES: Final = 4 << 20

_KINDS: Final = {kind.value: kind for kind in RowKind}


class Tail:
    """All inputs after row `floor`. In the event loop's thread."""

    def __init__(self, floor: int) -> None:
        self.floor = floor
        self._rows: deque[tuple[JournalRow, int]] = deque()
        self._size = 0

    def grow(self, operations: list[Operation], results: list[Any]) -> None:
        """Take over what a batch appended."""
        for operation, result in zip(operations, results, strict=True):
            if type(operation) is not Append or type(result) is not Appended:
                continue
            if result.duplicate or operation.given is None:
                continue
            values = operation.values
            row = JournalRow(result.seq, _KINDS[values[0]], stamped(operation.given, result.at), values[REFERENCE])
            self._rows.append((row, operation.size))
            self._size += operation.size
        while self._rows and (len(self._rows) > MOST_ROWS or self._size > MOST_BYTES):
            self._forget_first()

    def after(self, seq: int, limit: int) -> list[JournalRow] | None:
        """Return the next rows after one, None when they must be read from disk. What is before it is forgotten."""
        if seq < self.floor:
            return None
        while self._rows and self._rows[0][0].seq <= seq:
            self._forget_first()
        return [row for row, _size in islice(self._rows, limit)]

    def _forget_first(self) -> None:
        row, size = self._rows.popleft()
        self.floor = row.seq
        self._size -= size
