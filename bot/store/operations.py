"""What is queued for the writer: rows for the journal, and any other piece of work. Each has one waiter.

And what runs them in a transaction, as the writer sees it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

import msgspec

from bot.core.inputs import Action, Event, Reload
from bot.store.statements import Cursor, Row

Given: TypeAlias = Event | Action | Reload


class Append(msgspec.Struct, gc=False):
    """A row for the journal: `values` are its columns but for seq and at, which the writer's thread adds.

    Of all rows with one `key` only the first is stored; None is never a duplicate. `given` is the input as the
    pipeline will read it, None for a row that it never sees; `size` is how many bytes `body` has. The result is an
    Appended.
    """

    key: str | None
    event_id: str
    values: Row
    given: Given | None
    body: bytes | None
    size: int
    future: asyncio.Future[Any]


class Work(msgspec.Struct):
    """Anything else that writes. `run` is called in the writer's thread, inside the transaction.

    It may be called twice, the first time having been rolled back, so it changes nothing but the store; `after` is
    called with its result in the loop, once it is committed, also when nobody waits for it any more.
    """

    run: Callable[[Cursor], Any]
    future: asyncio.Future[Any]
    after: Callable[[Any], None] | None = None
    size: int = 0


Operation: TypeAlias = Append | Work


def give(operation: Operation, result: Any) -> None:
    """Tell the waiter, if it still waits, what came of it or which error."""
    future = operation.future
    if isinstance(result, Exception):
        if not future.done():
            future.set_exception(result)
        return
    if not future.done():
        future.set_result(result)
    if type(operation) is Work and operation.after is not None:
        operation.after(result)


class Ledger(Protocol):
    """What the writer runs in a transaction, and tells how it ended."""

    def load(self, cursor: Cursor) -> None:
        """Read what it must know, once, before anything is written."""
        ...

    def run(self, cursor: Cursor, operations: list[Operation]) -> list[Any]:
        """Run all operations; return their results in order."""
        ...

    def settle(self, *, committed: bool) -> None:
        """Hear whether what was run last is committed or undone."""
        ...

    def news(self) -> Any:
        """Return what was committed since this was last asked, for those who wait in the loop."""
        ...
