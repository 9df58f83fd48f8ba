"""Which keys a table surely does not hold, told without reading it: a Bloom filter over all that it may hold.

Most events are the first of their run or job, so most questions after job memory find nothing. Asked of the table, each
reads a page of 16 KB of its own: a reader's pages are stale after every commit.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

# 1 MiB: with a million keys one answer in twenty-two is wrongly `may be there`, and only costs a read.
_BITS: Final = 1 << 23
_MASK: Final = _BITS - 1
_SECOND: Final = 32  # the other half of a hash, which has 64 bits


class Absence:
    """Two bits for each key that was noted. Before `is_known` is set nobody may believe that one is absent."""

    def __init__(self) -> None:
        self._bits = bytearray(_BITS // 8)
        self.is_known = False

    def note(self, keys: Iterable[str]) -> None:
        """Hear of keys that are there, or will be."""
        bits = self._bits
        for key in keys:
            mark = hash(key)
            first, second = mark & _MASK, (mark >> _SECOND) & _MASK
            bits[first >> 3] |= 1 << (first & 7)
            bits[second >> 3] |= 1 << (second & 7)

    def may_be_there(self, key: str) -> bool:
        """Say whether a key may have been noted; no is certain, yes is not."""
        mark = hash(key)
        first, second = mark & _MASK, (mark >> _SECOND) & _MASK
        bits = self._bits
        return bool(bits[first >> 3] >> (first & 7) & 1 and bits[second >> 3] >> (second & 7) & 1)
