"""Roundups, how busy channels are, and what rules made of events: saved with the decisions they belong to."""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec
import sqlalchemy as sa

from bot.core.decisions import Decisions
from bot.core.roundup import Pace, Roundup
from bot.store import schema
from bot.store.statements import Cursor, Insertion, Row, Statement, first

_encode = msgspec.json.Encoder().encode
_decode_roundup = msgspec.json.Decoder(Roundup).decode
_decode_pace = msgspec.json.Decoder(Pace).decode

STEP: Final = 500

_R, _P, _L = schema.ROUNDUPS.c, schema.PACES.c, schema.LOOKS.c
_ROUNDUPS = Insertion(schema.ROUNDUPS, update=("is_over", "ended_at", "body"))
_PACES = Insertion(schema.PACES, update=("stale_at", "body"))
_LOOKS = Insertion(schema.LOOKS)
_STANDING = Statement(sa.select(_R.body).where(schema.IS_STANDING))
_ONE: Final = Statement(sa.select(_R.body).where(_R.roundup_id == sa.bindparam("id_")), "id_")
_OLD_LOOKS = Statement(first(sa.select(_L.n).where(_L.at < sa.bindparam("before_")).order_by(_L.n), STEP), "before_")
_DROP_LOOKS = Statement(sa.delete(schema.LOOKS).where(_L.n <= sa.bindparam("upto_")), "upto_")
_ALL_PACES = Statement(sa.select(_P.channel, _P.body))


class StandingRows(NamedTuple):
    """The rows of one save."""

    roundups: list[Row]
    paces: list[Row]
    looks: list[Row]

    def run(self, cursor: Cursor) -> None:
        """Write them; in the writer's thread, part of the save's transaction."""
        _ROUNDUPS.run(cursor, self.roundups)
        _PACES.run(cursor, self.paces)
        _LOOKS.run(cursor, self.looks)


def standing_rows(decisions: Decisions) -> StandingRows:
    """Return the rows of these decisions."""
    return StandingRows(
        roundups=[_roundup_row(one) for one in decisions.roundups.values()],
        paces=[(key, pace.stale_at, _text(pace)) for key, pace in decisions.paces.items() if pace is not None],
        looks=[
            (None, one.event_id, one.rule, one.slice_key, one.at, one.said, one.alert_id) for one in decisions.looks
        ],
    )


def standing_roundups(cursor: Cursor) -> list[Roundup]:
    """Return the roundups that are not over."""
    return [_decode_roundup(body) for (body,) in _STANDING.all(cursor)]


def roundup(cursor: Cursor, roundup_id: str) -> Roundup | None:
    """Return a roundup as it stands, also one that is over."""
    row = _ONE.one(cursor, roundup_id)
    return None if row is None else _decode_roundup(row[0])


def paces(cursor: Cursor) -> dict[str, Pace]:
    """Return how busy each channel is."""
    return {channel: _decode_pace(body) for channel, body in _ALL_PACES.all(cursor)}


def drop_looks(cursor: Cursor, before: int) -> int:
    """Remove the oldest looks from before a time (ms): at most 500. Returns how many."""
    old = _OLD_LOOKS.all(cursor, before)
    if old:
        _DROP_LOOKS.run(cursor, old[-1][0])
    return len(old)


def _roundup_row(one: Roundup) -> Row:
    return (one.roundup_id, one.kind.value, one.name, one.opened_at, one.ended_at, int(one.is_over), _text(one))


def _text(value: Roundup | Pace) -> str:
    return _encode(value).decode()
