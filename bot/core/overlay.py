"""State as decided so far: what one input has changed already, over the view it is decided by.

Without it the second rule that an event concerns would see neither the storm nor the inhibiting alert that the first
one made.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.core.decisions import Decisions
from bot.core.roundup import Pace, Roundup, RoundupKind
from bot.core.state import Memory, Slice
from bot.core.view import View


class Overlay:
    """A view that shows decisions as if they were applied."""

    def __init__(self, below: View, into: Decisions) -> None:
        self._below, self._into = below, into

    def memory(self, key: str) -> Memory | None:
        """Return a memory by its key."""
        return self._into.memories.get(key) or self._below.memory(key)

    def slice(self, key: str) -> Slice | None:
        """Return a slice by its key."""
        return self._into.slices[key] if key in self._into.slices else self._below.slice(key)

    def open_slice_keys(self, rule: str | None = None) -> Iterable[str]:
        """Return the slices with an open alert, sorted."""
        changed = self._into.slices
        unchanged = {key for key in self._below.open_slice_keys(rule) if key not in changed}
        opened = {k for k, s in changed.items() if s is not None and s.alert is not None and rule in {None, s.rule}}
        return sorted(unchanged | opened)

    def has_open(self, rule: str) -> bool:
        """Say whether any alert of a rule is open; perhaps also of one that has just ended."""
        return self._below.has_open(rule) or any(
            slice_ is not None and slice_.alert is not None and slice_.rule == rule
            for slice_ in self._into.slices.values()
        )

    def slice_key_of_alert(self, alert_id: str) -> str | None:
        """Return the slice in which an open alert stands."""
        return self._below.slice_key_of_alert(alert_id)

    def is_quarantined(self, rule: str) -> bool:
        """Say whether a rule raised and is set aside."""
        return self._below.is_quarantined(rule)

    def slices_of(self, rule: str) -> int:
        """Return how many slices a rule has; those of this input are not counted yet."""
        return self._below.slices_of(rule)

    def waiting_slice_keys(self) -> Iterable[str]:
        """Return the slices whose clock ran to a deadline before this input."""
        return self._below.waiting_slice_keys()

    def roundup(self, roundup_id: str) -> Roundup | None:
        """Return a roundup that is not over."""
        found = self._into.roundups.get(roundup_id)
        return found if found is not None else self._below.roundup(roundup_id)

    def collecting(self, kind: RoundupKind) -> Iterable[Roundup]:
        """Return the roundups of a kind that still take members, in a stable order."""
        changed = self._into.roundups
        if not changed:
            return self._below.collecting(kind)
        known = {roundup.roundup_id: roundup for roundup in self._below.collecting(kind)} | changed
        return [known[key] for key in sorted(known) if known[key].kind is kind and known[key].ended_at is None]

    def pace(self, channel: str) -> Pace | None:
        """Return how busy a channel is."""
        return self._into.paces[channel] if channel in self._into.paces else self._below.pace(channel)
