"""Names of fields as rules write them, and templates with fields in braces."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from bot.config.nodes import Node, Text
from bot.config.notes import Notes
from bot.config.shapes import JsonSchema, Shape, text_at
from bot.config.words import nearest, one_of
from bot.core.fields import FIELDS, TITLE_WORDS, FieldType, field_type

FIELD_WORDS: Final = tuple(FIELDS)
_OTHER_WORDS: Final = {
    "customer": "company",
    "tenant": "company",
    "client": "company",
    "error": "last_error",
    "error_message": "last_error",
    "error_messages": "errors",
    "failure_message": "last_error",
    "failurereason": "cause",
    "failure_reason": "cause",
    "reason": "cause",
    "confidence": "score",
    "category": "tag",
    "job_id": "job",
    "run_id": "run",
    "file_id": "file",
    "file_name": "document",
    "filename": "document",
    "link": "url",
    "env": "environment",
    "retry_count": "retries",
}
_RAW_PATH: Final = re.compile(r"raw(\.[^.\s{}]+)+")
_PIECE: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_MAX_TITLE: Final = 300


def known_field(name: Text, notes: Notes, also: Iterable[str] = ()) -> FieldType | None:
    """Return the type of the field that a node names, or note that there is none."""
    kind = field_type(name.text)
    if kind is FieldType.RAW and not _RAW_PATH.fullmatch(name.text):
        notes.error(name, "a raw path is `raw.` and names with a point between them, such as raw.metadata.order")
        return None
    if kind is None:
        message, hint = unknown_field(name.text, also)
        notes.error(name, message, hint=hint)
    return kind


def unknown_field(name: str, also: Iterable[str] = ()) -> tuple[str, str]:
    """Return what is wrong with a name that is no field, and the nearest that is one."""
    words = (*FIELD_WORDS, *also)
    hint = nearest(name, words, _OTHER_WORDS)
    return f"no field `{name}`" + ("" if hint else f"; there are {one_of(words, 40)}, and raw.path.to.value"), hint


class FieldShape(Shape):
    """The name of a field. `also` are further words that are good here (`all`)."""

    def __init__(self, *also: str) -> None:
        self._also = also

    def _schema(self) -> JsonSchema:
        return {"anyOf": [{"enum": [*FIELD_WORDS, *self._also]}, {"type": "string", "pattern": "^raw\\."}]}

    def _read(self, node: Node, notes: Notes) -> Text | None:
        text = text_at(node, notes, "a field")
        if text is None or text.text in self._also:
            return text
        return text if known_field(text, notes, self._also) else None


class TitleShape(Shape):
    """One line of text with `{field}` in it."""

    def _schema(self) -> JsonSchema:
        return {"type": "string", "maxLength": _MAX_TITLE}

    def _read(self, node: Node, notes: Notes) -> str | None:
        text = text_at(node, notes, "a title")
        if text is None:
            return None
        if not text.text.strip():
            notes.error(text, "the title is empty")
            return None
        if "\n" in text.text.strip() or len(text.text) > _MAX_TITLE:
            notes.error(text, f"a title is one line of at most {_MAX_TITLE} characters")
            return None
        return text.text.strip() if check_template(text, notes, TITLE_WORDS) else None


def check_template(text: Text, notes: Notes, words: Iterable[str] = ()) -> bool:
    """Note every `{…}` that names no field, and every brace without its partner."""
    fine = True
    for found in _PIECE.finditer(text.text):
        if found.group() in {"{{", "}}"}:
            continue
        fine = _check_piece(text, found, notes, tuple(words)) and fine
    return fine


def _check_piece(text: Text, found: re.Match[str], notes: Notes, words: tuple[str, ...]) -> bool:
    name, shift = found.group(1), found.start() + text.quoted
    if name is None or not name:
        advice = (
            "a brace without its partner; for a brace itself write it twice" if name is None else "a field is missing"
        )
        notes.error(text, advice, word=found.group(), shift=shift)
        return False
    kind = field_type(name)
    if name in words or (kind is not None and (kind is not FieldType.RAW or _RAW_PATH.fullmatch(name))):
        return True
    message, hint = unknown_field(name, words)
    notes.error(text, message, word=name, hint=hint, shift=shift + 1)
    return False
