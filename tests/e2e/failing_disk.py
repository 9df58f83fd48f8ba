"""Runs the bot on a disk that fails at the first event, as the store reports it."""

from __future__ import annotations

from typing import Any, NoReturn

from bot.cli import main
from bot.errors import StoreFailedError
from bot.store import Store


async def _fails(*_given: Any) -> NoReturn:
    raise StoreFailedError("the commit failed: disk I/O error")


if __name__ == "__main__":
    vars_of_store: Any = Store
    vars_of_store.append = _fails
    main()
