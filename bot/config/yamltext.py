"""YAML as people write it, strictly: every scalar stays text, and what surprises people is refused with advice.

Works on the parser's events, never on constructed values: the stock loader keeps the last of two equal keys, reads
`on` as true and `12:30:45` as a number, and builds recursively (deep nesting is a crash there).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import yaml

from bot.config.nodes import Broken, Entries, Items, Node, Text
from bot.config.notes import Notes
from bot.config.yamladvice import QUOTE_IT, explain

MAX_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 32
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_IF_TEXT: Final = f"; if it is text, {QUOTE_IT}"
_BREAKS: Final = frozenset("\u0085\u2028\u2029")  # line ends for YAML, for hardly any editor
_BIDI: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNUSUAL: Final = re.compile(r"[^\x20-\x7e\n]")
_COMMENT: Final = re.compile(r"\s+(#\S.*)")


def read_yaml(content: bytes, notes: Notes) -> Node | None:
    """Return the file's tree, or None when it has none; everything wrong stands in `notes` by line and column."""
    text = _decoded(content, notes)
    if text is None or not _clean(text, notes):
        return None
    try:
        return _Builder(text.split("\n"), notes).build(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        explain(error, text.split("\n"), notes)
    except yaml.YAMLError as error:
        notes.at(0, 0, f"this is not YAML: {error}")
    return None


def _decoded(content: bytes, notes: Notes) -> str | None:
    if len(content) > MAX_BYTES:
        notes.at(0, 0, "the file is over 1 MiB: split it into several")
        return None
    try:
        return content.decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, len(before) - before.rfind(b"\n")
        notes.at(line, column, "this is not UTF-8: save the file with the encoding UTF-8")
        return None


def _clean(text: str, notes: Notes) -> bool:
    """Refuse the first character that no reader can see for what it is."""
    for found in _UNUSUAL.finditer(text):
        if complaint := _complaint(found.group()):
            line, column = text.count("\n", 0, found.start()) + 1, found.start() - text.rfind("\n", 0, found.start())
            notes.at(line, column, complaint, word=repr(found.group())[1:-1])
            return False
    return True


def _complaint(character: str) -> str:
    if character == "\t":
        return "a tab: indent with spaces, and inside quotes write \\t"
    if character in _BIDI or character in _BREAKS or character == "\ufeff" or unicodedata.category(character) == "Cc":
        return f"a control character (U+{ord(character):04X}): remove it"
    return ""


def _control_character(text: str) -> str | None:
    return next((c for c in text if c not in "\n\t" and unicodedata.category(c) == "Cc"), None)


class _Open(msgspec.Struct):
    """A list or map whose end has not come yet."""

    event: Any
    nodes: list[Node] = msgspec.field(default_factory=list)


class _Builder:
    """Makes the tree out of the parser's events, without recursion."""

    def __init__(self, lines: list[str], notes: Notes) -> None:
        self._lines, self._notes = lines, notes
        self._open: list[_Open] = []
        self._root: Node | None = None

    def build(self, events: Iterator[Any]) -> Node | None:
        """Read to the end of the first document; anything after it is refused."""
        documents = 0
        for event in events:
            documents += isinstance(event, yaml.DocumentStartEvent)
            if documents > 1:
                self._refuse(event, "---", "a second document: one file holds one")
                return self._root
            if len(self._open) > MAX_DEPTH:
                self._refuse(event, "", f"nested deeper than {MAX_DEPTH} levels")
                return None
            self._take(event)
        return self._root

    def _take(self, event: Any) -> None:
        match event:
            case yaml.ScalarEvent():
                self._add(self._scalar(event))
            case yaml.AliasEvent():
                advice = f"`*` means an alias in YAML, which is not supported{_IF_TEXT}"
                self._add(self._refuse(event, f"*{event.anchor}", advice))
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._open.append(_Open(event))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._add(self._closed(self._open.pop()))
            case _:
                pass  # stream and document marks hold nothing

    def _add(self, node: Node) -> None:
        if self._open:
            self._open[-1].nodes.append(node)
        else:
            self._root = node

    def _scalar(self, event: Any) -> Node:
        marked = self._marked(event)
        if marked is not None:
            return marked
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        # A look at each letter of each text is a quarter of the reading, and a printable text holds no such letter.
        if not event.value.isprintable() and (hidden := _control_character(event.value)):
            return self._refuse(event, event.value, f"holds the control character U+{ord(hidden):04X}: remove it")
        if event.value or event.style:
            return Text(event.value, line, column, quoted=bool(event.style))
        return self._nothing(line, column)

    def _nothing(self, line: int, column: int) -> Text:
        found = _COMMENT.match(self._lines[line - 1], column - 1) if line <= len(self._lines) else None
        if found is None:
            return Text("", line, column)
        return Text("", line, found.start(1) + 1, comment=found.group(1).strip())

    def _closed(self, opened: _Open) -> Node:
        marked = self._marked(opened.event)
        if marked is not None:
            return marked
        line, column = opened.event.start_mark.line + 1, opened.event.start_mark.column + 1
        if isinstance(opened.event, yaml.SequenceStartEvent):
            return Items(tuple(opened.nodes), line, column)
        return Entries(tuple(self._pairs(opened.nodes)), line, column)

    def _pairs(self, nodes: list[Node]) -> Iterator[tuple[Text, Node]]:
        seen: dict[str, Text] = {}
        for key, value in zip(nodes[::2], nodes[1::2], strict=True):
            if self._usable(key, seen) and isinstance(key, Text):
                seen[key.text] = key
                yield key, value

    def _usable(self, key: Node, seen: dict[str, Text]) -> bool:
        if isinstance(key, Broken):
            return False
        if not isinstance(key, Text):
            self._notes.error(key, "a list or a map cannot be a key; a text that starts like one: put it in quotes")
            return False
        if key.text == "<<" and not key.quoted:
            self._notes.error(key, "`<<` (merge) is not supported: write the keys out")
            return False
        if key.is_nothing:
            self._notes.error(key, "there is no key before this `:`")
            return False
        if first := seen.get(key.text):
            self._notes.error(key, f"`{key.text}` is written twice, first on line {first.line}")
            return False
        return True

    def _marked(self, event: Any) -> Broken | None:
        """Refuse anchors and tags, which change what a text means far from where it is read."""
        if event.anchor:
            return self._refuse(event, f"&{event.anchor}", f"anchors (`&`) are not supported{_IF_TEXT}")
        if event.tag:
            return self._refuse(event, "!", f"tags (`!`) are not supported{_IF_TEXT}")
        return None

    def _refuse(self, event: Any, word: str, message: str) -> Broken:
        place = Broken(event.start_mark.line + 1, event.start_mark.column + 1)
        self._notes.error(place, message, word=word)
        return place
