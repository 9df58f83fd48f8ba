"""The store's quick reads, of what is committed: by key, in the event loop's thread."""

from __future__ import annotations

from collections.abc import Iterable

from bot.core.roundup import Pace, Roundup
from bot.core.state import Alert, Memory, Slice, Timer
from bot.store.points import PointReads
from bot.store.values import Message


class QuickReads:
    """What the pipeline and the relay read without waiting. Each raises StoreFailedError when it cannot be read."""

    _points: PointReads

    def read_memories(self, keys: Iterable[str]) -> dict[str, Memory]:
        """Return the memories there are among these keys."""
        return self._points.read_memories(keys)

    def read_memory(self, key: str) -> Memory | None:
        """Return one memory."""
        return self._points.read_memories((key,)).get(key)

    def read_slice(self, key: str) -> Slice | None:
        """Return one slice."""
        return self._points.read_slice(key)

    def slice_keys(self) -> list[str]:
        """Return the keys of all slices."""
        return self._points.slice_keys()

    def open_slices(self) -> list[tuple[str, str, str]]:
        """Return (rule, slice key, alert id) of every slice with an open alert, in the order of keys."""
        return self._points.open_slices()

    def load_timers(self) -> list[Timer]:
        """Return all timers."""
        return self._points.timers()

    def read_alert(self, alert_id: str) -> Alert | None:
        """Return an alert as it stands."""
        return self._points.alert(alert_id)

    def standing_roundups(self) -> list[Roundup]:
        """Return the roundups that are not over."""
        return self._points.standing_roundups()

    def read_roundup(self, roundup_id: str) -> Roundup | None:
        """Return a roundup as it stands."""
        return self._points.roundup(roundup_id)

    def paces(self) -> dict[str, Pace]:
        """Return how busy each channel is."""
        return self._points.paces()

    def read_message(self, alert_id: str, channel: str) -> Message | None:
        """Return the message of an alert in a channel."""
        return self._points.message(alert_id, channel)

    def will_have_card(self, alert_id: str, channel: str) -> bool:
        """Say whether a post is still to come that makes the alert's message in a channel."""
        return self._points.will_have_card(alert_id, channel)
