"""The SQLite driver: pysqlite3 where it is installed, else the standard library's, of the same shape.

pysqlite3's bundled SQLite is past the WAL-reset bug; the system's often is not (Debian 12: 3.40.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3 as driver
else:
    try:
        import pysqlite3.dbapi2 as driver
    except ImportError:
        import sqlite3 as driver

__all__ = ["driver"]


def _none(_value: None) -> None:
    return None


# Of each None and each body the driver asks how it is to be adapted, and pysqlite3 raises and swallows two errors where
# nothing is registered: 11,000 instructions a value, a third of what the writer's thread did for an event.
driver.register_adapter(type(None), _none)
driver.register_adapter(bytes, bytes)
