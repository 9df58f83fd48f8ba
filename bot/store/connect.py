"""Connections to the store's file, each with every setting read back: a store that is not as asked is not trusted."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote

from bot.errors import StoreUntrustedError
from bot.store.driver import driver

PAGE_SIZE: Final = 16_384  # bytes; rows of 2 KB waste less in them than in pages of 4 KB
_MIB: Final = 1 << 20
_BUSY_SECONDS: Final = 5.0
_STATEMENTS_CACHED: Final = 512  # an insert of each number of rows is one of its own (statements.py)
_INCREMENTAL: Final = 2
_FULL: Final = 2

_CODE_MASK: Final = 0xFF  # the primary code of an extended one
_UNAVAILABLE_CODES: Final = frozenset({5, 6, 13})  # BUSY, LOCKED, FULL
# PERM, NOMEM, READONLY, IOERR, CORRUPT, CANTOPEN, PROTOCOL, NOTADB: what is on disk is not known any more.
_FATAL_CODES: Final = frozenset({3, 7, 8, 10, 11, 14, 15, 26})


class Setting(NamedTuple):
    """One pragma: the value it is set to, and what it must read back as."""

    name: str
    value: str | int
    reads: str | int
    why: str


# In this order: journal_mode writes the first page, and page_size and auto_vacuum cannot change after that.
_AT_CREATION: Final = (
    Setting("page_size", PAGE_SIZE, PAGE_SIZE, "it is fixed when the file is made"),
    Setting("auto_vacuum", "incremental", _INCREMENTAL, "it is fixed when the file is made"),
)
_DURABLE: Final = (
    Setting("journal_mode", "wal", "wal", "readers and the writer would block each other"),
    Setting("synchronous", "full", _FULL, "answered events could be lost with the power"),
)
_CAREFUL: Final = (
    Setting("foreign_keys", 1, 1, "the schema expects it"),
    Setting("trusted_schema", 0, 0, "a doctored file could run functions"),
    Setting("cell_size_check", 1, 1, "a damaged page would go unnoticed"),
    Setting("mmap_size", 0, 0, "a stray write could damage the file"),
)
_WRITER: Final = (
    Setting("journal_size_limit", 64 * _MIB, 64 * _MIB, "the write-ahead log would keep its largest size"),
    Setting("wal_autocheckpoint", 1_000, 1_000, "the write-ahead log would grow without end"),
    Setting("cache_size", -16_000, -16_000, "memory would not be bounded"),
)
_APPLE: Final = (
    Setting("fullfsync", 1, 1, "answered events could be lost with the power"),
    Setting("checkpoint_fullfsync", 1, 1, "answered events could be lost with the power"),
)
_READER: Final = (Setting("query_only", 1, 1, "a reader could write"),)

WRITING: Final = _AT_CREATION + _DURABLE + _CAREFUL + _WRITER + (_APPLE if sys.platform == "darwin" else ())
READING: Final = _CAREFUL + _READER


def require_sound_sqlite(version: tuple[int, ...]) -> None:
    """Refuse a SQLite that can corrupt a WAL store used by two connections.

    Raises StoreUntrustedError. The WAL-reset bug is in 3.7.0 to 3.51.2, mended in 3.51.3 and in the back-ports
    3.50.7 and 3.44.6 (sqlite.org/wal.html#walresetbug).
    """
    mended = version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)
    if not mended:
        text = ".".join(map(str, version))
        raise StoreUntrustedError(
            f"SQLite {text} can corrupt a store that is read while it is written;"
            " 3.51.3 or newer is needed (or 3.50.7, 3.44.6): install pysqlite3"
        )


def open_writing(path: Path) -> driver.Connection:
    """Return a connection for the writer's thread. The file is made a store's file when it is empty.

    Raises StoreUntrustedError when a setting does not take, or when this is no SQLite file.
    """
    require_sound_sqlite(driver.sqlite_version_info)
    connection = _connect(path, "rw")
    apply_settings(connection, path, WRITING)
    return connection


def open_reading_connection(path: Path) -> driver.Connection:
    """Return a connection that cannot write, for one thread. The same errors as `open_writing`."""
    require_sound_sqlite(driver.sqlite_version_info)
    connection = _connect(path, "ro")
    apply_settings(connection, path, READING)
    return connection


def apply_settings(connection: driver.Connection, path: Path, settings: tuple[Setting, ...]) -> None:
    """Set each pragma and read it back; StoreUntrustedError names the first that is not as asked."""
    for setting in settings:
        try:
            connection.execute(f"PRAGMA {setting.name}={setting.value}").fetchall()
            found = connection.execute(f"PRAGMA {setting.name}").fetchone()
        except driver.Error as error:
            connection.close()
            raise StoreUntrustedError(f"the store {path} cannot be opened: {error}") from error
        if found is None or found[0] != setting.reads:
            connection.close()
            saw = "nothing" if found is None else repr(found[0])
            raise StoreUntrustedError(
                f"the store {path} has {setting.name} {saw} instead of {setting.reads!r}: {setting.why}"
            )


def is_unavailable(error: BaseException) -> bool:
    """Say whether SQLite refused for now (full, busy) and nothing was written."""
    return _code(error) in _UNAVAILABLE_CODES


def is_fatal(error: BaseException) -> bool:
    """Say whether SQLite's error leaves in doubt what is on disk."""
    return _code(error) in _FATAL_CODES


def _code(error: BaseException) -> int:
    code = getattr(error, "sqlite_errorcode", None)
    return code & _CODE_MASK if isinstance(code, int) else -1


def _connect(path: Path, mode: str) -> driver.Connection:
    try:
        return driver.connect(
            f"file:{quote(str(path))}?mode={mode}",
            uri=True,
            timeout=_BUSY_SECONDS,
            isolation_level=None,  # transactions are ours: the driver would begin them late and commit them early
            cached_statements=_STATEMENTS_CACHED,
        )
    except driver.Error as error:
        raise StoreUntrustedError(f"the store {path} cannot be opened: {error}") from error
