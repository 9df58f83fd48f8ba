"""Reading the store of a config, beside a bot that may be running on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.config.model import Config
from bot.errors import StoreUntrustedError, UsageError
from bot.store.driver import driver
from bot.store.reads import Reads, open_reading


@contextmanager
def reading(config: Config) -> Iterator[Reads]:
    """Open the store for reading only. UsageError when there is none, StoreUntrustedError when it cannot be read."""
    if not config.store_path.exists():
        raise UsageError(f"there is no store at {config.store_path} yet: no bot has run on this config")
    try:
        with open_reading(config.store_path) as reads:
            yield reads
    except driver.Error as error:
        raise StoreUntrustedError(f"the store {config.store_path} cannot be read: {error}") from error
