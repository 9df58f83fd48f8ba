"""What a store says was decided beside what a replay decided: row by row, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from bot.core.decisions import Reason
from bot.store.statements import Cursor

_AT_ONCE: Final = 500


class Kept(NamedTuple):
    """One table as far as it was decided. All texts are SQL over the table's own columns.

    Args:
        name: the table.
        columns: what is compared; the first is the key.
        rule: the rule that a row is of, or nothing.
        at: when it began (ms).
        only: leaves out what the pipeline did not decide.
    """

    name: str
    columns: tuple[str, ...]
    rule: str
    at: str
    only: str = "1"


# Replies and posts have a row each. All edits of a message share one, whose reason is the latest that was told.
_RULE_OF_CARD: Final = "coalesce((SELECT rule FROM alerts WHERE alerts.alert_id = outbox.alert_id), '')"
KEPT: Final = (
    Kept("alerts", ("alert_id", "body"), "rule", "fired_at"),
    Kept("roundups", ("roundup_id", "body"), "name", "opened_at"),
    Kept(
        "outbox",
        ("delivery_id", "alert_id", "channel", "reason", "severity", "revision", "number", "mention"),
        _RULE_OF_CARD,
        "created_at",
        "body IS NULL AND (alert_id LIKE 'al%' OR alert_id LIKE 'ro%')",  # not digests, nor what one message tells
    ),
)
MESSAGE_REASONS: Final = frozenset(reason.value for reason in Reason if reason.makes_message)


class Difference(NamedTuple):
    """A row that is not the same. `was` is what the store holds, `now` what the replay made, by column; None: nothing.

    `at` is when it began, ms.
    """

    table: str
    key: str
    rule: str
    at: int
    was: dict[str, Any] | None
    now: dict[str, Any] | None


def copy_kept(store: Cursor, scratch: Cursor) -> None:
    """Copy what the store holds of decisions. Inside one read transaction of the store it is of one moment."""
    for kept in KEPT:
        columns = ", ".join((*kept.columns, "rule_", "at_"))
        scratch.execute(f"CREATE TABLE was_{kept.name} ({columns}, PRIMARY KEY ({kept.columns[0]})) WITHOUT ROWID")
        scratch.execute("BEGIN")
        marks = ", ".join("?" * (len(kept.columns) + 2))
        rows = store.execute(_selection(kept))
        while some := rows.fetchmany(_AT_ONCE):
            scratch.executemany(f"INSERT INTO was_{kept.name} VALUES ({marks})", some)  # noqa: S608  (our own names)
        scratch.execute("COMMIT")


def differences(scratch: Cursor) -> Iterator[Difference]:
    """Yield what is not the same, table by table, in the order of when it began."""
    for kept in KEPT:
        key, width = kept.columns[0], len(kept.columns)
        now = f"({_selection(kept)})"
        was = f"was_{kept.name}"
        changed = " OR ".join(f"was.{name} IS NOT now.{name}" for name in kept.columns[1:])
        found = scratch.execute(
            # The left side is read once; the key finds the other.
            f"SELECT was.*, now.* FROM {was} was LEFT JOIN {now} now ON now.{key} = was.{key}"  # noqa: S608  (our own)
            f" WHERE now.{key} IS NULL OR {changed}"
            f" UNION ALL SELECT was.*, now.* FROM {now} now LEFT JOIN {was} was ON was.{key} = now.{key}"
            f" WHERE was.{key} IS NULL ORDER BY {width + 2}, {2 * width + 4}, 1"
        )
        for row in found:
            yield _difference(kept, row[: width + 2], row[width + 2 :])


def _selection(kept: Kept) -> str:
    columns = ", ".join((*kept.columns, f"{kept.rule} AS rule_", f"{kept.at} AS at_"))
    return f"SELECT {columns} FROM {kept.name} WHERE {kept.only}"  # noqa: S608  (names of our own, above)


def _difference(kept: Kept, was: tuple[Any, ...], now: tuple[Any, ...]) -> Difference:
    there = was if was[0] is not None else now
    names = kept.columns
    return Difference(
        kept.name,
        there[0],
        there[-2] or "",
        there[-1],
        None if was[0] is None else dict(zip(names, was, strict=False)),
        None if now[0] is None else dict(zip(names, now, strict=False)),
    )
