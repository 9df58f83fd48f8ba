"""Copy a store while the bot runs: `backup.py STORE COPY`, with the Python of the bot's `.venv`.

A consistent snapshot in one file, checked before it gets its name. Copying the file with cp, or with the tools that
copy whole disks, misses what is still in the write-ahead log beside it, and can give a file that does not open.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    import sqlite3
else:
    try:
        import pysqlite3.dbapi2 as sqlite3  # the SQLite that the bot itself uses; the system's may be an older one
    except ImportError:
        import sqlite3


def back_up(store: Path, copy: Path) -> None:
    """Write a snapshot of `store` to `copy`, readable by its owner only. Raises when either cannot be trusted."""
    unfinished = copy.with_name(f"{copy.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    source = sqlite3.connect(f"file:{quote(str(store))}?mode=ro", uri=True, isolation_level=None, timeout=60)
    try:
        source.execute("VACUUM INTO ?", (str(unfinished),))
    finally:
        source.close()
    _require_sound(unfinished)
    unfinished.replace(copy)


def _require_sound(copy: Path) -> None:
    check = sqlite3.connect(f"file:{quote(str(copy))}?mode=ro", uri=True)
    try:
        found = check.execute("PRAGMA integrity_check").fetchall()
    finally:
        check.close()
    if found != [("ok",)]:
        raise SystemExit(f"the copy is damaged, and so perhaps is the store: {found[0][0]}")
    descriptor = os.open(copy, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    if len(sys.argv) != 3:  # noqa: PLR2004
        raise SystemExit("usage: backup.py STORE COPY")
    back_up(Path(sys.argv[1]), Path(sys.argv[2]))
