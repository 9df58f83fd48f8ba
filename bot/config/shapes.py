"""How one value may look: reads a node, says what is wrong, and describes itself for editors and the guide.

A schema is a table of keys with shapes (schema.py here, and in rulepack). `read` returns None when it noted an
error, so that a container goes on with its other parts; nobody uses what was read once there is an error.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

from bot.config.nodes import Broken, Entries, Items, Node, Text
from bot.config.notes import Notes
from bot.config.quantities import duration_ms, size_bytes, whole_number, yes_no
from bot.config.words import duration_hint, nearest, one_of, yes_no_hint
from bot.config.yamladvice import QUOTE_IT

JsonSchema: TypeAlias = dict[str, Any]

_NO_WORDS: Final[Mapping[str, str]] = {}


class Shape(ABC):
    """One way a value may look."""

    def read(self, node: Node, notes: Notes) -> Any:
        """Return the value, or None after noting why there is none."""
        return None if isinstance(node, Broken) else self._read(node, notes)

    def schema(self) -> JsonSchema:
        """Return the JSON Schema of what an editor may accept here."""
        return self._schema()

    @abstractmethod
    def _schema(self) -> JsonSchema: ...

    @abstractmethod
    def _read(self, node: Node, notes: Notes) -> Any: ...


def text_at(node: Node, notes: Notes, wanted: str = "a text") -> Text | None:
    """Return the node as a text, or say what stands there instead."""
    if isinstance(node, Text) and not node.is_nothing:
        return node
    if isinstance(node, Text) and node.comment:
        notes.error(node, f"`#` starts a comment, so nothing is written here: {QUOTE_IT}", word=node.comment)
    elif isinstance(node, Text):
        notes.error(node, f"nothing is written here; {wanted} is needed")
    elif isinstance(node, Entries):
        notes.error(node, f"{wanted} is needed, this is a map; a text that starts with `{{`: {QUOTE_IT}")
    elif isinstance(node, Items):
        notes.error(node, f"{wanted} is needed, this is a list; a text that starts with `[`: {QUOTE_IT}")
    return None


class Word(Shape):
    """A text of one kind: `parse` returns the value or None, and `wanted` says what is needed instead.

    `hint` returns what was most likely meant by a text that cannot be read, or nothing.
    """

    def __init__(
        self,
        wanted: str,
        parse: Callable[[str], Any],
        schema: JsonSchema | None = None,
        *,
        hint: Callable[[str], str] = lambda _: "",
    ) -> None:
        self._wanted, self._parse, self._hint = wanted, parse, hint
        self._as_json = {"type": ["string", "number", "boolean"]} if schema is None else schema

    def _schema(self) -> JsonSchema:
        return self._as_json

    def _read(self, node: Node, notes: Notes) -> Any:
        text = text_at(node, notes, self._wanted)
        if text is None:
            return None
        value = self._parse(text.text)
        if value is None and not text.text.strip():
            notes.error(text, f"the text is empty; {self._wanted} is needed")
        elif value is None:
            notes.error(text, f"`{text.text}` is not {self._wanted}", hint=self._hint(text.text))
        return value


class Choice(Shape):
    """One of a few words; an unknown one is answered with the nearest."""

    def __init__(self, what: str, words: Iterable[str]) -> None:
        self._what, self.words = what, tuple(map(str, words))

    def _schema(self) -> JsonSchema:
        return {"enum": list(self.words)}

    def _read(self, node: Node, notes: Notes) -> str | None:
        text = text_at(node, notes, f"one of {', '.join(self.words)}")
        if text is None or text.text in self.words:
            return text.text if text else None
        message = f"`{text.text}` is no {self._what}; there are {one_of(self.words)}"
        notes.error(text, message, hint=nearest(text.text, self.words))
        return None


class ListOf(Shape):
    """A list without gaps; where `single` is allowed one value may stand without brackets."""

    def __init__(self, item: Shape, *, single: bool = True, empty: bool = False) -> None:
        self._item, self._single, self._empty = item, single, empty

    def _schema(self) -> JsonSchema:
        many: JsonSchema = {"type": "array", "items": self._item.schema()}
        if not self._empty:
            many["minItems"] = 1
        return {"anyOf": [self._item.schema(), many]} if self._single else many

    def _read(self, node: Node, notes: Notes) -> tuple[Any, ...] | None:
        if not isinstance(node, Items):
            return self._read_single(node, notes)
        if not node.items and not self._empty:
            notes.error(node, "the list is empty")
            return None
        found = [self._item.read(item, notes) for item in node.items]
        return None if any(value is None for value in found) else tuple(found)

    def _read_single(self, node: Node, notes: Notes) -> tuple[Any, ...] | None:
        if not self._single:
            notes.error(node, "a list is needed: `[a, b]`, or one `- item` a line")
            return None
        value = self._item.read(node, notes)
        return None if value is None else (value,)


class MapOf(Shape):
    """A map whose keys the user names; `name_check` returns what is wrong with a name, or nothing."""

    def __init__(self, what: str, value: Shape, name_check: Callable[[str], str] = lambda _: "") -> None:
        self._what, self._value, self._name_check = what, value, name_check

    def _schema(self) -> JsonSchema:
        return {"type": "object", "additionalProperties": self._value.schema()}

    def _read(self, node: Node, notes: Notes) -> dict[str, Any] | None:
        if not isinstance(node, Entries):
            notes.error(node, f"a map of {self._what} is needed: one `name: …` a line")
            return None
        found: dict[str, Any] = {}
        for key, value in node.pairs:
            if wrong := self._name_check(key.text):
                notes.error(key, wrong)
            found[key.text] = self._value.read(value, notes)
        return {name: value for name, value in found.items() if value is not None}


class OneShape(Shape):
    """A text of one shape, or a map or list of another, told apart by how it is written."""

    def __init__(self, text: Shape, other: Shape) -> None:
        self._text, self._other = text, other

    def _schema(self) -> JsonSchema:
        return {"anyOf": [self._text.schema(), self._other.schema()]}

    def _read(self, node: Node, notes: Notes) -> Any:
        return (self._text if isinstance(node, Text) else self._other).read(node, notes)


class Whole(Word):
    """A whole number within bounds."""

    def __init__(self, low: int, high: int, wanted: str = "") -> None:
        def parse(text: str) -> int | None:
            value = whole_number(text)
            return value if value is not None and low <= value <= high else None

        said = wanted or f"a whole number from {low} to {high}"
        bounds = {"type": "integer", "minimum": low, "maximum": high}
        super().__init__(said, parse, {"anyOf": [bounds, {"type": "string", "pattern": "^[0-9]+$"}]})


_DURATION_WORDS: Final = "a duration such as 90s, 30m, 1h30m or 2d (whole numbers, no space, above 0)"
_DURATION_PATTERN: Final = "^([0-9]+[wdhms])+$"

TEXT: Final = Word("a text", lambda text: text)
NAME: Final = Word("a name", lambda text: text.strip() or None)
DURATION: Final = Word(
    _DURATION_WORDS, duration_ms, {"type": "string", "pattern": _DURATION_PATTERN}, hint=duration_hint
)
SIZE: Final = Word("a size such as 32MiB or 5GB", size_bytes, {"type": "string", "pattern": "^[0-9]+([kKMGT]i?)?B$"})
YES_NO: Final = Word("yes or no", yes_no, {"enum": ["yes", "no", True, False]}, hint=yes_no_hint)


class DurationOr(Word):
    """A duration in ms, or one of a few words with a value each. `other_words` are what people write for these."""

    def __init__(self, words: Mapping[str, Any], other_words: Mapping[str, str] = _NO_WORDS) -> None:
        super().__init__(
            ", or ".join((_DURATION_WORDS, *words)),
            lambda text: words[text] if text in words else duration_ms(text),
            {"anyOf": [{"enum": list(words)}, DURATION.schema()]},
            hint=lambda text: duration_hint(text) or nearest(text, words, other_words),
        )
