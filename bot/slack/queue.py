"""The rows that wait for one address, and which of them has its turn. Pure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec.structs import replace

from bot.core.decisions import Reason
from bot.slack.buckets import Call
from bot.slack.waits import LONGEST
from bot.store.values import Delivery

_MESSAGES: Final = frozenset(reason for reason in Reason if reason.is_post or reason.is_reply)
_ENDINGS: Final = frozenset({Reason.RESOLVED, Reason.EXPIRED, Reason.CLOSED})
_MINOR: Final = frozenset({Reason.MILESTONE})  # a channel without threads has no place for it
_IN_ORDER: Final = (None, Call.POST, Call.EDIT, Call.COUNTER)


def posted(*, edits: bool) -> frozenset[Reason]:
    """Return the reasons that make a new message; where nothing can be edited an ending is one too."""
    return _MESSAGES if edits else (_MESSAGES | _ENDINGS) - _MINOR


def call_of(row: Delivery, *, edits: bool) -> Call | None:
    """Return what a row is sent as; None where it would change a message and nothing can be edited: it is not sent."""
    if row.reason in posted(edits=edits):
        return Call.POST
    if not edits:
        return None
    return Call.COUNTER if row.reason is Reason.MORE else Call.EDIT


class Queue:
    """Rows by delivery id, within a kind of call in the order in which they came; edits without a message are held.

    No step looks at all rows: with 10,000 waiting, each event of a storm would cost the time of ten.
    """

    def __init__(self, *, edits: bool, counter_every_s: float) -> None:
        self._edits, self._counter_every = edits, counter_every_s
        self._waiting: dict[Call | None, OrderedDict[str, Delivery]] = {call: OrderedDict() for call in _IN_ORDER}
        self._held: dict[str, dict[str, Delivery]] = {}  # by alert
        self._aside: dict[str, Delivery] = {}  # to be told together
        self._shown_at: OrderedDict[str, float] = OrderedDict()  # alerts, the one that was shown last at the end

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values())) + len(self._aside)

    @property
    def held(self) -> int:
        """Return how many edits wait for the message that they would change."""
        return sum(map(len, self._held.values()))

    def offer(self, row: Delivery) -> None:
        """Take a row in, or the newer state of one that waits already."""
        of_alert = self._held.get(row.hangs_on, {})
        held = of_alert.get(row.delivery_id)
        if held is not None and held.revision >= row.revision:
            return
        if held is not None and call_of(row, edits=self._edits) is Call.COUNTER:
            of_alert[row.delivery_id] = row  # counted on in a storm; each look at it would cost two reads for nothing
            return
        of_alert.pop(row.delivery_id, None)
        waiting = self._row(row.delivery_id)
        if row.delivery_id in self._aside:
            self._aside[row.delivery_id] = row
        elif waiting is None:
            self._place(row)
        elif waiting.revision <= row.revision:  # with what it still waits for, and in its place while of its kind
            newer = replace(row, not_before=max(waiting.not_before, row.not_before))
            if call_of(newer, edits=self._edits) is not call_of(waiting, edits=self._edits):
                self._take_out(row.delivery_id)
            self._place(newer)

    def remove(self, row: Delivery) -> None:
        """Let a row go: it is sent, or somebody else's. A newer state that was offered meanwhile stays."""
        known = self._row(row.delivery_id)
        if known is not None and known.revision <= row.revision:
            self._take_out(row.delivery_id)

    def cards(self) -> list[Delivery]:
        """Return the first messages that wait, the oldest first. An escalation is meant to be seen by itself."""
        return [row for row in self._waiting[Call.POST].values() if row.reason is Reason.FIRST and row.body is None]

    def cards_at_most(self) -> int:
        """Return a number that `cards` do not exceed; costs nothing."""
        return len(self._waiting[Call.POST])

    def posts(self) -> list[Delivery]:
        """Return all posts and replies that wait."""
        return list(self._waiting[Call.POST].values())

    def set_aside(self, rows: Iterable[Delivery]) -> None:
        """Take rows out of the line, to be told together."""
        for row in rows:
            self._take_out(row.delivery_id)
            self._aside[row.delivery_id] = row

    @property
    def aside(self) -> dict[str, Delivery]:
        """Return what was set aside, by delivery id."""
        return self._aside

    def hold(self, row: Delivery) -> None:
        """Set an edit aside until its message is there."""
        newest = self._take_out(row.delivery_id) or row
        self._held.setdefault(row.hangs_on, {})[row.delivery_id] = newest

    def release(self, alert_id: str) -> None:
        """Let the edits of an alert have their turn: its message is there now."""
        for row in self._held.pop(alert_id, {}).values():
            self._place(row)

    def shown(self, alert_id: str, now: float) -> None:
        """Note when a message last changed (monotonic s): its next counter waits from then on."""
        self._shown_at[alert_id] = now
        self._shown_at.move_to_end(alert_id)
        while self._shown_at and now - next(iter(self._shown_at.values())) >= self._counter_every:
            self._shown_at.popitem(last=False)

    def turns(self, now_ms: int, now: float) -> Iterator[tuple[Call | None, Delivery, float]]:
        """Yield, for each kind of call, the row whose turn it is and the seconds until it is due.

        Posts come before edits that say a state changed, these before counters. The first row has its turn, and the
        others wait with it: what it waits for (a 429, a back-off) holds for the address. Counters pass those whose
        message changed a moment ago.
        """
        for call, rows in self._waiting.items():
            if not rows:
                continue
            first, rest = self._rested(rows, now) if call is Call.COUNTER else (next(iter(rows.values())), 0.0)
            yield call, first, max(rest, _due_in(first, now_ms))

    def _rested(self, rows: OrderedDict[str, Delivery], now: float) -> tuple[Delivery, float]:
        """Return the first counter whose message has rested, else the one that will first, and the seconds until then.

        The pace lets few messages change within one pause, so few rows are passed.
        """
        soonest: tuple[Delivery, float] | None = None
        for row in rows.values():
            rest = self._shown_at.get(row.alert_id, float("-inf")) + self._counter_every - now
            if rest <= 0:
                return row, 0.0
            if soonest is None or rest < soonest[1]:
                soonest = row, rest
        if soonest is None:
            raise AssertionError("asked for the first of no rows")
        return soonest

    def _row(self, delivery_id: str) -> Delivery | None:
        return next((rows[delivery_id] for rows in self._waiting.values() if delivery_id in rows), None)

    def _place(self, row: Delivery) -> None:
        self._waiting[call_of(row, edits=self._edits)][row.delivery_id] = row

    def _take_out(self, delivery_id: str) -> Delivery | None:
        known = [rows.pop(delivery_id) for rows in self._waiting.values() if delivery_id in rows]
        return known[0] if known else None


def _due_in(row: Delivery, now_ms: int) -> float:
    """Return seconds; never more than a wait can be, as the wall clock may have been set back meanwhile."""
    return min(max(0.0, (row.not_before - now_ms) / 1_000), LONGEST)
