"""The rows that wait for one address, and which of them has its turn. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from bot.core.decisions import Reason
from bot.slack.buckets import Call
from bot.slack.waits import LONGEST
from bot.store.values import Delivery

_ENDINGS = frozenset({Reason.RESOLVED, Reason.EXPIRED, Reason.CLOSED})


def call_of(row: Delivery, *, edits: bool) -> Call | None:
    """Return what a row is sent as. Where nothing can be edited an ending is a post, all else is not sent (None)."""
    if row.reason is Reason.FIRST:
        return Call.POST
    if not edits:
        return Call.POST if row.reason in _ENDINGS else None
    return Call.COUNTER if row.reason is Reason.MORE else Call.EDIT


class Queue:
    """Rows by delivery id, oldest first within a kind of call; edits without a message yet are held aside."""

    def __init__(self, *, edits: bool, counter_every_s: float) -> None:
        self._edits, self._counter_every = edits, counter_every_s
        self._rows: dict[str, Delivery] = {}
        self._held: dict[str, Delivery] = {}
        self._shown_at: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, delivery_id: str) -> bool:
        return delivery_id in self._rows or delivery_id in self._held

    @property
    def held(self) -> int:
        """Return how many edits wait for the message that they would change."""
        return len(self._held)

    def offer(self, row: Delivery) -> None:
        """Take a row in, or the newer state of one that waits already."""
        held, waiting = self._held.get(row.delivery_id), self._rows.get(row.delivery_id)
        if held is not None and held.revision >= row.revision:
            return
        self._held.pop(row.delivery_id, None)
        if waiting is None:
            self._rows[row.delivery_id] = row
        elif waiting.revision <= row.revision:  # in its place, and with what it still waits for
            not_before, created_at = max(waiting.not_before, row.not_before), min(waiting.created_at, row.created_at)
            self._rows[row.delivery_id] = replace(row, not_before=not_before, created_at=created_at)

    def remove(self, row: Delivery) -> None:
        """Let a row go: it is sent, or somebody else's. A newer state that was offered meanwhile stays."""
        known = self._rows.get(row.delivery_id)
        if known is not None and known.revision <= row.revision:
            del self._rows[row.delivery_id]

    def hold(self, row: Delivery) -> None:
        """Set an edit aside until its message is there."""
        self._rows.pop(row.delivery_id, None)
        self._held[row.delivery_id] = row

    def release(self, alert_id: str) -> None:
        """Let the edits of an alert have their turn: its message is there now."""
        for delivery_id in [key for key, row in self._held.items() if row.alert_id == alert_id]:
            self._rows[delivery_id] = self._held.pop(delivery_id)

    def shown(self, alert_id: str, now: float) -> None:
        """Note when a message last changed (monotonic s): its next counter waits from then on."""
        self._shown_at = {alert: at for alert, at in self._shown_at.items() if now - at < self._counter_every}
        self._shown_at[alert_id] = now

    def turns(self, now_ms: int, now: float) -> Iterator[tuple[Call | None, Delivery, float]]:
        """Yield, for each kind of call, the row whose turn it is and the seconds until it is due.

        Posts come before edits that say a state changed, these before counters. The oldest row has its turn, and the
        others wait with it: what it waits for (a 429, a back-off) holds for the address. Counters do not wait for
        each other, as each has its own message's pause.
        """
        for call in (None, Call.POST, Call.EDIT, Call.COUNTER):
            rows = [row for row in self._rows.values() if call_of(row, edits=self._edits) is call]
            if not rows:
                continue
            first = min(rows, key=lambda row: row.created_at)
            if call is Call.COUNTER:
                first = min(rows, key=lambda row: (self._counter_due_in(row, now_ms, now), row.created_at))
                yield call, first, self._counter_due_in(first, now_ms, now)
            else:
                yield call, first, _due_in(first, now_ms)

    def _counter_due_in(self, row: Delivery, now_ms: int, now: float) -> float:
        shown_at = self._shown_at.get(row.alert_id, float("-inf"))
        return max(_due_in(row, now_ms), shown_at + self._counter_every - now)


def _due_in(row: Delivery, now_ms: int) -> float:
    """Return seconds; never more than a wait can be, as the wall clock may have been set back meanwhile."""
    return min(max(0.0, (row.not_before - now_ms) / 1_000), LONGEST)
