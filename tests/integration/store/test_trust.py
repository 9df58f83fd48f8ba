"""A store that is not as it should be is refused, with the reason in words."""

from __future__ import annotations

import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import StoreUntrustedError
from bot.store import open_reading
from bot.store.connect import READING, WRITING, Setting, apply_settings, open_writing, require_sound_sqlite
from bot.store.driver import driver
from tests.integration.store.opened import BODY, append_all, event, fired, look, opened

HOLD = """
import sys
from pathlib import Path
from bot.store.place import hold
held = hold(Path({path!r}))
print("held", flush=True)
sys.stdin.read()
"""


async def test_a_fresh_store_has_the_settings_that_were_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "new" / "t.db"
    async with opened(path) as store:
        wanted = {setting.name: setting.reads for setting in WRITING}
        found = await store.work(
            lambda cursor: {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in wanted}
        )
    assert found == wanted
    assert (found["journal_mode"], found["synchronous"], found["page_size"]) == ("wal", 2, 16_384)


@pytest.mark.parametrize("setting", [*WRITING, *READING], ids=lambda setting: setting.name)
def test_a_setting_that_does_not_take_is_refused(tmp_path: Path, setting: Setting) -> None:
    real = driver.connect(tmp_path / "t.db", isolation_level=None)
    stubborn = _Stubborn(real, setting.name)
    with pytest.raises(StoreUntrustedError, match=rf"t\.db has {setting.name} 'else' instead of"):
        apply_settings(stubborn, tmp_path / "t.db", WRITING if setting in WRITING else READING)  # type: ignore[arg-type]


async def test_a_file_with_other_pages_is_refused(tmp_path: Path) -> None:
    with closing(driver.connect(tmp_path / "t.db", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE other (a)")
    with pytest.raises(StoreUntrustedError, match="page_size 4096 instead of 16384"):
        async with opened(tmp_path / "t.db"):
            pass


async def test_a_file_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    path.touch()
    with closing(open_writing(path)) as connection:
        connection.execute("CREATE TABLE other (a)")
    with pytest.raises(StoreUntrustedError, match="something else than Tocsin"):
        async with opened(path):
            pass
    assert look(path, "SELECT name FROM sqlite_master") == [("other",)]


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.db").write_bytes(b"certainly no database, but long enough to be looked at" * 100)
    with pytest.raises(StoreUntrustedError, match="cannot be opened: file is not a database"):
        async with opened(tmp_path / "t.db"):
            pass


async def test_a_store_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    async with opened(path) as store:
        await store.append(event(), BODY)
    with closing(open_writing(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreUntrustedError, match=r"newer Tocsin \(revision 9999"):
        async with opened(path):
            pass
    with pytest.raises(StoreUntrustedError, match="revision 9999"):
        open_reading(path)
    assert look(path, "SELECT version_num FROM alembic_version") == [("9999",)]


async def test_a_second_process_is_told_who_holds_the_store(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    with _process(HOLD.format(path=str(path))) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StoreUntrustedError, match=rf"in use by another process \(pid {holder.pid}\)"):
            async with opened(path):
                pass
        holder.kill()
    async with opened(path) as store:
        assert store.trouble is None


async def test_a_second_store_in_the_same_process_is_refused_too(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db"):
        with pytest.raises(StoreUntrustedError, match="in use"):
            async with opened(tmp_path / "t.db"):
                pass
    async with opened(tmp_path / "t.db"):
        pass


async def test_a_store_that_could_not_be_opened_is_not_held(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    path.write_bytes(b"no database" * 100)
    with pytest.raises(StoreUntrustedError):
        async with opened(path):
            pass
    path.unlink()
    async with opened(path):
        pass


async def test_only_the_owner_can_read_the_store(tmp_path: Path) -> None:
    path = tmp_path / "new" / "t.db"
    async with opened(path) as store:
        await store.append(event(), BODY)
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == dict.fromkeys(("t.db", "t.db-wal", "t.db-shm", "t.db.lock"), 0o600)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_a_store_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    path.touch()
    path.chmod(0o644)
    async with opened(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_place_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUntrustedError, match="cannot be used"):
        async with opened(tmp_path / "file" / "t.db"):
            pass


@pytest.mark.parametrize("version", [(3, 51, 3), (3, 52, 0), (3, 53, 4), (3, 50, 7), (3, 44, 6), (4, 0, 0)])
def test_a_sound_sqlite_is_taken(version: tuple[int, int, int]) -> None:
    require_sound_sqlite(version)


@pytest.mark.parametrize("version", [(3, 51, 2), (3, 50, 6), (3, 45, 0), (3, 44, 5), (3, 40, 1), (3, 7, 0)])
def test_a_sqlite_that_can_corrupt_a_store_is_refused(version: tuple[int, int, int]) -> None:
    with pytest.raises(StoreUntrustedError, match="can corrupt"):
        require_sound_sqlite(version)


async def test_an_unsound_sqlite_opens_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "sqlite_version_info", (3, 40, 1))
    with pytest.raises(StoreUntrustedError, match=r"SQLite 3\.40\.1"):
        async with opened(tmp_path / "t.db"):
            pass


async def test_a_store_is_read_beside_the_bot_that_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    async with opened(path) as store:
        with open_reading(path) as reads:
            await append_all(store, ["1", "2"])
            await store.save(fired(1), store.cursor())
            assert reads.counts().last_seq == 2
            assert [one.alert_id for one in reads.alerts()] == ["al_1"]
            with pytest.raises(driver.OperationalError, match="readonly"):
                reads.cursor.execute("DELETE FROM journal")
    with open_reading(path) as reads:
        (row,) = reads.event("evt_2")
        assert (row.seq, row.body) == (2, BODY)
        assert reads.event("evt_3") == []


def test_reading_needs_a_store_that_is_there(tmp_path: Path) -> None:
    with pytest.raises(StoreUntrustedError, match="cannot be opened"):
        open_reading(tmp_path / "none.db")
    (tmp_path / "empty.db").touch()
    with pytest.raises(StoreUntrustedError, match="is empty"):
        open_reading(tmp_path / "empty.db")


async def test_readers_leave_no_snapshot_behind_that_would_keep_the_log_from_emptying(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        await append_all(store, [str(number) for number in range(50)])
        await store.save(fired(1), store.cursor())
        await store.read(lambda reads: (reads.counts(), reads.alerts(), reads.event("evt_3"), reads.rows(limit=3)))
        store.read_slice("failed-runs/1")
        store.read_alert("al_1")
        await store.outbox.ready()
        assert look(tmp_path / "t.db", "PRAGMA wal_checkpoint(TRUNCATE)")[0][0] == 0


class _Stubborn:
    """A connection on which one pragma reads back as something else."""

    def __init__(self, real: driver.Connection, name: str) -> None:
        self._real, self._name = real, name

    def execute(self, statement: str) -> object:
        if statement == f"PRAGMA {self._name}":
            return self._real.execute("SELECT 'else'")
        return self._real.execute(statement)

    def close(self) -> None:
        self._real.close()


def _process(code: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_ROOT
    )


_ROOT = Path(__file__).parents[3]
