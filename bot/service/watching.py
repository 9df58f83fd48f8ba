"""Noticing that files of rules changed: also where they are mounted, linked, or swapped as a whole folder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Final

from bot.rulepack.load import rule_files

# A look at names, sizes and times is cheap; their content is read when one of these changed, and now and then anyway,
# because a file can be put back with its old time.
_EVERY_CONTENT: Final = 10
_MOST_BYTES: Final = (1 << 20) + 1  # of one file; more is refused by the loader anyhow

Stat = tuple[str, int, int, int, int]


class Watch:
    """What was read last of a config and its rules. Made with the texts that are in use; `look` is for a thread."""

    def __init__(self, config: Path, rules: Sequence[Path], texts: Iterable[str]) -> None:
        self.rules = tuple(rules)
        self._config = config
        self._taken = _digest(texts)
        self._seen: bytes | None = None
        self._stats: tuple[Stat, ...] = ()
        self._looks = 0

    @property
    def is_settling(self) -> bool:
        """Say whether something changed that may be changing still: it is taken once it stands for a moment."""
        return self._seen is not None

    def look(self) -> bool:
        """Say whether the content is another than what was taken last, and is the same as a look ago."""
        files = [self._config, *rule_files(self.rules)]
        stats = tuple(_stat(path) for path in files)
        self._looks += 1
        if stats == self._stats and not self.is_settling and self._looks % _EVERY_CONTENT:
            return False
        self._stats = stats
        found = _digest(map(_text, files))
        if found == self._taken:
            self._seen = None
            return False
        if found != self._seen:
            self._seen = found
            return False
        return True

    def take(self) -> None:
        """Take what lies there now as read: what changes from here on is another change."""
        self._taken, self._seen = _digest(map(_text, [self._config, *rule_files(self.rules)])), None


def _digest(texts: Iterable[str]) -> bytes:
    """Return a digest that, like a rule set's version, does not depend on the names of files."""
    whole = blake2b(digest_size=16)
    for each in sorted(blake2b(text.encode("utf-8", "surrogatepass")).digest() for text in texts):
        whole.update(each)
    return whole.digest()


def _text(path: Path) -> str:
    try:
        if path.is_file():
            with path.open("rb") as file:
                return file.read(_MOST_BYTES).decode("utf-8", "replace")
    except (OSError, ValueError):
        pass  # what is wrong with it is said by whoever loads it
    return ""


def _stat(path: Path) -> Stat:
    """Return what changes with a file; links are followed, so that a swapped one is another file."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return (str(path), 0, 0, 0, 0)
    return (str(path), found.st_mtime_ns, found.st_size, found.st_ino, found.st_dev)
