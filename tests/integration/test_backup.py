"""docs/deploy/backup.py gives a whole store although somebody goes on writing to it."""

from __future__ import annotations

import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.store.driver import driver

SCRIPT = Path(__file__).parents[2] / "docs/deploy/backup.py"


def _back_up(store: Path, copy: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), str(store), str(copy)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603


@pytest.fixture
def busy_store(tmp_path: Path) -> Iterator[Path]:
    """A store to which pairs of rows are being written, each pair in one transaction, none of it checkpointed."""
    store, enough, stop = tmp_path / "tocsin.db", threading.Event(), threading.Event()

    def write() -> None:
        with closing(driver.connect(store, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode=wal")
            connection.execute("PRAGMA wal_autocheckpoint=0")
            connection.execute("CREATE TABLE pairs (pair INTEGER, half INTEGER)")
            number = 0
            while not stop.is_set() and number < 200_000:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany("INSERT INTO pairs VALUES (?, ?)", [(number, 0), (number, 1)])
                connection.execute("COMMIT")
                number += 1
                if number == 500:
                    enough.set()

    writer = threading.Thread(target=write)
    writer.start()
    assert enough.wait(30)
    yield store
    stop.set()
    writer.join(30)


def test_a_back_up_of_a_busy_store_holds_only_whole_transactions(busy_store: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"

    done = _back_up(busy_store, copy)

    assert done.returncode == 0, done.stderr
    with closing(driver.connect(copy)) as connection:
        rows, pairs = connection.execute("SELECT count(*), count(DISTINCT pair) FROM pairs").fetchone()
    assert rows == 2 * pairs
    assert pairs >= 500
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_a_plain_copy_of_the_file_misses_what_the_log_holds(busy_store: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copied.db"
    copy.write_bytes(busy_store.read_bytes())

    with closing(driver.connect(copy)) as connection, pytest.raises(driver.Error):
        connection.execute("SELECT count(*) FROM pairs").fetchone()


def test_no_copy_gets_its_name_when_there_is_no_store(tmp_path: Path) -> None:
    done = _back_up(tmp_path / "missing.db", tmp_path / "copy.db")

    assert done.returncode != 0
    assert not (tmp_path / "copy.db").exists()
