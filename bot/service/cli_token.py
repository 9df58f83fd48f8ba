"""The token by which our own commands reach the running bot: made at each start, readable by its owner only."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

import structlog

_FILE: Final = "var/cli-token"
_BYTES: Final = 32

_LOG = structlog.get_logger()


class CommandToken:
    """A new token, `value`. Commands find it from `show` to `forget`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.value = secrets.token_urlsafe(_BYTES).encode("ascii")

    def show(self) -> None:
        """Put it where commands find it. Where that cannot be written, the bot serves without them."""
        try:
            _write(self._folder / _FILE, self.value)
        except OSError as error:
            _LOG.warning("commands cannot reach this bot", cause=f"{_FILE} cannot be written: {error.strerror}")

    def forget(self) -> None:
        """Remove it, where it is still ours."""
        if read(self._folder) == self.value.decode("ascii"):
            with contextlib.suppress(OSError):
                (self._folder / _FILE).unlink()


def read(folder: Path) -> str | None:
    """Return the token of the bot that runs on a config in this folder, None when there is none."""
    try:
        return (folder / _FILE).read_text("ascii").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def _write(path: Path, token: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(token + b"\n")
    fresh.replace(path)
