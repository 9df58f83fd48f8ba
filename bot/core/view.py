"""The read-only view of state that `decide` gets.

Point reads only: dicts in tests and examples, a cache over the store in the running bot.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from bot.core.roundup import Pace, Roundup, RoundupKind
from bot.core.state import Memory, Slice


class View(Protocol):
    """What `decide` may read. Every read is of one thing by its key."""

    def memory(self, key: str) -> Memory | None:
        """Return what is known of a job, run or file (`memory_key`)."""
        ...

    def slice(self, key: str) -> Slice | None:
        """Return one rule's state for one key (`slice_key`)."""
        ...

    def open_slice_keys(self, rule: str | None = None) -> Iterable[str]:
        """Return the slices with an open alert, of one rule or of all, in a stable order."""
        ...

    def has_open(self, rule: str) -> bool:
        """Say whether any alert of a rule is open. Asked for most events, so it must cost next to nothing."""
        ...

    def slice_key_of_alert(self, alert_id: str) -> str | None:
        """Return the slice in which an open alert stands."""
        ...

    def is_quarantined(self, rule: str) -> bool:
        """Say whether a rule raised and is set aside."""
        ...

    def slices_of(self, rule: str) -> int:
        """Return how many slices a rule has. Asked for every new key, so it must cost next to nothing."""
        ...

    def waiting_slice_keys(self) -> Iterable[str]:
        """Return the slices whose clock runs to a deadline, in a stable order. Asked at a reload only."""
        ...

    def roundup(self, roundup_id: str) -> Roundup | None:
        """Return a roundup that is not over."""
        ...

    def collecting(self, kind: RoundupKind) -> Iterable[Roundup]:
        """Return the roundups of a kind that still take members, in a stable order. They are few."""
        ...

    def pace(self, channel: str) -> Pace | None:
        """Return how busy a channel is."""
        ...
