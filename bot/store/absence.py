"""Which keys a table surely does not hold, told without reading it: a bit for the hash of each that it may hold.

Most events are the first of their run or job, so most questions after job memory find nothing. Asked of the table, each
reads a page of 16 KB of its own: a reader's pages are stale after every commit.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

# 1 MiB of bits: with a million keys one absent key in nine seems to be there, which only costs the read.
_BYTES: Final = 1 << 20
_MASK: Final = _BYTES - 1


class Absence:
    """A Bloom filter of one hash. Before `is_known` is set nobody may believe that a key is absent."""

    def __init__(self) -> None:
        self._bits = bytearray(_BYTES)
        self.is_known = False

    def note(self, keys: Iterable[str]) -> None:
        """Hear of keys that are there, or will be."""
        bits = self._bits
        for key in keys:
            mark = hash(key)
            bits[mark >> 3 & _MASK] |= 1 << (mark & 7)

    def possible(self, keys: Iterable[str]) -> list[str]:
        """Leave out what is surely absent: nothing that was noted."""
        bits = self._bits
        return [key for key in keys if bits[(mark := hash(key)) >> 3 & _MASK] >> (mark & 7) & 1]
