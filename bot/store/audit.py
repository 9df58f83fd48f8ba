"""The record of what people did: the journal's own rows of actions, each with who, what, when and by which way.

They outlive the journal's other rows: `keep.audit` says how long.
"""

from __future__ import annotations

from typing import Final

import msgspec
import sqlalchemy as sa

from bot.core.inputs import Action
from bot.store import schema
from bot.store.rows import decode_action
from bot.store.statements import Cursor, Row, Statement, first
from bot.store.values import Signature, Way

_J = schema.JOURNAL.c
# Written out, as the partial index has it: without it this would read the whole journal.
_IS_ACTION: Final[sa.ColumnElement[bool]] = schema.IS_ACTION
_COLUMNS: Final = (_J.seq, _J.at, _J.event_id, _J.source, _J.details, _J.fields)
_NEWEST = Statement(
    first(
        sa.select(*_COLUMNS).where(_IS_ACTION, _J.at < sa.bindparam("before_")).order_by(_J.at.desc(), _J.seq.desc()),
        sa.bindparam("limit_"),
    ),
    "before_",
    "limit_",
)
_EVER: Final = 1 << 62
_SCANNED: Final = 10_000


class AuditEntry(msgspec.Struct, frozen=True):
    """One action as it was recorded. `signature` is None for one that was recorded without."""

    seq: int
    at: int
    action: Action
    signature: Signature | None = None


def audit(
    cursor: Cursor, *, card_id: str | None = None, before: int | None = None, limit: int = 100
) -> list[AuditEntry]:
    """Return what people did, the last first; `card_id`: to one alert or roundup only; `before` is in ms."""
    most = limit if card_id is None else _SCANNED
    found = (_entry(row) for row in _NEWEST.all(cursor, _EVER if before is None else before, most))
    return [entry for entry in found if card_id in {None, entry.action.alert_id}][:limit]


def _entry(row: Row) -> AuditEntry:
    seq, at, action_id, way, by, said = row
    signature = Signature(action_id, Way(way), by or "") if action_id and way else None
    return AuditEntry(seq, at, msgspec.structs.replace(decode_action(said), at=at), signature)
