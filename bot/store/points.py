"""Quick reads by key for the pipeline and the relay, in the event loop's thread, on a connection that cannot write."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

import msgspec
import sqlalchemy as sa

from bot.core.roundup import Pace, Roundup
from bot.core.state import Alert, Memory, Slice, Timer
from bot.errors import StoreFailedError
from bot.store import schema
from bot.store.absence import Absence
from bot.store.driver import driver
from bot.store.memories import Memories
from bot.store.outbox_statements import CARD_TO_COME
from bot.store.saving import PIPELINE
from bot.store.standing import paces, roundup, standing_roundups
from bot.store.statements import Row, Statement
from bot.store.values import Cursor, Message

T = TypeVar("T")

_decode_slice = msgspec.json.Decoder(Slice).decode
_decode_alert = msgspec.json.Decoder(Alert).decode

_S, _T, _A = schema.SLICES.c, schema.TIMERS.c, schema.ALERTS.c
_M, _P = schema.MESSAGES.c, schema.MARKS.c

_SLICE = Statement(sa.select(_S.body).where(_S.key == sa.bindparam("key_")), "key_")
_SLICE_KEYS = Statement(sa.select(_S.key))
_OPEN_SLICES = Statement(sa.select(_S.rule, _S.key, _S.alert_id).where(_S.alert_id.is_not(None)).order_by(_S.key))
_TIMERS = Statement(sa.select(_T.due, _T.slice_key, _T.name))
_ALERT = Statement(sa.select(_A.body).where(_A.alert_id == sa.bindparam("id_")), "id_")
_MESSAGE = Statement(
    sa.select(_M.ts, _M.channel_id, _M.posted_revision, _M.delivery_id).where(
        _M.alert_id == sa.bindparam("id_"), _M.channel == sa.bindparam("channel_")
    ),
    "id_",
    "channel_",
)
_PLACE = Statement(sa.select(_P.seq, _P.time).where(_P.name == sa.literal_column(f"'{PIPELINE}'")))
_LAST_TRIED = Statement(sa.select(sa.func.max(schema.TRIALS.c.seq)))


class PointReads:
    """State by its keys, and what is read once at start."""

    def __init__(self, connection: driver.Connection) -> None:
        self._connection = connection
        self._cursor = connection.cursor()
        self.memories = Memories(self._cursor, Absence())

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def read_memories(self, keys: Iterable[str]) -> dict[str, Memory]:
        """Return the memories there are among these keys."""
        try:
            return self.memories.read(self._cursor, keys)
        except driver.Error as error:
            raise StoreFailedError(f"the store cannot be read: {error}") from error

    def read_slice(self, key: str) -> Slice | None:
        """Return one slice."""
        row = self._one(_SLICE, key)
        return None if row is None else _decode_slice(row[0])

    def slice_keys(self) -> list[str]:
        """Return the keys of all slices."""
        return [key for (key,) in self._all(_SLICE_KEYS)]

    def open_slices(self) -> list[tuple[str, str, str]]:
        """Return (rule, slice key, alert id) of every slice with an open alert, in the order of keys."""
        return [(rule, key, alert_id) for rule, key, alert_id in self._all(_OPEN_SLICES)]

    def timers(self) -> list[Timer]:
        """Return all timers."""
        return [Timer(*row) for row in self._all(_TIMERS)]

    def alert(self, alert_id: str) -> Alert | None:
        """Return an alert as it stands."""
        row = self._one(_ALERT, alert_id)
        return None if row is None else _decode_alert(row[0])

    def message(self, alert_id: str, channel: str) -> Message | None:
        """Return the message of an alert in a channel."""
        row = self._one(_MESSAGE, alert_id, channel)
        if row is None:
            return None
        ts, channel_id, revision, own_id = row
        return Message(
            alert_id=alert_id, channel=channel, ts=ts, channel_id=channel_id, revision=revision, delivery_id=own_id
        )

    def will_have_card(self, alert_id: str, channel: str) -> bool:
        """Say whether a post is still to come that makes the alert's message in a channel."""
        return self._one(CARD_TO_COME, alert_id, channel) is not None

    def place(self) -> Cursor:
        """Return the pipeline's cursor."""
        return Cursor(*(self._one(_PLACE) or (0, 0)))

    def last_tried(self) -> int:
        """Return the last row that was tried and is not decided, 0 when there is none."""
        row = self._one(_LAST_TRIED)
        return (row[0] or 0) if row else 0

    def standing_roundups(self) -> list[Roundup]:
        """Return the roundups that are not over."""
        return self._read(standing_roundups)

    def roundup(self, roundup_id: str) -> Roundup | None:
        """Return a roundup as it stands, also one that is over."""
        return self._read(partial(roundup, roundup_id=roundup_id))

    def paces(self) -> dict[str, Pace]:
        """Return how busy each channel is."""
        return self._read(paces)

    def _read(self, question: Callable[[driver.Cursor], T]) -> T:
        try:
            return question(self._cursor)
        except driver.Error as error:
            raise StoreFailedError(f"the store cannot be read: {error}") from error

    def _one(self, statement: Statement, *values: str) -> Row | None:
        try:
            return statement.one(self._cursor, *values)
        except driver.Error as error:
            raise StoreFailedError(f"the store cannot be read: {error}") from error

    def _all(self, statement: Statement) -> list[Row]:
        try:
            return statement.all(self._cursor)
        except driver.Error as error:
            raise StoreFailedError(f"the store cannot be read: {error}") from error
