"""How the values of some keys of a rule look that no other file of YAML has."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

from bot.config.nodes import Node, Text
from bot.config.notes import Notes
from bot.config.shapes import DurationOr, JsonSchema, Shape, Whole, Word, text_at

# A window keeps as many sightings as its threshold, in one record that is written with each of them.
MAX_THRESHOLD: Final = 10_000
NEVER: Final = "never"
_SHARE: Final = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,15})?)%")
_WHOLE_PERCENT: Final = 100


class ThresholdShape(Shape):
    """How many as an int, or how large a part as an exact Fraction (`20%` is 1/5)."""

    def __init__(self) -> None:
        self._whole = Whole(1, MAX_THRESHOLD, f"a whole number from 1 to {MAX_THRESHOLD}, or a share such as 20%")

    def _schema(self) -> JsonSchema:
        return {"anyOf": [self._whole.schema(), {"type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?%$"}]}

    def _read(self, node: Node, notes: Notes) -> int | Fraction | None:
        if isinstance(node, Text) and node.text.endswith("%"):
            return _share(node, notes)
        value: int | None = self._whole.read(node, notes)
        return value


def _share(text: Text, notes: Notes) -> Fraction | None:
    found = _SHARE.fullmatch(text.text)
    share = Fraction(found[1]) / _WHOLE_PERCENT if found else Fraction(0)
    if 0 < share <= 1:
        return share
    notes.error(text, f"`{text.text}` is no share: a number above 0% and up to 100%, such as 20% or 0.5%")
    return None


class NameShape(Shape):
    """A name that stands elsewhere; it is kept with its place until that is known."""

    def __init__(self, wanted: str) -> None:
        self._wanted = wanted

    def _schema(self) -> JsonSchema:
        return {"type": "string"}

    def _read(self, node: Node, notes: Notes) -> Text | None:
        return text_at(node, notes, self._wanted)


PROSE: Final = Word("a description", lambda text: text.strip() or None)
DURATION_OR_NEVER: Final = DurationOr({NEVER: 0}, dict.fromkeys(("no", "none", "off", "0"), NEVER))
