"""Slack's ids of people, looked up once by their e-mail addresses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, Protocol

import sqlalchemy as sa

from bot.store import schema
from bot.store.statements import Cursor, Statement, new, upsert

_PREFIX: Final = "person:"
_M = schema.META.c
_ALL = Statement(
    sa.select(_M.name, _M.value).where(_M.name >= sa.bindparam("from_"), _M.name < sa.bindparam("to_")), "from_", "to_"
)
_SET = Statement(upsert(schema.META, {"value": new(_M.value)}), "name", "value")


def known_people(cursor: Cursor) -> dict[str, str]:
    """Return ids by e-mail addresses."""
    rows = _ALL.all(cursor, _PREFIX, _PREFIX[:-1] + ";")  # the letter after the colon
    return {name.removeprefix(_PREFIX): value for name, value in rows}


def note_person(cursor: Cursor, address: str, slack_id: str) -> None:
    """Remember one."""
    _SET.run(cursor, _PREFIX + address, slack_id)


class Working(Protocol):
    """What this needs of the store."""

    async def work(self, run: Callable[[Cursor], Any]) -> Any:
        """Run it in a transaction."""
        ...

    async def ask(self, question: Callable[[Cursor], Any]) -> Any:
        """Run a longer read."""
        ...


class StoredPeople:
    """What the store remembers of people."""

    def __init__(self, store: Working) -> None:
        self._store = store

    async def known_people(self) -> Mapping[str, str]:
        """Return ids by e-mail addresses."""
        found: dict[str, str] = await self._store.ask(known_people)
        return found

    async def note_person(self, address: str, slack_id: str) -> None:
        """Remember one."""
        await self._store.work(partial(note_person, address=address, slack_id=slack_id))
