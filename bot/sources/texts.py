"""Which key of a JSON object is which text field: a table, read in one go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from bot.core.inputs import Value
from bot.sources.lenient import MAX_TEXT, TELLING, text

# Key of the object -> field. Where two keys lead to one field, the later line that says something wins.
Texts: TypeAlias = tuple[tuple[str, str], ...]


def add_texts(fields: dict[str, Value], node: Mapping[str, Any], table: Texts) -> None:
    """Put into `fields` the texts of `node` that a table names; what says nothing is left out."""
    for key, name in table:
        value = node.get(key)
        if value is None:
            continue
        if type(value) is str and value and value[0] in TELLING and len(value) <= MAX_TEXT:
            fields[name] = value  # by far the most, and what `text` would say; a call for each is a third of this
        elif (said := text(value)) is not None:
            fields[name] = said
