"""Which rule set came into force with which row of the journal, and its text.

The set in force is what the journal says, not what lies in the files: a start goes on with the set under which its
undecided rows were accepted, `why` explains a decision by the rules that made it, and replay compiles each again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar

import sqlalchemy as sa

from bot.core.inputs import Reload
from bot.store import schema
from bot.store.counting import note, noted
from bot.store.operations import Work
from bot.store.rows import other_row
from bot.store.statements import Cursor, Statement, first, new, upsert
from bot.store.values import Appended, RowKind
from bot.store.writer import Writer

T = TypeVar("T")

STEP: Final = 500
_PASSED: Final = "rule_set_passed"
_J, _R, _S = schema.JOURNAL.c, schema.RELOADS.c, schema.RULE_SETS.c
# The row stands at the journal's end: it was written by the same batch.
_LAST_ROW = Statement(
    first(
        sa.select(_J.seq, _J.at).where(_J.kind == sa.literal_column(f"'{RowKind.RELOAD}'")).order_by(_J.seq.desc()), 1
    )
)
_NOTE = Statement(upsert(schema.RELOADS), "seq", "at", "version")
_KEEP = Statement(upsert(schema.RULE_SETS, {"at": new(_S.at), "body": new(_S.body)}), "version", "at", "body")
_IN_FORCE = Statement(
    first(sa.select(_R.seq, _R.at, _R.version).where(_R.seq <= sa.bindparam("seq_")).order_by(_R.seq.desc()), 1),
    "seq_",
)
_FIRST = Statement(first(sa.select(_R.seq, _R.at, _R.version).order_by(_R.seq), 1))
_FIRST_ROW = Statement(sa.select(sa.func.min(_J.seq)))
_LATEST = Statement(
    first(
        sa.select(_R.seq)
        .where(_R.at < sa.bindparam("before_"), _R.seq <= sa.bindparam("upto_"))
        .order_by(_R.seq.desc()),
        1,
    ),
    "before_",
    "upto_",
)
_REPLACED = Statement(
    first(sa.select(_R.seq).where(_R.seq < sa.bindparam("latest_")).order_by(_R.seq), STEP), "latest_"
)
_DROP = Statement(sa.delete(schema.RELOADS).where(_R.seq <= sa.bindparam("upto_")), "upto_")
_TEXT = Statement(sa.select(_S.body).where(_S.version == sa.bindparam("version_")), "version_")
_END: Final = 2**62


class InForce(NamedTuple):
    """A rule set that came into force: with which row of the journal, when (ms), and its version."""

    seq: int
    at: int
    version: str


def in_force_at(cursor: Cursor, seq: int) -> InForce | None:
    """Return what was in force when a row was decided. What came before the very first reload was decided by that."""
    row = _IN_FORCE.one(cursor, seq) or _FIRST.one(cursor)
    return InForce(*row) if row else None


def text_of(cursor: Cursor, version: str) -> bytes | None:
    """Return the text of a rule set, as it was given to `append_reload`; None once it is forgotten."""
    row = _TEXT.one(cursor, version)
    return row[0] if row else None


def drop_replaced(cursor: Cursor, before: int, upto: int) -> int:
    """Forget what was replaced before a time (ms) and before a row: at most 500. Returns how many.

    What was in force when any row was decided that is still there stays: `in_force_at` must find it.
    """
    (first_row,) = _FIRST_ROW.one(cursor) or (None,)
    latest = _LATEST.one(cursor, before, upto if first_row is None else min(upto, first_row))
    replaced = _REPLACED.all(cursor, *latest) if latest else []
    if replaced:
        _DROP.run(cursor, *replaced[-1])
    return len(replaced)


class RuleSetRows:
    """The store's part for rule sets. Raises as all of the store does."""

    _writer: Writer
    _loop: asyncio.AbstractEventLoop

    async def append_reload(self, version: str, body: bytes = b"") -> int:
        """Journal that another rule set is in force from here on, and keep its text; returns its row.

        Both are queued at once, and so written by one transaction. One call at a time.
        """
        row = other_row(Reload(at=0, version=version), self._loop.create_future())
        kept: asyncio.Future[None] = self._loop.create_future()
        self._writer.submit(row)
        self._writer.submit(Work(partial(_keep, version=version, body=body), kept))
        appended: Appended = await row.future
        await kept
        return appended.seq

    async def rule_set_in_force(self) -> str | None:
        """Return the version that was given to `append_reload` last, also in an earlier process life."""
        found = await self.rule_set_at(_END)
        return found.version if found else None

    async def rule_set_at(self, seq: int) -> InForce | None:
        """Return what was in force when a row was decided; None before the first reload was journaled."""
        return await self.ask(lambda cursor: in_force_at(cursor, seq))

    async def rule_set_text(self, version: str) -> bytes | None:
        """Return the text of a rule set; None once it is forgotten."""
        return await self.ask(lambda cursor: text_of(cursor, version))

    async def rule_set_passed(self) -> str | None:
        """Return the version whose examples passed last."""
        return await self.ask(lambda cursor: noted(cursor, _PASSED))

    async def note_rule_set_passed(self, version: str) -> None:
        """Remember that the examples of a rule set passed, so that the next start need not run them."""
        await self.work(lambda cursor: note(cursor, _PASSED, version))

    async def ask(self, question: Callable[[Cursor], T]) -> T:
        """Run a longer read in the reader's thread (store.py)."""
        raise NotImplementedError

    async def work(self, run: Callable[[Cursor], Any]) -> Any:
        """Run something in the writer's thread (store.py)."""
        raise NotImplementedError


def _keep(cursor: Cursor, version: str, body: bytes) -> None:
    row = _LAST_ROW.one(cursor)
    if row is not None:
        _NOTE.run(cursor, *row, version)
        _KEEP.run(cursor, version, row[1], body)
