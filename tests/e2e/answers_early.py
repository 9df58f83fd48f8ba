"""Runs the bot with a fault planted in it: a delivery is answered before it is on disk, and the disk is slow."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from bot.cli import main
from bot.core.inputs import Event
from bot.store.batches import Batches
from bot.store.rows import event_row
from bot.store.store import Store
from bot.store.values import Appended, RowKind

_commit = Batches._transaction


async def _hasty(self: Store, event: Event, body: bytes, reference: str | None = None) -> Appended:
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    self._writer.submit(event_row(event, RowKind.EVENT.value, body, reference, future))
    return Appended(seq=0, event_id=event.event_id, duplicate=False, at=0)


def _slow(self: Any, operations: Any) -> Any:
    time.sleep(0.02)  # noqa: TID251 - the planted fault itself
    return _commit(self, operations)


if __name__ == "__main__":
    Batches._transaction = _slow  # type: ignore[method-assign]
    Store.append = _hasty  # type: ignore[method-assign]
    main()
