"""The second commit: what was decided, and the cursor behind it, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import msgspec
import sqlalchemy as sa

from bot.core.decisions import Decisions, Notification
from bot.core.identity import delivery_id
from bot.core.state import Alert, Slice
from bot.store import schema
from bot.store.memories import Saving
from bot.store.standing import StandingRows, standing_rows
from bot.store.statements import Cursor, Insertion, Row, Statement, new, upsert
from bot.store.values import Cursor as Place
from bot.store.values import DeliveryState, Fetch, FetchState, RowStatus

_encode = msgspec.json.Encoder().encode

PIPELINE: Final = "pipeline"  # the cursor's name among the marks
_EDIT: Final = "edit"

_SLICES = Insertion(schema.SLICES, update=("rule", "body", "alert_id", "stale_at"))
_DROP_SLICE = Statement(sa.delete(schema.SLICES).where(schema.SLICES.c.key == sa.bindparam("key_")), "key_")
_TIMERS = Insertion(schema.TIMERS, update=("due",))
_DROP_TIMER = Statement(
    sa.delete(schema.TIMERS).where(
        schema.TIMERS.c.slice_key == sa.bindparam("slice_key_"), schema.TIMERS.c.name == sa.bindparam("name_")
    ),
    "slice_key_",
    "name_",
)
_ALERTS = Insertion(schema.ALERTS, update=("rule", "state", "severity", "fired_at", "last_at", "ended_at", "body"))
_FETCHES = Insertion(schema.FETCHES, update=("seq", "url", "due", "tries", "state"))
_SET_ASIDE = Statement(
    sa.update(schema.JOURNAL)
    .values(status=sa.literal_column(f"'{RowStatus.SET_ASIDE}'"), error=sa.bindparam("error_"))
    .where(schema.JOURNAL.c.seq == sa.bindparam("seq_")),
    "error_",
    "seq_",
)
_CURSOR = Statement(
    sa.update(schema.MARKS)
    .values(seq=sa.bindparam("seq_"), time=sa.bindparam("time_"))
    .where(schema.MARKS.c.name == sa.literal_column(f"'{PIPELINE}'")),
    "seq_",
    "time_",
)
_FORGET_TRIALS = Statement(sa.delete(schema.TRIALS).where(schema.TRIALS.c.seq <= sa.bindparam("seq_")), "seq_")


def _edits() -> Statement:
    """Return the upsert of the one edit row of a message: the last state wins, an attempt under way goes on."""
    row = schema.OUTBOX.c
    sending: sa.ColumnElement[str] = sa.literal_column(f"'{DeliveryState.SENDING}'")
    ready: sa.ColumnElement[str] = sa.literal_column(f"'{DeliveryState.READY}'")
    unknown: sa.ColumnElement[str] = sa.literal_column(f"'{DeliveryState.UNKNOWN}'")
    under_way = row.state.in_([sending, unknown])
    waits = sa.or_(under_way, row.state == ready)
    changes = {
        "reason": new(row.reason),
        "severity": new(row.severity),
        "revision": sa.case((new(row.revision) > row.revision, new(row.revision)), else_=row.revision),
        "state": sa.case((under_way, row.state), else_=ready),
        # A refusal's pause holds for the newer state of the message too; an ended row begins anew.
        "not_before": sa.case((waits, row.not_before), else_=new(row.not_before)),
        "created_at": sa.case((waits, row.created_at), else_=new(row.created_at)),
        "doubt": sa.case((waits, row.doubt), else_=new(row.doubt)),
    }
    return Statement(upsert(schema.OUTBOX, changes), *(column.name for column in schema.OUTBOX.columns))


_NOT_SENT: Final = (None,) * 5  # body, sent to, thread, doubt, doubted at
_EDITS = _edits()
_FIRSTS = Insertion(schema.OUTBOX, update=())


class Save(NamedTuple):
    """All rows of one save, encoded when it was asked for: what is changed afterwards does not change it."""

    place: Place
    memory: Saving
    slices: list[Row]
    dropped_slices: list[Row]
    timers: list[Row]
    dropped_timers: list[Row]
    alerts: list[Row]
    standing: StandingRows
    firsts: list[Row]
    edits: list[Row]
    fetches: list[Row]
    set_aside: list[Row]
    forget_trials: bool

    def run(self, cursor: Cursor) -> None:
        """Write everything; in the writer's thread, inside the transaction."""
        self.memory.run(cursor)
        _SLICES.run(cursor, self.slices)
        _DROP_SLICE.each(cursor, self.dropped_slices)
        _TIMERS.run(cursor, self.timers)
        _DROP_TIMER.each(cursor, self.dropped_timers)
        _ALERTS.run(cursor, self.alerts)
        self.standing.run(cursor)
        _FIRSTS.run(cursor, self.firsts)
        _EDITS.each(cursor, self.edits)
        _FETCHES.run(cursor, self.fetches)
        _SET_ASIDE.each(cursor, self.set_aside)
        _CURSOR.run(cursor, *self.place)
        if self.forget_trials:
            _FORGET_TRIALS.run(cursor, self.place.seq)


