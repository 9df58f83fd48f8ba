"""Inputs as journal rows, and journal rows as inputs: both ends of the encoding in one file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final, TypeAlias

import msgspec

from bot.core.catalogue import Outcome
from bot.core.identity import event_id
from bot.core.inputs import Action, Details, Event, Reload, Value
from bot.store import schema
from bot.store.operations import Append, Given
from bot.store.statements import Row
from bot.store.values import RowKind, RowStatus, Signature

# Gives an event's decoded payload from its stored body: what `raw.` paths start from.
RawOf: TypeAlias = Callable[[Event, bytes], Any]

# The columns that a row carries on its own; seq and at are added when it is written.
_J: Final = schema.JOURNAL.c
VALUES: Final = tuple(_J)[2:]
# Where a row's own columns are among them.
REFERENCE, STATUS, ERROR = (VALUES.index(column) for column in (_J.reference, _J.status, _J.error))
_SECOND_KINDS: Final = frozenset({RowKind.ENVELOPE.value, RowKind.COMPLETION.value})

_encode = msgspec.json.Encoder().encode
_decode_fields = msgspec.json.Decoder(dict[str, Value]).decode
decode_action = msgspec.json.Decoder(Action).decode
_decode_reload = msgspec.json.Decoder(Reload).decode
# An enum's member costs 900 instructions at each look, and its `value` is computed: these are looked up once.
_EVENT, _QUARANTINED = RowKind.EVENT.value, RowKind.QUARANTINED.value
_ACCEPTED, _UNREADABLE = RowStatus.ACCEPTED.value, RowStatus.QUARANTINED.value
_ENVELOPE: Final = Details.ENVELOPE
_DETAILS: Final = {details: details.value for details in Details}


def event_row(
    event: Event, kind: str, body: bytes | None, reference: str | None, future: asyncio.Future[Any]
) -> Append:
    """Return the row of an event. It is encoded here, so that what cannot be stored fails its own caller.

    What an envelope alone tells stands in its fields: it has no payload, read from here or from the disk.
    """
    if event.details is _ENVELOPE and event.payload is not None:
        event = msgspec.structs.replace(event, payload=None)
    own_id = event.event_id
    values = (
        kind,
        own_id,
        event.source,
        event.type,
        event.occurred_at,
        ",".join(event.outcomes),
        _encode(event.fields).decode(),
        _DETAILS[event.details],
        reference,
        _ACCEPTED,
        None,
    )
    size = 0 if body is None else len(body)
    return Append(key_of(kind, own_id), own_id, values, event, body, size, future)


def other_row(given: Action | Reload, future: asyncio.Future[Any], signature: Signature | None = None) -> Append:
    """Return the row of an action or a reload. A signed action is stored once, with who it was and by which way."""
    kind = (RowKind.ACTION if isinstance(given, Action) else RowKind.RELOAD).value
    own_id, way, by = (signature.action_id, signature.way.value, signature.by) if signature else (None, None, None)
    of_kind = given.kind.value if isinstance(given, Action) else None
    values = (kind, own_id, way, of_kind, None, None, _encode(given).decode(), by, None, _ACCEPTED, None)
    return Append(own_id, own_id or "", values, given, None, 0, future)


def unreadable_row(
    source: str, body: bytes, error: str, future: asyncio.Future[Any], kept: bytes | None = None
) -> Append:
    """Return the row of a body that cannot be read; its id is a hash of the body, also where `kept` stands for it."""
    own_id = event_id(source, _QUARANTINED, sha256(body).hexdigest())
    values = (_QUARANTINED, own_id, source, *[None] * 6, _UNREADABLE, error)
    stored = body if kept is None else kept
    return Append(own_id, own_id, values, None, stored, len(stored), future)


def key_of(kind: str, of_event: str) -> str:
    """Return what must be unique in the journal: an event's id, and apart from it each kind of its later rows."""
    return f"{kind} {of_event}" if kind in _SECOND_KINDS else of_event


def stamped(given: Given, at: int) -> Given:
    """Return the input with the time at which it entered the journal."""
    return msgspec.structs.replace(given, at=at)


def input_of(values: Row, at: int, body: bytes | None, raw_of: RawOf) -> Given | None:
    """Return the input of a stored row, None for one that could not be read. `values` as in Append."""
    kind = values[0]
    if kind == _QUARANTINED:
        return None
    if kind == RowKind.ACTION:
        return stamped(decode_action(values[6]), at)
    if kind == RowKind.RELOAD:
        return stamped(_decode_reload(values[6]), at)
    event = _event_of(values, at)
    if body is None or event.details is _ENVELOPE:
        return event
    return msgspec.structs.replace(event, payload=raw_of(event, body))


def _event_of(values: Row, at: int) -> Event:
    _kind, own_id, source, type_, occurred_at, outcomes, fields, details, *_rest = values
    return Event(
        event_id=own_id,
        source=source,
        type=type_,
        at=at,
        outcomes=tuple(map(Outcome, outcomes.split(","))) if outcomes else (),
        fields=_decode_fields(fields),
        occurred_at=occurred_at,
        details=Details(details),
    )
