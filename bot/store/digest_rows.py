"""Digests as rows: which are made, for which period, with which numbers; and the one way to make one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import sqlalchemy as sa

from bot.core.identity import digest_of
from bot.store import schema
from bot.store.counting import note, noted
from bot.store.outbox import add as add_deliveries
from bot.store.statements import Cursor, Insertion, Statement, first
from bot.store.values import Delivery

_D = schema.DIGESTS.c
_COLUMNS: Final = tuple(_D)
_INSERT = Insertion(schema.DIGESTS, update=())
_BEFORE = Statement(
    first(
        sa.select(*_COLUMNS)
        .where(
            _D.name == sa.bindparam("name_"),
            _D.window_end < sa.bindparam("before_"),
            _D.state != sa.literal_column("'missed'"),
        )
        .order_by(_D.window_end.desc(), _D.channel),
        1,
    ),
    "name_",
    "before_",
)
_OF_DATE = Statement(
    sa.select(*_COLUMNS).where(_D.name == sa.bindparam("name_"), _D.local_date == sa.bindparam("date_")),
    "name_",
    "date_",
)
_NEWEST = Statement(
    first(
        sa.select(*_COLUMNS)
        .where(sa.or_(sa.bindparam("any_", type_=sa.Boolean), _D.name == sa.bindparam("name_")))
        .order_by(_D.due_at.desc(), _D.name, _D.channel),
        sa.bindparam("most_"),
    ),
    "any_",
    "name_",
    "most_",
)
_DATES = Statement(
    sa.select(_D.channel, _D.local_date).where(
        _D.name == sa.bindparam("name_"), _D.local_date >= sa.bindparam("from_")
    ),
    "name_",
    "from_",
)
_OLD = Statement(sa.select(_D.name, _D.channel, _D.local_date).where(_D.due_at < sa.bindparam("before_")), "before_")
_FORGET_MESSAGE = Statement(sa.delete(schema.MESSAGES).where(schema.MESSAGES.c.alert_id == sa.bindparam("id_")), "id_")
_FORGET = Statement(sa.delete(schema.DIGESTS).where(_D.due_at < sa.bindparam("before_")), "before_")


class DigestRow(NamedTuple):
    """One digest of one channel and local date (ISO). `numbers` is JSON; None where it was missed. Times are ms."""

    name: str
    channel: str
    local_date: str
    state: str
    due_at: int
    window_begin: int
    window_end: int
    created_at: int
    numbers: str | None = None


MADE: Final = "made"
SILENT: Final = "silent"
MISSED: Final = "missed"


def last_told(cursor: Cursor, name: str, before: int) -> DigestRow | None:
    """Return the last digest whose period ended before a time, missed ones left out."""
    row = _BEFORE.one(cursor, name, before)
    return None if row is None else DigestRow(*row)


def of_date(cursor: Cursor, name: str, local_date: str) -> list[DigestRow]:
    """Return the digests of a local date, one for each channel."""
    return [DigestRow(*row) for row in _OF_DATE.all(cursor, name, local_date)]


def newest(cursor: Cursor, name: str | None, most: int) -> list[DigestRow]:
    """Return the digests that were due last, of one name or of all."""
    return [DigestRow(*row) for row in _NEWEST.all(cursor, name is None, name or "", most)]


def dates_done(cursor: Cursor, name: str, since: str) -> set[tuple[str, str]]:
    """Return (channel, local date) of every digest from a date on."""
    return set(_DATES.all(cursor, name, since))


def reckoned_to(cursor: Cursor, name: str) -> int | None:
    """Return up to when it was last reckoned which digests are due; None: never."""
    word = noted(cursor, f"digest {name}")
    return int(word) if word else None


def reckon(cursor: Cursor, name: str, at: int) -> None:
    """Note up to when it was reckoned."""
    note(cursor, f"digest {name}", str(at))


def make(cursor: Cursor, rows: Sequence[DigestRow], messages: Sequence[Delivery]) -> list[DigestRow]:
    """Insert the rows that are not there, with the messages of their channels; returns those that were not.

    One transaction with what its caller does: either a row and its messages are there, or neither.
    """
    new = [row for row in rows if not _is_there(cursor, row)]
    _INSERT.run(cursor, [tuple(row) for row in new])
    channels = {row.channel for row in new}
    add_deliveries(cursor, [one for one in messages if one.channel in channels])
    return new


def card_id(name: str, channel: str, local_date: str) -> str:
    """Return the id of a digest's messages in the outbox."""
    return "di_" + digest_of((name, channel, local_date))


def forget(cursor: Cursor, before: int) -> None:
    """Remove the digests that were due before a time, and where their messages stand."""
    _FORGET_MESSAGE.each(cursor, [(card_id(*row),) for row in _OLD.all(cursor, before)])
    _FORGET.run(cursor, before)


def _is_there(cursor: Cursor, row: DigestRow) -> bool:
    return any(one.channel == row.channel for one in of_date(cursor, row.name, row.local_date))
