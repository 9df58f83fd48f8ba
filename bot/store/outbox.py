"""The outbox on disk. What its states mean and how rows walk from one to the next stands in bot/slack/outbox.py."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Any, Protocol

import sqlalchemy as sa

from bot.clock import Clock
from bot.core.decisions import Reason
from bot.core.rule import Severity
from bot.core.state import Alert
from bot.store import schema
from bot.store.statements import Cursor, Insertion, Row, Statement, new, upsert
from bot.store.values import Delivery, DeliveryState, Message, Recorded

_O = schema.OUTBOX.c
_A = schema.ATTEMPTS.c
_M = schema.MESSAGES.c
_INTERRUPTED = "the process ended while it was being sent"

_BY_ID = Statement(sa.select(*_O).where(_O.delivery_id == sa.bindparam("id_")), "id_")
_IN_STATE = Statement(
    sa.select(*_O).where(_O.state == sa.bindparam("state_")).order_by(_O.created_at, _O.delivery_id), "state_"
)
_BEGIN = Statement(
    sa.update(schema.OUTBOX)
    .values(
        state=sa.literal_column(f"'{DeliveryState.SENDING}'"),
        attempt=sa.bindparam("attempt_"),
        started_at=sa.bindparam("now_"),
    )
    .where(_O.delivery_id == sa.bindparam("id_")),
    "attempt_",
    "now_",
    "id_",
)
_END = Statement(
    sa.update(schema.OUTBOX)
    .values(state=sa.bindparam("state_"), not_before=sa.bindparam("not_before_"), error=sa.bindparam("error_"))
    .where(_O.delivery_id == sa.bindparam("id_")),
    "state_",
    "not_before_",
    "error_",
    "id_",
)
_UNPARK = Statement(
    sa.update(schema.OUTBOX)
    .values(state=sa.literal_column(f"'{DeliveryState.READY}'"), not_before=sa.literal_column("0"))
    .where(_O.state == sa.literal_column(f"'{DeliveryState.PARKED}'"))
)
_BEGIN_ATTEMPT = Insertion(schema.ATTEMPTS)
_ATTEMPTED = Statement(
    sa.select(_A.revision).where(_A.delivery_id == sa.bindparam("id_"), _A.attempt == sa.bindparam("attempt_")),
    "id_",
    "attempt_",
)
_END_ATTEMPT = Statement(
    sa.update(schema.ATTEMPTS)
    .values(ended_at=sa.bindparam("now_"), outcome=sa.bindparam("outcome_"), detail=sa.bindparam("detail_"))
    .where(_A.delivery_id == sa.bindparam("id_"), _A.attempt == sa.bindparam("attempt_")),
    "now_",
    "outcome_",
    "detail_",
    "id_",
    "attempt_",
)
_SHOWN = sa.case((new(_M.posted_revision) > _M.posted_revision, new(_M.posted_revision)), else_=_M.posted_revision)
_MESSAGE_COLUMNS = tuple(column.name for column in schema.MESSAGES.columns)
_POSTED = Statement(
    upsert(
        schema.MESSAGES,
        {
            "ts": new(_M.ts),
            "channel_id": new(_M.channel_id),
            "posted_revision": _SHOWN,
            "delivery_id": new(_M.delivery_id),
        },
    ),
    *_MESSAGE_COLUMNS,
)
_EDITED = Statement(upsert(schema.MESSAGES, {"posted_revision": _SHOWN}), *_MESSAGE_COLUMNS)


class Writing(Protocol):
    """What the outbox needs of the store: work in the writer's thread, and reads."""

    async def work(self, run: Callable[[Cursor], Any]) -> Any:
        """Run it in a transaction and return its result after the commit."""
        ...

    def read_alert(self, alert_id: str) -> Alert | None:
        """Return an alert as it stands."""
        ...

    def read_message(self, alert_id: str, channel: str) -> Message | None:
        """Return the message of an alert in a channel."""
        ...

    def ask(self, question: Callable[[Cursor], Any]) -> Awaitable[Any]:
        """Run a longer read in the reader's thread."""
        ...


def delivery_of(row: Row) -> Delivery:
    """Return an outbox row as a value; the columns in the order of the schema."""
    own_id, alert_id, channel, reason, severity, revision, state, not_before, attempt, started_at, error, at = row
    return Delivery(
        delivery_id=own_id,
        alert_id=alert_id,
        channel=channel,
        reason=Reason(reason),
        severity=Severity(severity),
        revision=revision,
        state=DeliveryState(state),
        attempt=attempt,
        not_before=not_before,
        created_at=at,
        started_at=started_at,
        error=error,
    )


