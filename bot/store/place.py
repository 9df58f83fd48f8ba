"""The store's place on disk: its folder, its file for the owner only, and the lock that keeps a second bot out."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final

from bot.errors import StoreUntrustedError

_OWNER_ONLY: Final = 0o600
_FOLDER: Final = 0o700


class Hold:
    """The lock on one store, held until `release` or the end of the process, however it ends (flock)."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        """Let another process have the store. The lock file stays: removing it would let two hold different ones."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def hold(path: Path) -> Hold:
    """Make folder and file where they are missing, and take the lock.

    Raises StoreUntrustedError when another process holds the store (it says which) or the place cannot be used.
    """
    try:
        path.parent.mkdir(mode=_FOLDER, parents=True, exist_ok=True)
        descriptor = _lock(path)
    except OSError as error:
        raise StoreUntrustedError(f"the store {path} cannot be used: {error.strerror}") from error
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, _OWNER_ONLY))
        _close_to_others(path)
    except OSError as error:
        os.close(descriptor)
        raise StoreUntrustedError(f"the store {path} cannot be used: {error.strerror}") from error
    return Hold(path, descriptor)


def _lock(path: Path) -> int:
    lock = path.with_name(path.name + ".lock")
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, _OWNER_ONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise StoreUntrustedError(f"the store {path} is in use by another process (pid {holder})") from error
    except OSError:
        os.close(descriptor)
        raise
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    return descriptor


def _close_to_others(path: Path) -> None:
    """Take the file away from others, with what SQLite keeps beside it: events hold people's documents."""
    for name in (path.name, path.name + "-wal", path.name + "-shm"):
        file = path.with_name(name)
        if file.exists():
            file.chmod(_OWNER_ONLY)
