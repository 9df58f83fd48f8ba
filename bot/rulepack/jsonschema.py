"""JSON Schema of config.yaml and of rule files, for editors; made from the tables that the loaders read by."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Final

from bot.config.schema import CONFIG
from bot.config.shapes import JsonSchema
from bot.rulepack.schema import DEFAULTS, RULE_FILE

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
# Parts shorter than this are written out wherever they stand.
_SHORT: Final = 200
_MAPS: Final = ("properties", "patternProperties")
_SINGLE: Final = ("items", "additionalProperties")


def json_schema_config() -> JsonSchema:
    """Return the JSON Schema of config.yaml."""
    found = CONFIG.schema()
    found["properties"]["defaults"] |= DEFAULTS.schema()
    return _finished("Tocsin: config.yaml", found)


def json_schema_rules() -> JsonSchema:
    """Return the JSON Schema of a file of rules."""
    return _finished("Tocsin: a file of rules", RULE_FILE.schema())


def _finished(title: str, schema: JsonSchema) -> JsonSchema:
    parts = _Parts(schema)
    return {"$schema": _DIALECT, "title": title, **_with_children(schema, parts.shared), "$defs": parts.definitions}


class _Parts:
    """Long parts that stand in several places: all lists of fields and types would be five times the rest."""

    def __init__(self, schema: JsonSchema) -> None:
        self.definitions: JsonSchema = {}
        self._names: dict[str, str] = {}
        self._counts = Counter(map(_text, _below(schema)))

    def shared(self, part: JsonSchema) -> JsonSchema:
        """Return a part in which long ones that come again are references, itself too."""
        text = _text(part)
        smaller = _with_children(part, self.shared)
        if len(text) < _SHORT or self._counts[text] == 1:
            return smaller
        if text not in self._names:
            self._names[text] = f"part{len(self._names) + 1}"
            self.definitions[self._names[text]] = smaller
        return {"$ref": f"#/$defs/{self._names[text]}"}


def _with_children(part: JsonSchema, change: Callable[[JsonSchema], JsonSchema]) -> JsonSchema:
    """Return a schema with those below it changed. Names of keys and values are no schemas."""
    found = dict(part)
    for word in _MAPS:
        if word in part:
            found[word] = {name: change(child) for name, child in part[word].items()}
    if "anyOf" in part:
        found["anyOf"] = [change(child) for child in part["anyOf"]]
    for word in _SINGLE:
        if isinstance(part.get(word), dict):
            found[word] = change(part[word])
    return found


def _below(part: JsonSchema) -> list[JsonSchema]:
    found: list[JsonSchema] = []

    def take(child: JsonSchema) -> JsonSchema:
        found.append(child)
        return _with_children(child, take)

    _with_children(part, take)
    return found


def _text(part: JsonSchema) -> str:
    return json.dumps(part, sort_keys=True)