def count_by_state(cursor: Cursor) -> dict[str, int]:
    """Return how many rows there are in each state, states without rows included."""
    found: dict[str, int] = dict(_COUNT.all(cursor))
    return {state.value: found.get(state.value, 0) for state in DeliveryState}


_COUNT = Statement(sa.select(_O.state, sa.func.count()).group_by(_O.state))


class StoredOutbox:
    """Durable deliveries, as the relay asks for them."""

    def __init__(self, store: Writing, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def ready(self) -> list[Delivery]:
        """Return all rows in state `ready`, oldest first."""
        rows: list[Row] = await self._store.ask(lambda cursor: _IN_STATE.all(cursor, DeliveryState.READY.value))
        return [delivery_of(row) for row in rows]

    async def claim(self, delivery_id: str, revision: int) -> Delivery | None:
        """Take a `ready` row for sending and count the attempt; None when it is not `ready` any more."""
        claimed: Delivery | None = await self._store.work(lambda cursor: self._claim(cursor, delivery_id, revision))
        return claimed

    async def record(self, delivery_id: str, attempt: int, outcome: Recorded) -> None:
        """Record how an attempt ended; ignored when `attempt` is not the row's latest."""
        await self._store.work(lambda cursor: self._record(cursor, delivery_id, attempt, outcome))

    async def resume(self, posts: Collection[Reason]) -> list[Delivery]:
        """Let go of what was `sending` and what was `parked` at start; return what was `sending`, as it stands now."""
        moved: list[Delivery] = await self._store.work(lambda cursor: self._resume(cursor, posts))
        return moved

    async def alert(self, alert_id: str) -> Alert | None:
        """Return the alert as it stands now."""
        return self._store.read_alert(alert_id)

    async def message(self, alert_id: str, channel: str) -> Message | None:
        """Return the message that was posted for an alert to a channel."""
        return self._store.read_message(alert_id, channel)

    async def counts(self) -> dict[str, int]:
        """Return how many rows there are in each state."""
        counts: dict[str, int] = await self._store.ask(count_by_state)
        return counts

    def _claim(self, cursor: Cursor, delivery_id: str, revision: int) -> Delivery | None:
        row = _read(cursor, delivery_id)
        if row is None or row.state is not DeliveryState.READY:
            return None
        now, attempt = self._clock.now_ms(), row.attempt + 1
        _BEGIN.run(cursor, attempt, now, delivery_id)
        _BEGIN_ATTEMPT.run(cursor, [(delivery_id, attempt, revision, now, None, None, None)])
        return _read(cursor, delivery_id)

    def _record(self, cursor: Cursor, delivery_id: str, attempt: int, outcome: Recorded) -> None:
        row = _read(cursor, delivery_id)
        if row is None or row.attempt != attempt:
            return
        now = self._clock.now_ms()
        _END_ATTEMPT.run(cursor, now, outcome.state.value, outcome.detail, delivery_id, attempt)
        state = outcome.state
        if state is DeliveryState.SENT:
            _show(cursor, row, outcome)
        if _has_grown(cursor, row, outcome):
            state = DeliveryState.READY
        not_before = outcome.not_before if outcome.state is DeliveryState.READY else 0
        _END.run(cursor, state.value, not_before, outcome.detail, delivery_id)

    def _resume(self, cursor: Cursor, posts: Collection[Reason]) -> list[Delivery]:
        rows = [delivery_of(row) for row in _IN_STATE.all(cursor, DeliveryState.SENDING.value)]
        for row in rows:
            state = DeliveryState.UNKNOWN if row.reason in posts else DeliveryState.READY
            self._record(cursor, row.delivery_id, row.attempt, Recorded(state=state, detail=_INTERRUPTED))
        _UNPARK.run(cursor)
        return [after for row in rows if (after := _read(cursor, row.delivery_id)) is not None]


def _read(cursor: Cursor, delivery_id: str) -> Delivery | None:
    row = _BY_ID.one(cursor, delivery_id)
    return None if row is None else delivery_of(row)


def _has_grown(cursor: Cursor, row: Delivery, outcome: Recorded) -> bool:
    """Say whether more was decided while an edit was under way: however that ended, the row goes round once more."""
    if row.reason is Reason.FIRST:
        return False
    attempted = _ATTEMPTED.one(cursor, row.delivery_id, row.attempt)
    return attempted is not None and row.revision > max(attempted[0], outcome.revision)


def _show(cursor: Cursor, row: Delivery, outcome: Recorded) -> None:
    statement = _POSTED if row.reason is Reason.FIRST else _EDITED
    statement.run(cursor, row.alert_id, row.channel, outcome.ts, outcome.channel_id, outcome.revision, row.delivery_id)
