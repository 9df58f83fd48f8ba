"""A small tree of what a YAML file says: texts, lists and maps, each with its place; nothing is typed yet."""

from __future__ import annotations

from typing import TypeAlias

import msgspec


class Text(msgspec.Struct, frozen=True):
    """A scalar exactly as written. `quoted` covers both quotes and block texts.

    `comment` is what follows when nothing was written but a `#word`: most often a channel that became a comment.
    """

    text: str
    line: int
    column: int
    quoted: bool = False
    comment: str = ""

    @property
    def is_nothing(self) -> bool:
        """Say whether there is no value at all (`key:` and nothing after it)."""
        return not self.text and not self.quoted


class Items(msgspec.Struct, frozen=True):
    """A list."""

    items: tuple[Node, ...]
    line: int
    column: int


class Entries(msgspec.Struct, frozen=True):
    """A map with its keys in written order; no key is there twice."""

    pairs: tuple[tuple[Text, Node], ...]
    line: int
    column: int

    def get(self, name: str) -> Node | None:
        """Return the value of a key, or None."""
        return next((value for key, value in self.pairs if key.text == name), None)


class Broken(msgspec.Struct, frozen=True):
    """Stands where something was refused, so that one mistake is not reported twice."""

    line: int
    column: int


Node: TypeAlias = Text | Items | Entries | Broken


def word_of(node: Node) -> str:
    """Return the offending word that a problem quotes."""
    match node:
        case Text(text=text):
            return text
        case Items():
            return "[…]"
        case Entries():
            return "{…}"
        case Broken():
            return ""
