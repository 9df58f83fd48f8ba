"""Secrets by reference: `env:NAME` or `file:PATH`, never a value in config.yaml and never one in a repr or a log."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from bot.config.model import MissingSecret
from bot.config.nodes import Node, Text
from bot.config.notes import ERROR, WARNING, Notes
from bot.config.shapes import JsonSchema, Shape, text_at

MASK: Final = "<secret>"
_ENV: Final = "env:"
_FILE: Final = "file:"
_WANTED: Final = "a reference to a secret, `env:NAME` or `file:PATH`"
_MAX_BYTES: Final = 64 * 1024


class SecretBytes(bytes):
    """Bytes that print as a mask."""

    __slots__ = ()

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__


class SecretText(str):
    """A text whose repr is a mask; used as it is it is the secret."""

    __slots__ = ()

    def __repr__(self) -> str:
        return MASK


def read_again(path: Path) -> SecretText | None:
    """Return the secret that stands in a file now; None when it cannot be read or is empty."""
    try:
        with path.open("rb") as file:
            found = file.read(_MAX_BYTES).strip().decode("utf-8", "replace")
    except (OSError, ValueError):
        return None
    return SecretText(found) if found else None


class Reference(msgspec.Struct, frozen=True):
    """A secret as config.yaml refers to it."""

    text: str
    node: Text


class SecretShape(Shape):
    """A reference to a secret. The value itself is looked up later, so that a shape can be checked without it."""

    def _schema(self) -> JsonSchema:
        return {"type": "string", "pattern": "^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$"}

    def _read(self, node: Node, notes: Notes) -> Reference | None:
        text = text_at(node, notes, _WANTED)
        if text is None:
            return None
        scheme, name = text.text[: text.text.find(":") + 1], text.text[text.text.find(":") + 1 :]
        if scheme == _FILE and name.strip():
            return Reference(text.text, text)
        if scheme == _ENV and name.isascii() and name.isidentifier():
            return Reference(text.text, text)
        # The word is not quoted back: somebody may have written the secret itself here.
        notes.error(text, f"{_WANTED} is needed here; secrets never stand in this file", word=scheme or "…")
        return None


class Secrets(msgspec.Struct):
    """Looks references up and remembers which are not set, so that all of them can be named at once."""

    env: Mapping[str, str]
    folder: Path
    missing: list[MissingSecret] = msgspec.field(default_factory=list)
    exposed: list[Reference] = msgspec.field(default_factory=list)

    def bytes_of(self, key: str, reference: Reference | None) -> SecretBytes | None:
        """Return the secret as bytes; None when it is not set, which is remembered under `key`."""
        value = self._look_up(reference) if reference else None
        if value is None and reference is not None:
            self.missing.append(MissingSecret(key, reference.text, reference.node.line, reference.node.column))
        return SecretBytes(value) if value is not None else None

    def text_of(self, key: str, reference: Reference | None) -> SecretText | None:
        """Return the secret as a text; None when it is not set."""
        value = self.bytes_of(key, reference)
        return None if value is None else SecretText(value.decode("utf-8", "replace"))

    def path_of(self, reference: Reference | None) -> Path | None:
        """Return the file that a reference names; None for one into the environment."""
        if reference is None or not reference.text.startswith(_FILE):
            return None
        return self.folder / reference.text.partition(":")[2]

    def note(self, notes: Notes, *, required: bool) -> None:
        """Note every secret that is not set, and every file that others on this machine can read."""
        level = ERROR if required else WARNING
        for secret in self.missing:
            message = f"the secret {secret.reference} of {secret.key} is not set"
            notes.at(secret.line, secret.column, message, word=secret.reference, level=level)
        for reference in self.exposed:
            notes.warning(reference.node, "other users of this machine can read this file: chmod 600")

    def _look_up(self, reference: Reference) -> bytes | None:
        name = reference.text.partition(":")[2]
        if reference.text.startswith(_ENV):
            found = self.env.get(name, "").strip().encode("utf-8", "surrogateescape")
        else:
            found = self._file(reference, name)
        return found or None

    def _file(self, reference: Reference, name: str) -> bytes:
        path = self.folder / name
        try:
            with path.open("rb") as file:
                if stat.S_IMODE(path.stat().st_mode) & (stat.S_IRGRP | stat.S_IROTH):
                    self.exposed.append(reference)
                return file.read(_MAX_BYTES).strip()
        except (OSError, ValueError):
            return b""
