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
