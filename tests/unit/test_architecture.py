"""The floors as drawn, as the linter holds them and as the folders are must be the same three times."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
# Review hints with room to spare: most files and functions are far below.
MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 45


def _floors_drawn() -> list[set[str]]:
    """Read the drawing in docs/ARCHITECTURE.md: the first column of the block below the heading `Floors`."""
    page = (ROOT / "docs/ARCHITECTURE.md").read_text()
    block = page.split("\n## Floors\n")[1].split("```")[1]
    columns = [re.split(r"\s{2,}", line)[0] for line in block.splitlines()[1:] if line.strip()]
    return [set(column.split(" | ")) for column in columns]


def _contracts() -> list[dict[str, Any]]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    return list(contracts)


def _floors_of_the_linter() -> list[set[str]]:
    layers: list[str] = next(contract for contract in _contracts() if contract["type"] == "layers")["layers"]
    return [set(layer.split(" | ")) for layer in layers]


def test_the_drawn_floors_are_those_of_the_linter() -> None:
    assert _floors_drawn() == _floors_of_the_linter()


def test_a_floor_is_in_brackets_only_while_it_has_no_code() -> None:
    named = set[str]().union(*_floors_of_the_linter())
    there = {path.stem for path in (ROOT / "bot").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}

    assert {name for name in named if not name.startswith("(")} == there - {"__init__"}
    assert not {name.strip("()") for name in named if name.startswith("(")} & there


def test_every_file_that_the_page_names_is_there() -> None:
    named = set(re.findall(r"`([a-z_/]+\.py)`", (ROOT / "docs/ARCHITECTURE.md").read_text()))
    there = {path.as_posix() for path in ROOT.joinpath("bot").rglob("*.py")}

    assert {name for name in named if not any(path.endswith(f"/{name}") for path in there)} == set()


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    program = "from importlinter.cli import lint_imports_command as run; run()"
    command = [sys.executable, "-P", "-c", program, "--no-logo", "--no-cache"]
    return subprocess.run(  # noqa: S603
        command, cwd=folder, env={"PYTHONPATH": "."}, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "bot", folder / "bot", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_imports_go_downwards_only(copy: Path) -> None:
    checked = _lint_imports(copy)

    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    ("where", "line", "named"),
    [
        ("config/planted.py", "import bot.pipeline", "bot.config.planted -> bot.pipeline"),
        ("sources/planted.py", "import bot.store", "bot.sources.planted -> bot.store"),
        ("core/planted.py", "import random", "bot.core.planted -> random"),
        ("core/planted.py", "import time", "bot.core.planted -> time"),
        ("planted.py", "", "planted"),
    ],
    ids=["upward", "sideways", "randomness in the core", "a clock in the core", "a module without a floor"],
)
def test_the_linter_catches_a_planted_import(copy: Path, where: str, line: str, named: str) -> None:
    planted = copy / "bot" / where
    planted.write_text(f"{line}\n")
    try:
        checked = _lint_imports(copy)
    finally:
        planted.unlink()

    assert checked.returncode != 0
    assert named in checked.stdout


def _sources() -> Iterator[Path]:
    yield from sorted((ROOT / "bot").rglob("*.py"))


def test_no_file_grew_beyond_what_a_reader_takes_in() -> None:
    long = {str(path): n for path in _sources() if (n := len(path.read_text().splitlines())) > MOST_LINES_OF_A_FILE}

    assert not long


def test_no_function_grew_beyond_a_screen() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in _sources()
        if "versions" not in path.parts  # a migration is a list of tables, read once
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= MOST_LINES_OF_A_FUNCTION
    ]

    assert not long


def test_every_file_says_what_it_is_for() -> None:
    mute = [str(path) for path in _sources() if ast.get_docstring(ast.parse(path.read_text())) is None]

    assert not mute
