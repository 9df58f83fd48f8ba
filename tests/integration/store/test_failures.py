"""Full disks, failing disks: what can be tried again, and what must stop the process."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.core.decisions import Decisions
from bot.core.state import Memory
from bot.errors import StoreFailedError, StoreUnavailableError
from bot.store import Store
from bot.store.connect import open_writing
from bot.store.values import Cursor
from tests.integration.store.opened import BODY, append_all, event, look, opened

_ROOT = Path(__file__).parents[3]


async def _limit_pages(store: Store, more: int | None) -> None:
    """Let the file grow by so many pages only; None lifts the limit."""

    def limit(cursor: Any) -> None:
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count={1 << 30 if more is None else pages + more}").fetchall()

    await store.work(limit)


async def test_a_full_disk_is_said_and_storing_goes_on_when_there_is_room_again(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        await store.append(event("0"), BODY)
        await _limit_pages(store, 2)
        results = await asyncio.gather(
            *(store.append(event(str(number)), b"x" * 60_000) for number in range(1, 4)),
            store.save(Decisions(memories={"k": Memory({}, 1)}), Cursor(1, 1)),
            return_exceptions=True,
        )
        assert all(isinstance(one, StoreUnavailableError) for one in results)
        assert store.trouble is not None
        assert "full" in store.trouble
        assert (store.failure, store.cursor(), store.read_memory("k")) == (None, Cursor(0, 0), None)

        await _limit_pages(store, None)
        again = [await store.append(event(str(number)), BODY) for number in range(1, 4)]
        assert [(one.seq, one.duplicate) for one in again] == [(2, False), (3, False), (4, False)]
        await store.save(Decisions(memories={"k": Memory({}, 1)}), Cursor(1, 1))
        assert store.read_memory("k") == Memory({}, 1)
    assert store.trouble is None


async def test_a_probe_finds_out_that_there_is_room_again(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        await _limit_pages(store, 0)
        for _ in range(2):
            with pytest.raises(StoreUnavailableError, match="full"):
                await store.probe()
            assert store.trouble is not None
        await _limit_pages(store, None)
        await store.probe()
        assert store.trouble is None
        assert look(tmp_path / "t.db", "SELECT count(*) FROM meta WHERE name = 'probe'") == [(0,)]


async def test_a_damaged_journal_cannot_be_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    async with opened(path) as store:
        await append_all(store, [str(number) for number in range(300)], b"x" * 3_000)
    (root,) = look(path, "SELECT rootpage FROM sqlite_master WHERE name = 'bodies'")[0]
    with path.open("r+b") as file:
        file.seek((root - 1) * 16_384)
        file.write(b"\xff" * 16_384)
    async with opened(path) as store:
        with pytest.raises(StoreFailedError):
            await store.inputs_after(0, 64)


async def test_a_store_that_somebody_locks_is_unavailable_not_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.connect._BUSY_SECONDS", 0.01)
    path = tmp_path / "t.db"
    async with opened(path) as store:
        with closing(open_writing(path)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailableError, match="locked"):
                await store.append(event(), BODY)
            other.execute("ROLLBACK")
        assert not (await store.append(event(), BODY)).duplicate


async def test_a_commit_that_fails_stops_everything_once(tmp_path: Path) -> None:
    failures: list[StoreFailedError] = []
    async with opened(tmp_path / "t.db", on_failed=failures.append) as store:
        await store.append(event("1"), BODY)
        await store.work(_fail_at_commit)
        results = await asyncio.gather(
            store.append(event("2"), BODY), store.append(event("3"), BODY), return_exceptions=True
        )
        assert all(isinstance(one, StoreFailedError) for one in results)
        with pytest.raises(StoreFailedError):
            await store.append(event("4"), BODY)
        with pytest.raises(StoreFailedError):
            await store.save(Decisions(), Cursor(1, 1))
        assert [str(one) for one in failures] == [str(store.failure)]
        assert store.trouble == str(store.failure)


async def test_after_a_failed_commit_the_next_life_starts_from_what_is_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    async with opened(path) as store:
        await store.append(event("1"), BODY)
        await store.work(_fail_at_commit)
        with pytest.raises(StoreFailedError):
            await store.append(event("2"), BODY)
    async with opened(path) as store:
        again = await store.append(event("1"), BODY)
        assert again.duplicate
        assert look(path, "PRAGMA integrity_check") == [("ok",)]


def test_a_disk_that_refuses_a_write_stops_the_store_and_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "tests.integration.store.failing_disk", str(tmp_path / "t.db")],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=_ROOT,
    )
    said = json.loads(done.stdout)
    assert said["stopped"] == "StoreFailedError"
    assert said["answered"]
    stored = {own_id for (own_id,) in look(tmp_path / "t.db", "SELECT event_id FROM journal")}
    assert set(said["answered"]) <= stored


def test_nothing_that_was_answered_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    answered: set[str] = set()
    for life, wanted in enumerate((1, 40, 300)):
        command = [sys.executable, "-m", "tests.integration.store.killed_writer", str(tmp_path / "t.db"), str(life)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=_ROOT) as writer:  # noqa: S603
            assert writer.stdout is not None
            answered |= {writer.stdout.readline().strip() for _ in range(wanted)}
            writer.kill()
            # A kill may cut the last line short: only whole ones were said.
            answered |= {line.strip() for line in writer.stdout if line.endswith("\n")}
    stored = {own_id for (own_id,) in look(tmp_path / "t.db", "SELECT event_id FROM journal")}
    assert len(answered) >= 341
    assert answered <= stored
    assert look(tmp_path / "t.db", "PRAGMA integrity_check") == [("ok",)]


async def test_damage_in_the_file_stops_the_store(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    async with opened(path) as store:
        await append_all(store, [str(number) for number in range(300)], b"x" * 3_000)
    (root,) = look(path, "SELECT rootpage FROM sqlite_master WHERE name = 'bodies'")[0]
    with path.open("r+b") as file:
        file.seek((root - 1) * 16_384)
        file.write(b"\xff" * 16_384)
    async with opened(path) as store:
        with pytest.raises(StoreFailedError):
            await store.append(event("new"), BODY)


def _fail_at_commit(cursor: Any) -> None:
    """Make every later COMMIT of this connection fail, as it does when a disk does not take the log."""
    cursor.execute("CREATE TEMP TABLE fails (a REFERENCES never (b) DEFERRABLE INITIALLY DEFERRED)")
    cursor.execute("CREATE TEMP TABLE never (b PRIMARY KEY)")
    cursor.execute(
        "CREATE TEMP TRIGGER fail AFTER INSERT ON main.journal BEGIN INSERT INTO fails VALUES (1); END",
    )
