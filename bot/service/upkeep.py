"""Retention: what is older than `keep:` says leaves the store, in small steps beside everything else."""

from __future__ import annotations

from typing import Final, Protocol

import structlog

from bot.errors import StoreUnavailableError
from bot.slack.waits import pause
from bot.store.values import Pruned

EVERY_S: Final = 600.0
_FIRST_AFTER_S: Final = 60.0  # a start has better things to do

_LOG = structlog.get_logger()


class PrunedStore(Protocol):
    """What retention needs of the store."""

    async def prune(self) -> Pruned:
        """Remove what is too old or too much, in steps that let others write."""
        ...


async def keep_pruned(store: PrunedStore) -> None:
    """Prune every ten minutes until cancelled. Ends only with an error of the store."""
    await pause(_FIRST_AFTER_S)
    while True:
        try:
            done = await store.prune()
            if done.bodies or done.rows:
                _LOG.info("pruned", bodies=done.bodies, rows=done.rows)
            if done.over_size:
                _LOG.warning("the store is larger than keep.max_size", rows=done.rows)
        except StoreUnavailableError as error:
            _LOG.warning("could not prune", cause=str(error))
        await pause(EVERY_S)
