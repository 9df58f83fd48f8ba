"""The schema of a store: a new one has what all migrations would make, and none is ever left with half of one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.errors import StoreUntrustedError
from bot.store import schema
from bot.store.connect import open_writing
from bot.store.driver import driver
from bot.store.migrate import open_ready
from tests.integration.store.migrated import migrate
from tests.integration.store.opened import look

START = "from pathlib import Path; from bot.store.migrate import open_ready; open_ready(Path({path!r})).close()"
AT_THE_COMMIT = 10_000


def test_the_migration_makes_the_schema_that_the_statements_are_written_for(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    migrate(path)
    engine = sa.create_engine("sqlite://", module=driver)
    schema.METADATA.create_all(engine)
    with engine.connect() as connection:
        written = {question: set(map(tuple, connection.exec_driver_sql(question))) for question in SCHEMA}
    engine.dispose()
    assert {question: set(look(path, question)) for question in SCHEMA} == written


# A column that came later stands behind the keys in the text of its table, so texts are compared of indexes only.
SCHEMA = (
    (
        "SELECT m.name, c.* FROM sqlite_master m, pragma_table_info(m.name) c"
        " WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name != 'alembic_version'"
    ),
    (
        "SELECT l.name, l.wr, l.strict FROM pragma_table_list l JOIN sqlite_master m ON m.name = l.name"
        " WHERE m.name NOT LIKE 'sqlite_%' AND m.name != 'alembic_version'"
    ),
    "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND name NOT LIKE 'sqlite_%'",
)


def test_a_new_store_is_made_as_all_migrations_would_make_it(tmp_path: Path) -> None:
    migrated, made = tmp_path / "migrated.db", tmp_path / "made.db"
    migrate(migrated)
    made.touch()
    open_ready(made).close()
    tables = [name for (name,) in look(made, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    questions = [*ALL_OF_A_SCHEMA, *(f"SELECT * FROM {name}" for name in tables)]  # noqa: S608  (our own names)
    assert _texts(made) == _texts(migrated)
    assert {question: look(made, question) for question in questions} == {
        question: look(migrated, question) for question in questions
    }
    assert look(made, "SELECT * FROM marks") == [("pipeline", 0, 0), ("keys", 0, 0)]
    assert look(made, "SELECT * FROM alembic_version") == [(schema.REVISION,)]


ALL_OF_A_SCHEMA = (
    "SELECT type, name, tbl_name FROM sqlite_master ORDER BY type, name",
    "SELECT m.name, c.* FROM sqlite_master m, pragma_table_xinfo(m.name) c ORDER BY m.name, c.cid",
    (
        "SELECT m.name, i.name, i.[unique], i.origin, i.partial FROM sqlite_master m, pragma_index_list(m.name) i"
        " ORDER BY m.name, i.name"
    ),
    "SELECT m.name, i.* FROM sqlite_master m, pragma_index_xinfo(m.name) i ORDER BY m.name, i.seqno",
    "SELECT name, type, ncol, wr, strict FROM pragma_table_list ORDER BY name",
)


def _texts(path: Path) -> dict[str, tuple[str, list[str]]]:
    """Return each table's and index's text: what stands before its brackets, and what stands in and behind them.

    The parts are sorted: a column that a migration added stands behind the keys.
    """
    rows = look(path, "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    plain = {name: " ".join(text.split()).replace("( ", "(").replace(" )", ")") for name, text in rows}
    return {name: (text.partition("(")[0].strip(), sorted(_parts(text))) for name, text in plain.items()}


def _parts(text: str) -> list[str]:
    """Cut at the commas that stand in the outer brackets only."""
    inside, behind = text.partition("(")[2].rpartition(")")[::2]
    return [*(part.strip() for part in re.split(r",(?![^(]*\))", inside)), behind.strip()]


@pytest.mark.parametrize("step", [0, 1, 6, 22, AT_THE_COMMIT])
def test_a_first_start_that_is_killed_leaves_nothing_half(tmp_path: Path, step: int) -> None:
    path = tmp_path / "t.db"
    path.touch()
    killed = f"""
import os
from bot.store import migrate
seen = 0
def count(statement):
    global seen
    seen += statement.startswith(("CREATE", "INSERT"))
    if seen > {step} or statement == "COMMIT":
        os._exit(9)
def opened(path, opening=migrate.open_writing):
    connection = opening(path)
    connection.set_trace_callback(count)  # told of each statement before it is run
    return connection
migrate.open_writing = opened
"""
    assert _run(killed + START.format(path=str(path)), check=False) == 9, "the kill came too late to prove anything"
    assert look(path, "SELECT name FROM sqlite_master") == []
    _run(START.format(path=str(path)))
    assert look(path, "SELECT version_num FROM alembic_version") == [(schema.REVISION,)]


def test_a_new_store_that_the_disk_has_no_room_for_is_made_once_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.db"
    path.touch()

    def narrow(path: Path) -> driver.Connection:
        connection = open_writing(path)
        connection.execute("PRAGMA max_page_count = 5")
        return connection

    with monkeypatch.context() as patched:
        patched.setattr("bot.store.migrate.open_writing", narrow)
        with pytest.raises(StoreUntrustedError, match=r"t\.db cannot be made: database or disk is full"):
            open_ready(path)
    assert look(path, "SELECT name FROM sqlite_master") == []
    open_ready(path).close()
    assert look(path, "SELECT version_num FROM alembic_version") == [(schema.REVISION,)]


@pytest.mark.parametrize("step", [0, 1, 6, 14, 22])
def test_a_migration_that_is_killed_leaves_nothing_half(tmp_path: Path, step: int) -> None:
    path = tmp_path / "t.db"
    migrate(path, "0001")
    before = look(path, "SELECT * FROM sqlite_master")
    killed = f"""
import os, sqlalchemy as sa
from sqlalchemy.engine import Engine
seen = 0
def count(*_):
    global seen
    seen += 1
    if seen > {step}:
        os._exit(9)
sa.event.listen(Engine, "after_cursor_execute", count)
"""
    ended = _run(killed + START.format(path=str(path)), check=False)
    assert ended == 9, "the kill came too late to prove anything"
    assert look(path, "SELECT * FROM sqlite_master") == before
    assert look(path, "SELECT version_num FROM alembic_version") == [("0001",)]
    _run(START.format(path=str(path)))
    assert look(path, "SELECT version_num FROM alembic_version") == [(schema.REVISION,)]


def test_a_start_with_nothing_to_migrate_does_not_import_alembic(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    path.touch()
    for _ in ("a new store", "one of ours"):
        _run(START.format(path=str(path)) + "; import sys; assert 'alembic' not in sys.modules")


def _run(code: str, *, check: bool = True) -> int:
    done = subprocess.run([sys.executable, "-c", code], timeout=60, check=check, cwd=_ROOT, env=os.environ)  # noqa: S603
    return done.returncode


_ROOT = Path(__file__).parents[3]
