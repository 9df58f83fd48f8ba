"""A file of secrets, one NAME=value a line, read as text: nothing in it is run, expanded or unescaped."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from bot.config.notes import Notes
from bot.errors import InvalidInputError

_LINE: Final = re.compile(r"(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*=\s*(?P<value>.*)", re.DOTALL)
_QUOTES: Final = ("'", '"')
_MAX_BYTES: Final = 1024 * 1024


def read_env_file(path: Path) -> dict[str, str]:
    """Return the names and values of a file; of a name that stands twice the last value.

    Blank lines and lines that start with `#` are skipped, `export ` before a name is too. One pair of quotes around a
    value is taken off; everything else in it is the value, also spaces, `$`, `&` and `#`. Bytes that are not UTF-8
    come back as the environment would hold them.

    Raises:
        InvalidInputError: with every line that is no NAME=value (never with what it says), or that the file cannot
            be read.
    """
    notes = Notes(str(path))
    found: dict[str, str] = {}
    for number, line in enumerate(_text(path, notes).split("\n"), start=1):
        _take(line.strip(), number, found, notes)
    if notes.has_errors:
        raise InvalidInputError(notes.in_order())
    return found


def _text(path: Path, notes: Notes) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else "it cannot be opened"
        notes.at(0, 0, f"cannot be read: {said}")
        return ""
    if len(content) > _MAX_BYTES:
        notes.at(0, 0, "the file is over 1 MiB: this is no file of secrets")
        return ""
    return content.decode("utf-8", "surrogateescape").removeprefix("\ufeff")


def _take(line: str, number: int, found: dict[str, str], notes: Notes) -> None:
    if not line or line.startswith("#"):
        return
    said = _LINE.fullmatch(line)
    if said is None or "\0" in line:
        notes.at(number, 1, "this is no NAME=value")  # what stands there is not quoted: it may be a secret
        return
    found[said["name"]] = _bare(said["value"])


def _bare(value: str) -> str:
    is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in _QUOTES
    return value[1:-1] if is_quoted else value
