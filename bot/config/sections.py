"""A map with known keys: one table row per key, from which loading, the guide and the JSON Schema are made."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

import msgspec

from bot.config.nodes import Entries, Node, Text
from bot.config.notes import Notes
from bot.config.shapes import JsonSchema, Shape
from bot.config.words import nearest, one_of

_NO_WORDS: Final[Mapping[str, str]] = {}


class Key(msgspec.Struct, frozen=True):
    """One key: how its value looks, what it means, what holds without it, and one example."""

    name: str
    shape: Shape
    meaning: str
    default: str = "none"
    example: str = ""
    required: bool = False


class Values(msgspec.Struct, frozen=True):
    """What a section said: read values, and the nodes they came from for later checks."""

    node: Entries
    values: Mapping[str, Any]
    nodes: Mapping[str, Node] = msgspec.field(default_factory=dict)
    meant: frozenset[str] = frozenset()  # keys that unknown words were most likely meant to be

    def get(self, name: str, default: Any = None) -> Any:
        """Return a read value; the default where nothing was written, or what was written is wrong."""
        return self.values.get(name, default)

    def at(self, name: str) -> Node:
        """Return where a key's value stands, or the section itself."""
        return self.nodes.get(name, self.node)

    @property
    def is_whole(self) -> bool:
        """Say whether every key that was written is one of the table's."""
        return len(self.nodes) == len(self.node.pairs)

    def __contains__(self, name: str) -> bool:
        return name in self.nodes


class Section(Shape):
    """A map that takes the keys of one table and no others."""

    def __init__(self, what: str, keys: Iterable[Key], other_words: Mapping[str, str] = _NO_WORDS) -> None:
        self.what, self.keys = what, tuple(keys)
        self._by_name = {key.name: key for key in self.keys}
        self._other_words = other_words

    def _schema(self) -> JsonSchema:
        found: JsonSchema = {
            "type": "object",
            "additionalProperties": False,
            "properties": {key.name: _described(key) for key in self.keys},
        }
        if required := [key.name for key in self.keys if key.required]:
            found["required"] = required
        return found

    def _read(self, node: Node, notes: Notes) -> Values | None:
        if not isinstance(node, Entries):
            notes.error(node, f"{self.what} is a map: one `key: value` a line")
            return None
        values: dict[str, Any] = {}
        nodes: dict[str, Node] = {}
        meant: set[str] = set()
        for name_node, value_node in node.pairs:
            key = self._by_name.get(name_node.text)
            if key is None:
                meant.add(self._refuse(name_node, notes))
                continue
            nodes[key.name] = value_node
            if (value := key.shape.read(value_node, notes)) is not None:
                values[key.name] = value
        self._require(node, {*nodes, *meant}, notes)
        return Values(node, values, nodes, frozenset(meant))

    def _refuse(self, name: Text, notes: Notes) -> str:
        """Note an unknown key; return the key that was most likely meant."""
        word = name.text
        near = nearest(word, self._by_name, self._other_words)
        hint = near if near in self._by_name else ""
        message = f"unknown key `{word}` in {self.what}"
        notes.error(name, message if hint else f"{message}; there are {one_of(self._by_name)}", hint=hint)
        return hint

    def _require(self, node: Entries, written: Collection[str], notes: Notes) -> None:
        for key in self.keys:
            if key.required and key.name not in written:
                example = f", for example `{key.example}`" if key.example else ""
                notes.error(node, f"{self.what} lacks `{key.name}`{example}", word=key.name)


def _described(key: Key) -> JsonSchema:
    said = key.meaning if key.default == "none" else f"{key.meaning} Default: {key.default}."
    found = {"description": said, **key.shape.schema()}
    if key.example:
        found["examples"] = [key.example.split(": ", 1)[-1]]
    return found
