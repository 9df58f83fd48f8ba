"""The statements of the outbox, and its rows as values."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from bot.core.decisions import Reason
from bot.core.rule import Severity
from bot.store import schema
from bot.store.statements import Insertion, Row, Statement, new, upsert
from bot.store.statements import first as first_rows
from bot.store.values import Delivery, DeliveryState, Doubt

_O = schema.OUTBOX.c
_A = schema.ATTEMPTS.c
_M = schema.MESSAGES.c


def _literal(*states: DeliveryState) -> list[sa.ColumnElement[str]]:
    return [sa.literal_column(f"'{state}'") for state in states]


BY_ID: Final = Statement(sa.select(*_O).where(_O.delivery_id == sa.bindparam("id_")), "id_")
IN_STATE: Final = Statement(
    sa.select(*_O).where(_O.state == sa.bindparam("state_")).order_by(_O.created_at, _O.delivery_id), "state_"
)
DOUBTED: Final = Statement(
    sa.select(*_O)
    .where(_O.doubted_at >= sa.bindparam("since_"), _O.state.in_(_literal(DeliveryState.SENT)))
    .order_by(_O.doubted_at, _O.delivery_id),
    "since_",
)
COUNT: Final = Statement(sa.select(_O.state, sa.func.count()).group_by(_O.state))
ADD: Final = Insertion(schema.OUTBOX, update=())
BEGIN: Final = Statement(
    sa.update(schema.OUTBOX)
    .values(
        state=sa.literal_column(f"'{DeliveryState.SENDING}'"),
        attempt=sa.bindparam("attempt_"),
        started_at=sa.bindparam("now_"),
        sent_to=sa.bindparam("sent_to_"),
        thread_ts=sa.bindparam("thread_ts_"),
    )
    .where(_O.delivery_id == sa.bindparam("id_")),
    "attempt_",
    "now_",
    "sent_to_",
    "thread_ts_",
    "id_",
)
END: Final = Statement(
    sa.update(schema.OUTBOX)
    .values(
        state=sa.bindparam("state_"),
        not_before=sa.bindparam("not_before_"),
        error=sa.bindparam("error_"),
        doubt=sa.bindparam("doubt_"),
        doubted_at=sa.bindparam("doubted_at_"),
    )
    .where(_O.delivery_id == sa.bindparam("id_")),
    "state_",
    "not_before_",
    "error_",
    "doubt_",
    "doubted_at_",
    "id_",
)
# A kept one waits for a person, not for a start.
_FREE: Final = sa.and_(
    _O.state.in_(_literal(DeliveryState.PARKED)),
    sa.func.coalesce(_O.doubt, sa.literal_column("''")) != sa.literal_column(f"'{Doubt.KEPT}'"),
)
UNPARK_ALL: Final = Statement(
    sa.update(schema.OUTBOX)
    .values(state=sa.literal_column(f"'{DeliveryState.READY}'"), not_before=sa.literal_column("0"))
    .where(_FREE)
)
PARKED: Final = Statement(
    first_rows(
        sa.select(*_O).where(_FREE, _O.channel == sa.bindparam("channel_")).order_by(_O.created_at, _O.delivery_id),
        sa.bindparam("most_"),
    ),
    "channel_",
    "most_",
)
_TO_COME: Final = (
    DeliveryState.READY,
    DeliveryState.SENDING,
    DeliveryState.UNKNOWN,
    DeliveryState.PARKED,
    DeliveryState.SENT,
)
# SENT too: a webhook's message has been recorded by then, and between the two the row must not count as gone.
CARD_TO_COME: Final = Statement(
    first_rows(
        sa.select(_O.delivery_id).where(
            _O.alert_id == sa.bindparam("id_"),
            _O.channel == sa.bindparam("channel_"),
            _O.reason.in_([sa.literal_column(f"'{reason}'") for reason in Reason if reason.is_post]),
            _O.state.in_(_literal(*_TO_COME)),
        ),
        1,
    ),
    "id_",
    "channel_",
)
BEGIN_ATTEMPT: Final = Insertion(schema.ATTEMPTS)
ATTEMPTED: Final = Statement(
    sa.select(_A.revision).where(_A.delivery_id == sa.bindparam("id_"), _A.attempt == sa.bindparam("attempt_")),
    "id_",
    "attempt_",
)
END_ATTEMPT: Final = Statement(
    sa.update(schema.ATTEMPTS)
    .values(ended_at=sa.bindparam("now_"), outcome=sa.bindparam("outcome_"), detail=sa.bindparam("detail_"))
    .where(_A.delivery_id == sa.bindparam("id_"), _A.attempt == sa.bindparam("attempt_")),
    "now_",
    "outcome_",
    "detail_",
    "id_",
    "attempt_",
)
_SHOWN: Final = sa.case(
    (new(_M.posted_revision) > _M.posted_revision, new(_M.posted_revision)), else_=_M.posted_revision
)
_MESSAGE_COLUMNS: Final = tuple(column.name for column in schema.MESSAGES.columns)
POSTED: Final = Statement(
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
EDITED: Final = Statement(upsert(schema.MESSAGES, {"posted_revision": _SHOWN}), *_MESSAGE_COLUMNS)

_COLUMNS: Final = tuple(column.name for column in schema.OUTBOX.columns)


def delivery_of(row: Row) -> Delivery:
    """Return an outbox row as a value; the columns in the order of the schema."""
    values = dict(zip(_COLUMNS, row, strict=True))
    values["reason"], values["severity"] = Reason(values["reason"]), Severity(values["severity"])
    values["state"] = DeliveryState(values["state"])
    values["doubt"] = Doubt(values["doubt"]) if values["doubt"] else None
    return Delivery(**values)


def row_of(delivery: Delivery) -> Row:
    """Return a value as an outbox row."""
    return tuple(getattr(delivery, name) for name in _COLUMNS)
