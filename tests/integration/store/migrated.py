"""Stores as migrations make them, without what `open_ready` does at once."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

import bot.store


def migrate(path: Path, revision: str = "head") -> None:
    """Make a store by all migrations up to a revision, or bring it there."""
    config = Config()
    config.set_main_option("script_location", str(Path(bot.store.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["path"] = path
    path.touch()
    command.upgrade(config, revision)
