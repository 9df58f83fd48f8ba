"""The outbox on disk. What its states mean and how rows walk from one to the next stands in bot/slack/outbox.py."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, Protocol

from bot.clock import Clock
from bot.core.decisions import Reason
from bot.core.roundup import Roundup
from bot.core.state import Alert
from bot.store import outbox_statements as sql
from bot.store.outbox_statements import delivery_of
from bot.store.statements import Cursor, Row
from bot.store.values import Delivery, DeliveryState, Message, Place, Recorded

_INTERRUPTED = "the process ended while it was being sent"
_OPEN = frozenset({DeliveryState.SENDING, DeliveryState.UNKNOWN})  # an attempt whose end may still be recorded


class Writing(Protocol):
    """What the outbox needs of the store: work in the writer's thread, and reads."""

    async def work(self, run: Callable[[Cursor], Any]) -> Any:
        """Run it in a transaction and return its result after the commit."""
        ...

    def read_alert(self, alert_id: str) -> Alert | None:
        """Return an alert as it stands."""
        ...

    def read_roundup(self, roundup_id: str) -> Roundup | None:
        """Return a message about many alerts as it stands."""
        ...

    def read_message(self, alert_id: str, channel: str) -> Message | None:
        """Return the message of an alert in a channel."""
        ...

    def will_have_card(self, alert_id: str, channel: str) -> bool:
        """Say whether a post is still to come that makes the alert's message in a channel."""
        ...

    def ask(self, question: Callable[[Cursor], Any]) -> Awaitable[Any]:
        """Run a longer read in the reader's thread."""
        ...


def count_by_state(cursor: Cursor) -> dict[str, int]:
    """Return how many rows there are in each state, states without rows included."""
    found: dict[str, int] = dict(sql.COUNT.all(cursor))
    return {state.value: found.get(state.value, 0) for state in DeliveryState}


def add(cursor: Cursor, rows: Sequence[Delivery]) -> None:
    """Insert new rows; one whose delivery id is there already stays as it is. For other floors' transactions too."""
    sql.ADD.run(cursor, [sql.row_of(row) for row in rows])


