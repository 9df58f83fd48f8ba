"""The first schema. What the tables are for stands in bot/store/schema.py; a released revision never changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_SEQ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _table(name: str, *columns: sa.Column[int] | sa.Column[str] | sa.Column[bytes], rowid: bool = True) -> None:
    op.create_table(name, *columns, sqlite_with_rowid=rowid)


def _text(name: str, *, key: bool = False, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=key, nullable=nullable)


def _number(name: str, *, key: bool = False, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, primary_key=key, nullable=nullable, autoincrement=False)


def _row_number(name: str) -> sa.Column[int]:
    return sa.Column(name, _SEQ, primary_key=True, autoincrement=False)


def _index_where(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=sa.text(where))


def upgrade() -> None:
    """Make all tables of the first schema."""
    _inputs()
    _state()
    _out()


def _inputs() -> None:
    _table(
        "journal",
        _row_number("seq"),
        _number("at"),
        _text("kind"),
        _text("event_id", nullable=True),
        _text("source", nullable=True),
        _text("type", nullable=True),
        _number("occurred_at", nullable=True),
        _text("outcomes", nullable=True),
        _text("fields", nullable=True),
        _text("details", nullable=True),
        _text("reference", nullable=True),
        _text("status"),
        _text("error", nullable=True),
    )
    second = "kind IN ('envelope', 'completion')"
    _index_where("ux_journal_second", "journal", ["event_id", "kind"], second, unique=True)
    _index_where("ix_journal_refused", "journal", ["status"], "status != 'accepted'")
    _table("keys", _text("key", key=True), _number("seq"), rowid=False)
    _table("bodies", _row_number("seq"), sa.Column("body", sa.LargeBinary, nullable=False))
    _table("trials", _row_number("seq"), _number("count"))
    marks = op.create_table("marks", _text("name", key=True), _number("seq"), _number("time"))
    op.bulk_insert(marks, [{"name": name, "seq": 0, "time": 0} for name in ("pipeline", "keys")])
    _table("meta", _text("name", key=True), _text("value"))


def _state() -> None:
    _table("memories", _text("key", key=True), _text("body"), _number("at"), rowid=False)
    _table("memory_log", _row_number("n"), _text("key"), _text("body"), _number("at"))
    _table(
        "slices",
        _text("key", key=True),
        _text("rule"),
        _text("body"),
        _text("alert_id", nullable=True),
        _number("stale_at"),
        rowid=False,
    )
    _index_where("ix_slices_open", "slices", ["alert_id"], "alert_id IS NOT NULL")
    _table("timers", _text("slice_key", key=True), _text("name", key=True), _number("due"), rowid=False)
    _table(
        "alerts",
        _text("alert_id", key=True),
        _text("rule"),
        _text("state"),
        _text("severity"),
        _number("fired_at"),
        _number("last_at"),
        _number("ended_at", nullable=True),
        _text("body"),
    )
    op.create_index("ix_alerts_state", "alerts", ["state", "fired_at"])
    op.create_index("ix_alerts_fired", "alerts", ["fired_at"])


def _out() -> None:
    _table(
        "messages",
        _text("alert_id", key=True),
        _text("channel", key=True),
        _text("ts", nullable=True),
        _text("channel_id", nullable=True),
        _number("posted_revision"),
        _text("delivery_id"),
        rowid=False,
    )
    _table(
        "outbox",
        _text("delivery_id", key=True),
        _text("alert_id"),
        _text("channel"),
        _text("reason"),
        _text("severity"),
        _number("revision"),
        _text("state"),
        _number("not_before"),
        _number("attempt"),
        _number("started_at", nullable=True),
        _text("error", nullable=True),
        _number("created_at"),
    )
    op.create_index("ix_outbox_state", "outbox", ["state", "created_at"])
    op.create_index("ix_outbox_alert", "outbox", ["alert_id"])
    _table(
        "attempts",
        _text("delivery_id", key=True),
        _number("attempt", key=True),
        _number("revision"),
        _number("started_at"),
        _number("ended_at", nullable=True),
        _text("outcome", nullable=True),
        _text("detail", nullable=True),
        rowid=False,
    )
    _table(
        "fetches",
        _text("event_id", key=True),
        _number("seq"),
        _text("url"),
        _number("due"),
        _number("tries"),
        _text("state"),
        rowid=False,
    )
    op.create_index("ix_fetches_state", "fetches", ["state"])
