"""What is queued for the writer: rows for the journal, and any other piece of work. Each has one waiter."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeAlias

from bot.core.inputs import Action, Event, Reload
from bot.store.statements import Cursor, Row

Given: TypeAlias = Event | Action | Reload


class Append:
    """A row for the journal: `values` are its columns but for seq and at, which the writer's thread adds.

    Of all rows with one `key` only the first is stored; None is never a duplicate. `given` is the input as the
    pipeline will read it, None for a row that it never sees. The result is an Appended.
    """

    __slots__ = ("body", "event_id", "future", "given", "key", "since", "size", "values")

    def __init__(
        self,
        key: str | None,
        event_id: str,
        values: Row,
        *,
        given: Given | None,
        body: bytes | None,
        future: asyncio.Future[Any],
    ) -> None:
        self.key, self.event_id, self.values = key, event_id, values
        self.given, self.body = given, body
        self.future, self.since = future, 0.0
        self.size = 0 if body is None else len(body)


class Work:
    """Anything else that writes. `run` is called in the writer's thread, inside the transaction.

    It may be called twice, the first time having been rolled back, so it changes nothing but the store; `after` is
    called with its result in the loop, once it is committed, also when nobody waits for it any more.
    """

    __slots__ = ("after", "future", "run", "since", "size")

    def __init__(
        self,
        run: Callable[[Cursor], Any],
        future: asyncio.Future[Any],
        after: Callable[[Any], None] | None = None,
    ) -> None:
        self.run, self.future, self.after = run, future, after
        self.size, self.since = 0, 0.0


Operation: TypeAlias = Append | Work
