"""The tables. Statements are written against these, so that another engine can take them.

Why `keys` is a table of its own and not a unique index on the journal: ids are hashes, so an index on them is written
at random places, and with one row in each of 32 pages a batch writes half a megabyte for 32 events (measured: 48 µs
of CPU per event with the index, 19 without). The journal is written in order only; `keys` and `memories` are filled
from it in sorted steps (settling.py), and what is not settled yet is held in memory and read again at start.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

# The revision this code reads and writes: the newest file of migrations/versions.
REVISION: Final = "0002"

METADATA: Final = sa.MetaData()

# SQLite keeps rows in the order of an INTEGER primary key; BIGINT there would be a second index beside the rows.
SEQ: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _at(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _text(name: str, *, nullable: bool = False, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable, primary_key=primary_key)


JOURNAL: Final = sa.Table(
    "journal",
    METADATA,
    sa.Column("seq", SEQ, primary_key=True, autoincrement=False),
    _at("at"),
    _text("kind"),
    _text("event_id", nullable=True),
    _text("source", nullable=True),
    _text("type", nullable=True),
    _at("occurred_at", nullable=True),
    _text("outcomes", nullable=True),  # joined with commas
    _text("fields", nullable=True),  # JSON: an event's fields, or the whole action
    _text("details", nullable=True),
    _text("reference", nullable=True),
    _text("status"),
    _text("error", nullable=True),
)
_SECOND: Final = JOURNAL.c.kind.in_(["envelope", "completion"])
# Only SQLite's condition: naming PostgreSQL's too would load that dialect at each start, for 50 ms.
sa.Index("ux_journal_second", JOURNAL.c.event_id, JOURNAL.c.kind, unique=True, sqlite_where=_SECOND)
_NOT_ACCEPTED: Final = JOURNAL.c.status != sa.literal_column("'accepted'")
sa.Index("ix_journal_refused", JOURNAL.c.status, sqlite_where=_NOT_ACCEPTED)
# What people did is the audit trail: found without a scan, and kept when other rows go.
IS_ACTION: Final[sa.ColumnElement[bool]] = JOURNAL.c.kind == sa.literal_column("'action'")
sa.Index("ix_journal_actions", JOURNAL.c.at, sqlite_where=IS_ACTION)

# The row that holds each key (rows.py: key_of), for all rows up to the one that MARKS names `keys`.
KEYS: Final = sa.Table("keys", METADATA, _text("key", primary_key=True), _at("seq"), sqlite_with_rowid=False)

BODIES: Final = sa.Table(
    "bodies",
    METADATA,
    sa.Column("seq", SEQ, primary_key=True, autoincrement=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

MEMORIES: Final = sa.Table(
    "memories", METADATA, _text("key", primary_key=True), _text("body"), _at("at"), sqlite_with_rowid=False
)
# Memories in the order they were saved, until they are settled into MEMORIES.
MEMORY_LOG: Final = sa.Table(
    "memory_log",
    METADATA,
    sa.Column("n", SEQ, primary_key=True, autoincrement=False),
    _text("key"),
    _text("body"),
    _at("at"),
)

SLICES: Final = sa.Table(
    "slices",
    METADATA,
    _text("key", primary_key=True),
    _text("rule"),
    _text("body"),
    _text("alert_id", nullable=True),  # set while the slice's alert is open
    _at("stale_at"),
    sqlite_with_rowid=False,
)
_OPEN: Final = SLICES.c.alert_id.is_not(None)
sa.Index("ix_slices_open", SLICES.c.alert_id, sqlite_where=_OPEN)

TIMERS: Final = sa.Table(
    "timers",
    METADATA,
    _text("slice_key", primary_key=True),
    _text("name", primary_key=True),
    _at("due"),
    sqlite_with_rowid=False,
)

ALERTS: Final = sa.Table(
    "alerts",
    METADATA,
    _text("alert_id", primary_key=True),
    _text("rule"),
    _text("state"),
    _text("severity"),
    _at("fired_at"),
    _at("last_at"),
    _at("ended_at", nullable=True),
    _text("body"),
)
sa.Index("ix_alerts_state", ALERTS.c.state, ALERTS.c.fired_at)
sa.Index("ix_alerts_fired", ALERTS.c.fired_at)

# Messages about many alerts (bot/core/roundup.py). Those that are not over are read at start.
ROUNDUPS: Final = sa.Table(
    "roundups",
    METADATA,
    _text("roundup_id", primary_key=True),
    _text("kind"),
    _text("name"),
    _at("opened_at"),
    _at("ended_at", nullable=True),
    sa.Column("is_over", sa.BigInteger, nullable=False),
    _text("body"),
)
IS_STANDING: Final[sa.ColumnElement[bool]] = ROUNDUPS.c.is_over == sa.literal_column("0")
sa.Index("ix_roundups_standing", ROUNDUPS.c.is_over, sqlite_where=IS_STANDING)
sa.Index("ix_roundups_opened", ROUNDUPS.c.opened_at)

PACES: Final = sa.Table(
    "paces", METADATA, _text("channel", primary_key=True), _at("stale_at"), _text("body"), sqlite_with_rowid=False
)

# What each rule made of each event, in words (bot/core/decisions.py: Look), for `why`.
LOOKS: Final = sa.Table(
    "looks",
    METADATA,
    sa.Column("n", SEQ, primary_key=True),
    _text("event_id"),
    _text("rule"),
    _text("slice_key"),
    _at("at"),
    _text("said"),
    _text("alert_id", nullable=True),
)
sa.Index("ix_looks_event", LOOKS.c.event_id)
sa.Index("ix_looks_slice", LOOKS.c.slice_key)

MESSAGES: Final = sa.Table(
    "messages",
    METADATA,
    _text("alert_id", primary_key=True),
    _text("channel", primary_key=True),
    _text("ts", nullable=True),
    _text("channel_id", nullable=True),
    sa.Column("posted_revision", sa.BigInteger, nullable=False),
    _text("delivery_id"),
    sqlite_with_rowid=False,
)

OUTBOX: Final = sa.Table(
    "outbox",
    METADATA,
    _text("delivery_id", primary_key=True),
    _text("alert_id"),
    _text("channel"),
    _text("reason"),
    _text("severity"),
    sa.Column("revision", sa.BigInteger, nullable=False),
    _text("state"),
    _at("not_before"),
    sa.Column("attempt", sa.BigInteger, nullable=False),
    _at("started_at", nullable=True),
    _text("error", nullable=True),
    _at("created_at"),
    sa.Column("number", sa.BigInteger, nullable=False, server_default="0"),
    _text("mention", nullable=True),
    _text("thread", nullable=True),  # the card in whose thread a reply stands, where that is not its own alert's
    _text("body", nullable=True),  # JSON: a message that is drawn from nothing else
    _text("sent_to", nullable=True),  # where the latest attempt went: a channel's address …
    _text("thread_ts", nullable=True),  # … and the thread there
    _text("doubt", nullable=True),
    _at("doubted_at", nullable=True),
)
_DOUBTED: Final = OUTBOX.c.doubted_at.is_not(None)
sa.Index("ix_outbox_doubted", OUTBOX.c.doubted_at, sqlite_where=_DOUBTED)
sa.Index("ix_outbox_state", OUTBOX.c.state, OUTBOX.c.created_at)
sa.Index("ix_outbox_alert", OUTBOX.c.alert_id)

ATTEMPTS: Final = sa.Table(
    "attempts",
    METADATA,
    _text("delivery_id", primary_key=True),
    sa.Column("attempt", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("revision", sa.BigInteger, nullable=False),
    _at("started_at"),
    _at("ended_at", nullable=True),
    _text("outcome", nullable=True),
    _text("detail", nullable=True),
    sqlite_with_rowid=False,
)

FETCHES: Final = sa.Table(
    "fetches",
    METADATA,
    _text("event_id", primary_key=True),
    _at("seq"),
    _text("url"),
    _at("due"),
    sa.Column("tries", sa.BigInteger, nullable=False),
    _text("state"),
    sqlite_with_rowid=False,
)
sa.Index("ix_fetches_state", FETCHES.c.state)

# How often each row was tried that has not been decided yet: counted before it is tried, so a killer is known.
TRIALS: Final = sa.Table(
    "trials",
    METADATA,
    sa.Column("seq", SEQ, primary_key=True, autoincrement=False),
    sa.Column("count", sa.BigInteger, nullable=False),
)

# Which rule set came into force with which row of the journal: `why` and replay go by them, and so they outlive all
# rows that they decided.
RELOADS: Final = sa.Table(
    "reloads", METADATA, sa.Column("seq", SEQ, primary_key=True, autoincrement=False), _at("at"), _text("version")
)
# The text of each rule set (rulesets.py); `at` is when it came into force last.
RULE_SETS: Final = sa.Table(
    "rule_sets",
    METADATA,
    _text("version", primary_key=True),
    _at("at"),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

# One digest for each channel and local date, made once: the period it is about, and its numbers (bot/digests).
DIGESTS: Final = sa.Table(
    "digests",
    METADATA,
    _text("name", primary_key=True),
    _text("channel", primary_key=True),
    _text("local_date", primary_key=True),
    _text("state"),
    _at("due_at"),
    _at("window_begin"),
    _at("window_end"),
    _at("created_at"),
    _text("numbers", nullable=True),
    sqlite_with_rowid=False,
)

# Places in the journal: `pipeline` (the cursor) and `keys` (settled up to here).
MARKS: Final = sa.Table("marks", METADATA, _text("name", primary_key=True), _at("seq"), _at("time"))

META: Final = sa.Table("meta", METADATA, _text("name", primary_key=True), _text("value"))
