"""The documented sample events that ship with the bot, by the names people know them by.

`alfred/` holds one file an event; `extend/` one folder a version of its API, of which the newest is meant by default.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Final, NamedTuple

from bot.errors import UsageError

_ROOT: Final = Path(__file__).parent
_MEANT_BY_DEFAULT: Final = "2026-02-09"


class Sample(NamedTuple):
    """One sample: the kind of source it belongs to, its name, and its bytes."""

    kind: str
    name: str
    body: bytes


def find(name: str, kind: str | None = None) -> Sample | None:
    """Return the sample of this name (`.json`, `_event` and the version's folder may be left out), or None."""
    for found_kind in (kind,) if kind else ("extend", "alfred"):
        path = _paths(found_kind).get(_plain(name))
        if path is not None:
            return Sample(found_kind, _plain(name), path.read_bytes())
    return None


def read(name: str, kind: str | None = None) -> Sample:
    """Return the sample of this name or the file at this path; UsageError with the nearest name when there is none."""
    sample = find(name, kind)
    if sample is not None:
        return sample
    path = Path(name)
    try:
        if path.is_file():
            return Sample(kind or "", path.name, path.read_bytes())
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}") from error
    raise UsageError(f"there is no sample and no file called {name}{_hint(name, kind)}")


def names(kind: str) -> list[str]:
    """Return the names of all samples of a kind, sorted."""
    return sorted(_paths(kind))


def _paths(kind: str) -> dict[str, Path]:
    folder = _ROOT / kind
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*.json")):
        version = "" if path.parent == folder else path.parent.name
        found[_plain(f"{version}/{path.name}" if version else path.name)] = path
        if version == _MEANT_BY_DEFAULT:
            found[_plain(path.name)] = path
    return found


def _plain(name: str) -> str:
    return name.removesuffix(".json").removesuffix("_event")


def _hint(name: str, kind: str | None) -> str:
    known = [known for each in ((kind,) if kind else ("extend", "alfred")) for known in names(each)]
    near = difflib.get_close_matches(_plain(name), known, n=1)
    return f" (did you mean {near[0]}?)" if near else ""