class StoredOutbox:
    """Durable deliveries, as the relay asks for them."""

    def __init__(self, store: Writing, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def add(self, rows: Sequence[Delivery]) -> None:
        """Insert new rows; one whose delivery id is there already stays as it is."""
        await self._store.work(lambda cursor: add(cursor, rows))

    async def ready(self) -> list[Delivery]:
        """Return all rows in state `ready`, oldest first."""
        return await self._in_state(DeliveryState.READY)

    async def unknown(self) -> list[Delivery]:
        """Return all rows whose fate is unknown, oldest first."""
        return await self._in_state(DeliveryState.UNKNOWN)

    async def doubted(self, since: int) -> list[Delivery]:
        """Return the rows that are sent and of which an attempt that began at `since` or later was in doubt."""
        rows: list[Row] = await self._store.ask(lambda cursor: sql.DOUBTED.all(cursor, since))
        return [delivery_of(row) for row in rows]

    async def claim(self, delivery_id: str, revision: int, place: Place | None = None) -> Delivery | None:
        """Take a `ready` row for sending and count the attempt; None when it is not `ready` any more."""
        claimed: Delivery | None = await self._store.work(
            lambda cursor: self._claim(cursor, delivery_id, revision, place)
        )
        return claimed

    async def record(self, delivery_id: str, attempt: int, outcome: Recorded) -> bool:
        """Record how an attempt ended; False when that is not open (any more), and nothing was changed."""
        recorded: bool = await self._store.work(lambda cursor: self._record(cursor, delivery_id, attempt, outcome))
        return recorded

    async def resume(self, posts: Collection[Reason], doubtful_ms: int) -> list[Delivery]:
        """Let go of what was `sending` and what was `parked` at start; return what was `sending`, as it stands now."""
        moved: list[Delivery] = await self._store.work(lambda cursor: self._resume(cursor, posts, doubtful_ms))
        return moved

    async def unpark(self, channel: str, most: int) -> list[Delivery]:
        """Make the oldest parked rows of a channel `ready` and return them; never those that only a person frees."""
        freed: list[Delivery] = await self._store.work(lambda cursor: _unpark(cursor, channel, most))
        return freed

    async def fold(self, folded: Sequence[str], summary: Delivery) -> list[str]:
        """Replace rows that are `ready` by one summary, in one commit; return those that were."""
        taken: list[str] = await self._store.work(lambda cursor: _fold(cursor, folded, summary))
        return taken

    async def subject(self, alert_id: str) -> Alert | Roundup | None:
        """Return the alert or roundup as it stands now."""
        return self._store.read_alert(alert_id) or self._store.read_roundup(alert_id)

    async def message(self, alert_id: str, channel: str) -> Message | None:
        """Return the message that was posted for an alert to a channel."""
        return self._store.read_message(alert_id, channel)

    async def will_have_card(self, alert_id: str, channel: str) -> bool:
        """Say whether a post is still to come that makes the alert's message in a channel."""
        return self._store.will_have_card(alert_id, channel)

    async def counts(self) -> dict[str, int]:
        """Return how many rows there are in each state."""
        counts: dict[str, int] = await self._store.ask(count_by_state)
        return counts

    async def _in_state(self, state: DeliveryState) -> list[Delivery]:
        rows: list[Row] = await self._store.ask(lambda cursor: sql.IN_STATE.all(cursor, state.value))
        return [delivery_of(row) for row in rows]

    def _claim(self, cursor: Cursor, delivery_id: str, revision: int, place: Place | None) -> Delivery | None:
        row = _read(cursor, delivery_id)
        if row is None or row.state is not DeliveryState.READY:
            return None
        now, attempt = self._clock.now_ms(), row.attempt + 1
        sql.BEGIN.run(cursor, attempt, now, *(place or (None, None)), delivery_id)
        sql.BEGIN_ATTEMPT.run(cursor, [(delivery_id, attempt, revision, now, None, None, None)])
        return _read(cursor, delivery_id)

    def _record(self, cursor: Cursor, delivery_id: str, attempt: int, outcome: Recorded) -> bool:
        row = _read(cursor, delivery_id)
        if row is None or row.attempt != attempt or row.state not in _OPEN:
            return False
        sql.END_ATTEMPT.run(cursor, self._clock.now_ms(), outcome.state.value, outcome.detail, delivery_id, attempt)
        state = outcome.state
        if state is DeliveryState.SENT:
            _show(cursor, row, outcome)
        if _has_grown(cursor, row, outcome):
            state = DeliveryState.READY
        is_due = outcome.state is DeliveryState.READY or state is DeliveryState.UNKNOWN  # else it means nothing
        not_before = outcome.not_before if is_due else 0
        doubted_at = row.doubted_at
        if outcome.state is DeliveryState.UNKNOWN and doubted_at is None:
            doubted_at = row.started_at
        doubt = outcome.doubt or row.doubt
        sql.END.run(cursor, state.value, not_before, outcome.detail, doubt, doubted_at, delivery_id)
        return True

    def _resume(self, cursor: Cursor, posts: Collection[Reason], doubtful_ms: int) -> list[Delivery]:
        rows = [delivery_of(row) for row in sql.IN_STATE.all(cursor, DeliveryState.SENDING.value)]
        for row in rows:
            doubtful = row.reason in posts
            outcome = Recorded(
                state=DeliveryState.UNKNOWN if doubtful else DeliveryState.READY,
                not_before=(row.started_at or 0) + doubtful_ms if doubtful else 0,
                detail=_INTERRUPTED,
            )
            self._record(cursor, row.delivery_id, row.attempt, outcome)
        sql.UNPARK_ALL.run(cursor)
        return [after for row in rows if (after := _read(cursor, row.delivery_id)) is not None]


def _read(cursor: Cursor, delivery_id: str) -> Delivery | None:
    row = sql.BY_ID.one(cursor, delivery_id)
    return None if row is None else delivery_of(row)


def _has_grown(cursor: Cursor, row: Delivery, outcome: Recorded) -> bool:
    """Say whether more was decided while an edit was under way: however that ended, the row goes round once more."""
    if row.reason.makes_message:
        return False
    attempted = sql.ATTEMPTED.one(cursor, row.delivery_id, row.attempt)
    return attempted is not None and row.revision > max(attempted[0], outcome.revision)


def _show(cursor: Cursor, row: Delivery, outcome: Recorded) -> None:
    """Remember the message that a post made, or how far an edit brought it. A reply is nobody's card but for want."""
    if row.reason.is_reply and not outcome.is_card:
        return
    statement = sql.POSTED if row.reason.makes_message else sql.EDITED
    statement.run(cursor, row.alert_id, row.channel, outcome.ts, outcome.channel_id, outcome.revision, row.delivery_id)


def _unpark(cursor: Cursor, channel: str, most: int) -> list[Delivery]:
    rows = [delivery_of(row) for row in sql.PARKED.all(cursor, channel, most)]
    for row in rows:
        sql.END.run(cursor, DeliveryState.READY.value, 0, row.error, row.doubt, row.doubted_at, row.delivery_id)
    return [after for row in rows if (after := _read(cursor, row.delivery_id)) is not None]


def _fold(cursor: Cursor, folded: Sequence[str], summary: Delivery) -> list[str]:
    taken = []
    for delivery_id in folded:
        row = _read(cursor, delivery_id)
        if row is not None and row.state is DeliveryState.READY:
            taken.append(delivery_id)
            detail = f"told together with others in {summary.delivery_id}"
            sql.END.run(cursor, DeliveryState.SUPERSEDED.value, 0, detail, None, row.doubted_at, delivery_id)
    add(cursor, [summary])
    return taken
