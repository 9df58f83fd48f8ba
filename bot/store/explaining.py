"""What explanations are made of: looks, what memory told then, attempts, timers, and the newest rows of the journal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec
import sqlalchemy as sa

from bot.core.inputs import Event
from bot.core.state import Ended, Memory, Slice
from bot.store import schema
from bot.store.rows import VALUES, input_of
from bot.store.saving import PIPELINE
from bot.store.statements import Cursor, Statement, first
from bot.store.values import RowKind

_J, _L, _S, _T = schema.JOURNAL.c, schema.LOOKS.c, schema.SLICES.c, schema.TIMERS.c
_A, _M, _G = schema.ATTEMPTS.c, schema.MESSAGES.c, schema.MEMORY_LOG.c
_AT_ONCE: Final = 500

_decode_memory = msgspec.json.Decoder(Memory).decode
_decode_slice = msgspec.json.Decoder(Slice).decode

_LOOK: Final = (_L.event_id, _L.rule, _L.slice_key, _L.at, _L.said, _L.alert_id)
_LOOKS_OF_EVENT = Statement(sa.select(*_LOOK).where(_L.event_id == sa.bindparam("id_")).order_by(_L.n), "id_")
_LOOKS_OF_SLICE = Statement(
    first(sa.select(*_LOOK).where(_L.slice_key == sa.bindparam("key_")).order_by(_L.n.desc()), sa.bindparam("limit_")),
    "key_",
    "limit_",
)
_LOGGED = Statement(first(sa.select(_G.body).where(_G.key == sa.bindparam("key_")).order_by(_G.n.desc()), 1), "key_")
_MEMORY = Statement(sa.select(schema.MEMORIES.c.body).where(schema.MEMORIES.c.key == sa.bindparam("key_")), "key_")
_SLICE = Statement(sa.select(_S.body).where(_S.key == sa.bindparam("key_")), "key_")
_TIMERS = Statement(sa.select(_T.name, _T.due).where(_T.slice_key == sa.bindparam("key_")).order_by(_T.due), "key_")
_ATTEMPTS = Statement(
    sa.select(_A.attempt, _A.started_at, _A.ended_at, _A.outcome, _A.detail)
    .where(_A.delivery_id == sa.bindparam("id_"))
    .order_by(_A.attempt),
    "id_",
)
_MESSAGE = Statement(
    sa.select(_M.ts, _M.channel_id).where(_M.alert_id == sa.bindparam("id_"), _M.channel == sa.bindparam("channel_")),
    "id_",
    "channel_",
)
_EVENTS: Final[list[sa.ColumnElement[str]]] = [
    sa.literal_column(f"'{kind}'") for kind in (RowKind.EVENT, RowKind.COMPLETION)
]
_BACK = Statement(
    first(
        sa.select(_J.seq, _J.at, *VALUES)
        .where(_J.seq < sa.bindparam("before_"), _J.kind.in_(_EVENTS))
        .order_by(_J.seq.desc()),
        sa.bindparam("limit_"),
    ),
    "before_",
    "limit_",
)


_PLACE = Statement(sa.select(schema.MARKS.c.seq).where(schema.MARKS.c.name == sa.literal_column(f"'{PIPELINE}'")))


class LookRow(NamedTuple):
    """What one rule made of one event (core decisions.Look)."""

    event_id: str
    rule: str
    slice_key: str
    at: int
    said: str
    alert_id: str | None


class Attempt(NamedTuple):
    """One try to send; times in ms."""

    attempt: int
    started_at: int
    ended_at: int | None
    outcome: str | None
    detail: str | None


class Skimmed(NamedTuple):
    """An event row of the journal, without its payload."""

    seq: int
    event: Event


def decided_to(cursor: Cursor) -> int:
    """Return the last journal row that is decided."""
    row = _PLACE.one(cursor)
    return row[0] if row else 0


def looks_of_event(cursor: Cursor, event_id: str) -> list[LookRow]:
    """Return what rules made of an event, in order."""
    return [LookRow(*row) for row in _LOOKS_OF_EVENT.all(cursor, event_id)]


def looks_of_slice(cursor: Cursor, slice_key: str, limit: int) -> list[LookRow]:
    """Return what a rule made of the latest events of one key, the newest first."""
    return [LookRow(*row) for row in _LOOKS_OF_SLICE.all(cursor, slice_key, limit)]


def memory_then(cursor: Cursor, key: str, at: int) -> Memory | None:
    """Return what a memory told at a time: nothing that was learnt later. What was overwritten since is lost."""
    row = _LOGGED.one(cursor, key) or _MEMORY.one(cursor, key)
    if row is None:
        return None
    now = _decode_memory(row[0])
    facts = {name: learnt for name, learnt in now.facts.items() if learnt.at <= at}
    ended: tuple[Ended, ...] = tuple(end for end in now.ended if end.at < at)
    return Memory(facts, min(now.at, at), ended)


def slice_now(cursor: Cursor, key: str) -> Slice | None:
    """Return a rule's state for one key as it is saved."""
    row = _SLICE.one(cursor, key)
    return None if row is None else _decode_slice(row[0])


def timers_of(cursor: Cursor, slice_key: str) -> list[tuple[str, int]]:
    """Return the deadlines of a slice: name and when (ms)."""
    return [(name, due) for name, due in _TIMERS.all(cursor, slice_key)]


def attempts_of(cursor: Cursor, delivery_id: str) -> list[Attempt]:
    """Return the tries of one delivery, the first one first."""
    return [Attempt(*row) for row in _ATTEMPTS.all(cursor, delivery_id)]


def message_at(cursor: Cursor, card_id: str, channel: str) -> tuple[str | None, str | None] | None:
    """Return the `ts` and the channel's id of a card's message; None where there is none."""
    row = _MESSAGE.one(cursor, card_id, channel)
    return None if row is None else (row[0], row[1])


def newest_events(cursor: Cursor, most: int) -> Iterator[Skimmed]:
    """Yield the newest rows that carry events of sources, the newest first, at most so many."""
    before = 2**62
    for _ in range(0, most, _AT_ONCE):
        rows = _BACK.all(cursor, before, _AT_ONCE)
        for seq, at, *values in rows:
            given = input_of(tuple(values), at, None, _nothing)
            if isinstance(given, Event):
                yield Skimmed(seq, given)
        if len(rows) < _AT_ONCE:
            return
        before = rows[-1][0]


def _nothing(_event: Event, _body: bytes) -> None:
    return None
