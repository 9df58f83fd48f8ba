"""The wheel carries every file of the package, not only its Python."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_wheel_holds_every_file_of_the_package(tmp_path: Path) -> None:
    program = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
    copy = tmp_path / "copy"
    kept = {path.relative_to(ROOT) for path in (ROOT / "bot").rglob("*") if _belongs(path)}
    for path in [*kept, Path("pyproject.toml"), Path("README.md"), Path("LICENSE")]:
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        (copy / path).write_bytes((ROOT / path).read_bytes())

    subprocess.run([sys.executable, "-c", program, tmp_path], cwd=copy, check=True, capture_output=True, timeout=120)  # noqa: S603
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())

    assert {str(path) for path in kept} <= names
    assert "tocsin = bot.cli:main" in zipfile.ZipFile(wheel).read(_entry_points(names)).decode()


def _belongs(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts


def _entry_points(names: set[str]) -> str:
    return next(name for name in names if name.endswith("entry_points.txt"))
