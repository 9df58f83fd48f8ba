"""Roundups, looks, digests, rule sets; what the outbox must know of a doubtful post. A released revision never changes.

Alerts of the first version were told by a card of their own in each of their channels; from here on that is written on
them (`told`), because a channel may also be told by a roundup. Without it their cards would never be edited again.
"""

from __future__ import annotations

import json
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_SEQ: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(name: str, *, key: bool = False, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=key, nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _row_number(name: str) -> sa.Column[int]:
    return sa.Column(name, _SEQ, primary_key=True, autoincrement=False)


def _index_where(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where))


def upgrade() -> None:
    """Add the tables and columns of the second schema, and say where the alerts there are were told."""
    _journal()
    _state()
    _outbox()
    _digests()
    _say_where_told()


def _journal() -> None:
    _index_where("ix_journal_actions", "journal", ["at"], "kind = 'action'")
    op.create_table("reloads", _row_number("seq"), _number("at"), _text("version"))
    body: sa.Column[bytes] = sa.Column("body", sa.LargeBinary, nullable=False)
    op.create_table("rule_sets", _text("version", key=True), _number("at"), body)


def _state() -> None:
    op.create_table(
        "roundups",
        _text("roundup_id", key=True),
        _text("kind"),
        _text("name"),
        _number("opened_at"),
        _number("ended_at", nullable=True),
        _number("is_over"),
        _text("body"),
    )
    _index_where("ix_roundups_standing", "roundups", ["is_over"], "is_over = 0")
    op.create_index("ix_roundups_opened", "roundups", ["opened_at"])
    op.create_table("paces", _text("channel", key=True), _number("stale_at"), _text("body"), sqlite_with_rowid=False)
    op.create_table(
        "looks",
        sa.Column("n", _SEQ, primary_key=True),
        _text("event_id"),
        _text("rule"),
        _text("slice_key"),
        _number("at"),
        _text("said"),
        _text("alert_id", nullable=True),
    )
    op.create_index("ix_looks_event", "looks", ["event_id"])
    op.create_index("ix_looks_slice", "looks", ["slice_key"])


def _outbox() -> None:
    number: sa.Column[int] = sa.Column("number", sa.BigInteger, nullable=False, server_default="0")
    op.add_column("outbox", number)
    for name in ("mention", "thread", "body", "sent_to", "thread_ts", "doubt"):
        op.add_column("outbox", _text(name, nullable=True))
    op.add_column("outbox", _number("doubted_at", nullable=True))
    _index_where("ix_outbox_doubted", "outbox", ["doubted_at"], "doubted_at IS NOT NULL")


def _digests() -> None:
    op.create_table(
        "digests",
        _text("name", key=True),
        _text("channel", key=True),
        _text("local_date", key=True),
        _text("state"),
        _number("due_at"),
        _number("window_begin"),
        _number("window_end"),
        _number("created_at"),
        _text("numbers", nullable=True),
        sqlite_with_rowid=False,
    )


def _say_where_told() -> None:
    store = op.get_bind()
    for key, body in store.execute(sa.text("SELECT key, body FROM slices WHERE alert_id IS NOT NULL")).all():
        slice_: dict[str, Any] = json.loads(body)
        slice_["alert"] = _told(slice_["alert"])
        change = sa.text("UPDATE slices SET body = :body WHERE key = :key")
        store.execute(change, {"body": json.dumps(slice_, ensure_ascii=False), "key": key})
    for alert_id, body in store.execute(sa.text("SELECT alert_id, body FROM alerts")).all():
        change = sa.text("UPDATE alerts SET body = :body WHERE alert_id = :alert_id")
        alert = _told(json.loads(body))
        store.execute(change, {"body": json.dumps(alert, ensure_ascii=False), "alert_id": alert_id})


def _told(alert: dict[str, Any]) -> dict[str, Any]:
    if alert.get("mode", "live") != "live":
        return alert
    return {**alert, "told": [[channel, alert["alert_id"]] for channel in alert.get("channels", [])]}
