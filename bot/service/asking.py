"""Questions of people about decisions, asked of a store beside or inside the running bot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.config.model import Config
from bot.core.ruleset import RuleSet
from bot.errors import StoreUntrustedError, TocsinError, UsageError
from bot.service.ruletexts import rule_set_of, unpack
from bot.service.setup import raw_of, read_config, sources_of
from bot.store.driver import driver
from bot.store.reads import Reads, open_reading
from bot.store.rulesets import in_force_at, text_of

_NEWEST = 2**62


@contextmanager
def opened(config: Path) -> Iterator[tuple[Config, Reads]]:
    """Open the store of a config for reading. UsageError where there is none, StoreUntrustedError when it is broken."""
    settings = read_config(config)
    if not settings.store_path.exists():
        raise UsageError(f"there is no store at {settings.store_path} yet: no bot has run on this config")
    try:
        with open_reading(settings.store_path, raw_of(sources_of(settings))) as reads:
            yield settings, reads
    except driver.Error as error:
        raise StoreUntrustedError(f"the store {settings.store_path} cannot be read: {error}") from error


def rule_set_then(reads: Reads, seq: int | None = None) -> RuleSet | None:
    """Return the rule set that decided a row of the journal (None: the one in force); None when it is forgotten."""
    found = in_force_at(reads.cursor, _NEWEST if seq is None else seq)
    body = text_of(reads.cursor, found.version) if found else None
    if found is None or not body:
        return None
    try:
        return rule_set_of(unpack(body), found.version)
    except TocsinError:
        return None  # written by another program, which took other rules
