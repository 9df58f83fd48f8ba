"""What the store needs beside everything else: what is too old leaves it, after a full disk it is tried again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import structlog

from bot.errors import StoreUnavailableError
from bot.slack.waits import pause
from bot.store.values import Pruned

EVERY_S: Final = 600.0
# A start has better things to do.
_FIRST_AFTER_S: Final = 60.0
_LEARN_AFTER_S: Final = 5.0
# How soon it is noticed that the store can write again when nobody delivers, and how long one try may take.
PROBE_EVERY_S: Final = 2.0
_PROBE_S: Final = 10.0

_LOG = structlog.get_logger()


class PrunedStore(Protocol):
    """What retention needs of the store."""

    async def prune(self, on_swept: Callable[[Sequence[str]], None]) -> Pruned:
        """Remove what is too old or too much, in steps that let others write; `on_swept` hears of slices."""
        ...


class ProbedStore(Protocol):
    """What looking after a store in trouble needs of it."""

    @property
    def trouble(self) -> str | None:
        """Why nothing can be stored right now."""
        ...

    async def probe(self) -> None:
        """Write something, which tells whether it can be done."""
        ...


class LearningStore(Protocol):
    """What learning needs of the store."""

    async def learn_memories(self) -> None:
        """Find out which memories there are, in small steps."""
        ...


async def learn_memories(store: LearningStore) -> None:
    """Let the store learn, once, which memories it has. Ends early only with an error of the store."""
    await pause(_LEARN_AFTER_S)
    try:
        await store.learn_memories()
    except StoreUnavailableError as error:
        _LOG.warning("every question after a memory reads the disk until the next start", cause=str(error))


async def keep_pruned(store: PrunedStore, on_swept: Callable[[Sequence[str]], None]) -> None:
    """Prune every ten minutes until cancelled. Ends only with an error of the store."""
    await pause(_FIRST_AFTER_S)
    while True:
        try:
            done = await store.prune(on_swept)
            if done.bodies or done.rows:
                _LOG.info("pruned", bodies=done.bodies, rows=done.rows)
            if done.over_size:
                _LOG.warning("the store is larger than keep.max_size", rows=done.rows)
        except StoreUnavailableError as error:
            _LOG.warning("could not prune", cause=str(error))
        await pause(EVERY_S)


async def keep_probed(store: ProbedStore) -> None:
    """Try a store in trouble again until it can write; ready again must not depend on somebody's next delivery."""
    while True:
        await pause(PROBE_EVERY_S)
        if store.trouble is not None:
            with contextlib.suppress(StoreUnavailableError, TimeoutError):
                async with asyncio.timeout(_PROBE_S):
                    await store.probe()