def save_of(
    decisions: Decisions,
    place: Place,
    memory: Saving,
    fetches: Sequence[Fetch],
    set_aside: Sequence[tuple[int, str]],
    *,
    forget_trials: bool,
) -> Save:
    """Return the rows of these decisions."""
    first = {one.delivery_id: one for one in decisions.notifications if one.reason.makes_message}
    return Save(
        place=place,
        memory=memory,
        slices=[_slice_row(key, one) for key, one in decisions.slices.items() if one is not None],
        dropped_slices=[(key,) for key, one in decisions.slices.items() if one is None],
        timers=[(*key, due) for key, due in decisions.timers.items() if due is not None],
        dropped_timers=[key for key, due in decisions.timers.items() if due is None],
        alerts=[_alert_row(alert) for alert in decisions.alerts.values()],
        standing=standing_rows(decisions),
        firsts=[_outbox_row(one, one.delivery_id) for one in first.values()],
        edits=list(_edit_rows(decisions.notifications)),
        fetches=[_fetch_row(fetch) for fetch in fetches],
        set_aside=[(error, seq) for seq, error in set_aside],
        forget_trials=forget_trials,
    )


def record_fetch(cursor: Cursor, fetch: Fetch) -> None:
    """Write how a fetch stands."""
    _FETCHES.run(cursor, [_fetch_row(fetch)])


def _fetch_row(fetch: Fetch) -> Row:
    """Return a fetch's row. Its address is a key to the document: it goes when it is not needed any more."""
    url = fetch.url if fetch.state is FetchState.WAITING else ""
    return (fetch.event_id, fetch.seq, url, fetch.due, fetch.tries, fetch.state.value)


def _slice_row(key: str, slice_: Slice) -> Row:
    alert_id = None if slice_.alert is None else slice_.alert.alert_id
    if slice_.latest is not None:  # apart for those who count only: an older Tocsin knows the window
        slice_ = msgspec.structs.replace(slice_, window=slice_.moments, latest=None)
    return (key, slice_.rule, _encode(slice_).decode(), alert_id, slice_.stale_at)


def _alert_row(alert: Alert) -> Row:
    return (
        alert.alert_id,
        alert.rule,
        alert.state.value,
        alert.severity.value,
        alert.fired_at,
        alert.last_at,
        alert.ended_at,
        _encode(alert).decode(),
    )


def _edit_rows(notifications: Iterable[Notification]) -> Iterable[Row]:
    for one in notifications:
        if not one.reason.makes_message:  # all edits of a message share one row
            yield _outbox_row(one, delivery_id(one.alert_id, one.channel, _EDIT))


def _outbox_row(one: Notification, own_id: str) -> Row:
    ready = DeliveryState.READY.value
    return (
        own_id,
        one.alert_id,
        one.channel,
        one.reason.value,
        one.severity.value,
        one.revision,
        ready,
        0,  # not before
        0,  # attempts
        None,  # started at
        None,  # error
        one.at,
        one.number,
        one.mention,
        one.thread or None,
        *_NOT_SENT,
    )
