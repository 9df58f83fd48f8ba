"""Which files rules are read from, and their content; odd files are said, never waited for."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from bot.config.load import read_file
from bot.config.notes import ERROR, Notes
from bot.errors import Problem

_SUFFIXES: Final = frozenset({".yaml", ".yml"})
_ODD: Final = "this is no regular file (a pipe, a device or a socket); it is not read"


def files_in(paths: Iterable[Path], problems: list[Problem]) -> Iterator[Path]:
    """Yield the files of paths, folders with all below them; what is wrong with a path is appended to `problems`."""
    for path in paths:
        complaint, found = _look_at(path)
        if complaint:
            problems.append(Problem(str(path), 0, 0, str(path), ERROR, complaint))
        yield from found


def content_of(path: Path, notes: Notes) -> bytes | None:
    """Read a regular file. Opening a pipe or a device would wait for whoever writes there, for ever."""
    try:
        is_odd = not stat.S_ISREG(path.stat().st_mode)
    except (OSError, ValueError):
        is_odd = False  # reading says what is wrong
    if is_odd:
        notes.at(0, 0, _ODD)
        return None
    return read_file(path, notes)


def _look_at(path: Path) -> tuple[str, list[Path]]:
    """Return what is wrong with a path, and the files to read there."""
    try:
        if path.is_file():
            return "", [path]
        if path.exists() and not path.is_dir():
            return _ODD, []
        found = sorted(_below(path)) if path.is_dir() else None
    except (OSError, ValueError):  # a name that no file can have, or a folder that must not be looked into
        found = None
    if found is None:
        return "there is no such file or folder", []
    return ("" if found else "there is no rule file (*.yaml) in this folder"), found


def _below(folder: Path) -> Iterator[Path]:
    """Yield rule files below a folder. Mounted folders link to hidden ones; those are not read twice."""
    seen: set[str] = set()
    for name, folders, files in os.walk(folder, followlinks=True):
        folders[:] = [each for each in folders if not each.startswith(".")]
        real = os.path.realpath(name)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        yield from (Path(name, file) for file in files if not file.startswith(".") and Path(file).suffix in _SUFFIXES)
