"""`where`: a map of fields to conditions, to the tree that the core asks. Everything is typed by the field.

Both levels nest: `any`, `all` and `not` over several fields, and inside the condition of one field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple, TypeAlias

import re2

from bot.config.nodes import Broken, Entries, Items, Node, Text
from bot.config.notes import Notes
from bot.config.quantities import number, yes_no
from bot.config.shapes import JsonSchema, Shape, text_at
from bot.config.words import nearest, one_of
from bot.core.conditions import NUMBER_OPS, TEXT_OPS, All, AnyOf, Clause, Condition, Not, Op, Operand
from bot.core.fields import FieldType
from bot.rulepack.field_names import FIELD_WORDS, known_field

_NESTS: Final = ("any", "all", "not")
_OPERATORS: Final = frozenset(op.value for op in Op)
_OTHER_WORDS: Final = {
    "equals": "is",
    "eq": "is",
    "equal": "is",
    "in": "is",
    "one_of": "is",
    "not_in": "is_not",
    "neq": "is_not",
    "regex": "matches",
    "match": "matches",
    "like": "contains",
    "includes": "contains",
    "gt": "more_than",
    "gte": "at_least",
    "lt": "less_than",
    "lte": "at_most",
    "min": "at_least",
    "max": "at_most",
    "above": "more_than",
    "below": "less_than",
    "present": "exists",
}
_MAX_PATTERN_BYTES: Final = 1024
_PLAIN_PATTERN: Final = re.compile(r"(\^?)((?:[^\\.^$*+?()\[\]{}|]|\\[^A-Za-z0-9])+)(\$?)")


class _Asked(NamedTuple):
    """The field that a condition asks."""

    field: str
    kind: FieldType


_ReadCondition: TypeAlias = Callable[[Node, Notes], Condition | None]


class WhereShape(Shape):
    """The whole of `where`."""

    def _schema(self) -> JsonSchema:
        scalar = {"type": ["string", "number", "boolean"]}
        many = {"type": "array", "items": scalar, "minItems": 1}
        operators: JsonSchema = {op: {"anyOf": [scalar, many]} for op in sorted(_OPERATORS)}
        nests: JsonSchema = {name: {"type": ["object", "array"]} for name in _NESTS}
        condition = {
            "anyOf": [
                scalar,
                many,
                {"type": "object", "properties": operators | nests, "additionalProperties": False, "minProperties": 1},
            ]
        }
        return {
            "type": "object",
            "properties": {**dict.fromkeys(FIELD_WORDS, condition), **nests},
            "patternProperties": {"^raw\\.": condition},
            "additionalProperties": False,
            "minProperties": 1,
        }

    def _read(self, node: Node, notes: Notes) -> Condition | None:
        return _read_where(node, notes)


def _read_where(node: Node, notes: Notes) -> Condition | None:
    """Read a map of fields to conditions, all of which must hold."""
    if not isinstance(node, Entries):
        if not isinstance(node, Broken):
            notes.error(node, "conditions are a map: one `field: condition` a line")
        return None
    if not node.pairs:
        notes.error(node, "there is no condition here; leave it out to mean every event")
        return None
    return _all_of(_read_entry(key, value, notes) for key, value in node.pairs)


def _read_entry(key: Text, value: Node, notes: Notes) -> Condition | None:
    if key.text in _NESTS:
        return _read_nest(key, value, notes, _read_where)
    kind = known_field(key, notes, also=_NESTS)
    if kind is None:
        return None
    return _read_field(_Asked(key.text, kind), value, notes)


def _read_field(asked: _Asked, node: Node, notes: Notes) -> Condition | None:
    """Read the condition of one field: a value, a list (one of), or operators that must all hold."""
    if not isinstance(node, Entries):
        return _read_clause(asked, Op.IS, node, notes)
    if not node.pairs:
        notes.error(node, f"there is no condition on `{asked.field}` here")
        return None

    def again(inner: Node, notes: Notes) -> Condition | None:
        return _read_field(asked, inner, notes)

    return _all_of(_read_operator(asked, key, value, notes, again) for key, value in node.pairs)


def _read_operator(asked: _Asked, key: Text, node: Node, notes: Notes, again: _ReadCondition) -> Condition | None:
    if key.text in _NESTS:
        return _read_nest(key, node, notes, again)
    if key.text in _OPERATORS:
        complaint = _misfit(asked, Op(key.text))
        if complaint:
            notes.error(key, complaint[0], hint=complaint[1])
            return None
        return _read_clause(asked, Op(key.text), node, notes)
    words = (*_OPERATORS, *_NESTS)
    hint = nearest(key.text, words, _OTHER_WORDS)
    notes.error(key, f"no operator `{key.text}`; there are {one_of(words, 20)}", hint=hint)
    return None


def _read_nest(key: Text, node: Node, notes: Notes, read: _ReadCondition) -> Condition | None:
    """Read `any`, `all` or `not`. A list holds several conditions; a map is one, whose parts must all hold."""
    if key.text == "not":
        if isinstance(node, Items):
            notes.error(node, "`not` takes one condition; write `not: {any: […]}` for none of several", word=key.text)
            return None
        part = read(node, notes)
        return None if part is None else Not(part)
    parts = _parts_of(key, node, notes, read)
    if parts is None or any(part is None for part in parts):
        return None
    found = tuple(part for part in parts if part is not None)
    return AnyOf(found) if key.text == "any" else All(found)


def _parts_of(key: Text, node: Node, notes: Notes, read: _ReadCondition) -> list[Condition | None] | None:
    """Return the parts of `any` and `all`: a list's items, or each entry of a map by itself."""
    if isinstance(node, Broken):
        return None
    if isinstance(node, Items) and node.items:
        return [read(item, notes) for item in node.items]
    if isinstance(node, Entries) and node.pairs:
        return [read(Entries((pair,), pair[0].line, pair[0].column), notes) for pair in node.pairs]
    said = "is empty" if isinstance(node, Items | Entries) else "takes a list of conditions"
    notes.error(node, f"`{key.text}` {said}", word=key.text)
    return None


def _read_clause(asked: _Asked, op: Op, node: Node, notes: Notes) -> Condition | None:
    operand = _read_operand(asked, op, node, notes)
    return None if operand is None else Clause(asked.field, op, operand, asked.kind)


def _misfit(asked: _Asked, op: Op) -> tuple[str, str] | None:
    """Return why an operator cannot be asked of a field, and a better one."""
    field, kind = asked
    if op in NUMBER_OPS and kind not in {FieldType.NUMBER, FieldType.RAW}:
        return f"`{op}` compares numbers, and `{field}` is {_described(kind)}", "is"
    if op in TEXT_OPS and kind in {FieldType.NUMBER, FieldType.YES_NO}:
        return f"`{op}` looks into texts, and `{field}` is {_described(kind)}", "is"
    return None


def _described(kind: FieldType) -> str:
    return {FieldType.LIST: "a list of texts", FieldType.YES_NO: "yes or no"}.get(kind, f"a {kind}")


def _read_operand(asked: _Asked, op: Op, node: Node, notes: Notes) -> Operand | None:
    if isinstance(node, Broken):
        return None
    if not isinstance(node, Items):
        return _read_scalar(asked, op, node, notes)
    if op not in {Op.IS, Op.IS_NOT}:
        notes.error(node, f"`{op}` takes one value; for several write `any: [{{{op}: …}}, …]`", word=op.value)
        return None
    if not node.items:
        notes.error(node, f"the list of `{asked.field}` is empty", word=asked.field)
        return None
    found = [_read_scalar(asked, op, item, notes) for item in node.items]
    kept = tuple(value for value in found if value is not None)
    return kept if len(kept) == len(found) else None


def _read_scalar(asked: _Asked, op: Op, node: Node, notes: Notes) -> str | int | float | bool | None:
    field, kind = asked
    if op is Op.EXISTS:
        return _typed(node, notes, yes_no, "yes or no")
    if op in NUMBER_OPS or kind is FieldType.NUMBER:
        return _typed(node, notes, number, f"a number, which `{field}` is compared with")
    if kind is FieldType.YES_NO:
        return _typed(node, notes, yes_no, f"yes or no, which `{field}` is")
    text = text_at(node, notes, "a text")
    if text is None:
        return None
    if op in TEXT_OPS and not text.text:
        notes.error(text, f"`{op}` of an empty text holds for everything", word=op.value)
        return None
    return text.text if op is not Op.MATCHES or _is_pattern(text, notes) else None


def _typed(
    node: Node, notes: Notes, parse: Callable[[str], int | float | bool | None], wanted: str
) -> int | float | bool | None:
    text = text_at(node, notes, wanted)
    value = parse(text.text) if text else None
    if text is not None and value is None:
        notes.error(text, f"`{text.text}` is not {wanted}")
    return value


def _is_pattern(text: Text, notes: Notes) -> bool:
    """Compile a pattern as the core will. RE2 has no look-around and no back-references, and is never slow."""
    if len(text.text.encode()) > _MAX_PATTERN_BYTES:
        notes.error(text, f"a pattern over {_MAX_PATTERN_BYTES} bytes")
        return False
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(text.text, options)
    except re2.error as error:
        said = error.args[0] if error.args else ""
        said = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        part = said.rpartition(": ")[2]
        start = max(0, text.text.find(part))
        notes.error(text, f"not a pattern that RE2 knows: {said}", word=part or None, shift=start + text.quoted)
        return False
    _note_plain(text, notes)
    return True


def _note_plain(text: Text, notes: Notes) -> None:
    """A pattern in which nothing is special says less clearly what an operator says."""
    found = _PLAIN_PATTERN.fullmatch(text.text)
    if found is None:
        return
    ends = (bool(found[1]), bool(found[3]))
    plain = {(True, True): "is", (True, False): "starts_with", (False, True): "ends_with"}.get(ends, "contains")
    notes.warning(text, f"nothing in this pattern is special: `{plain}` says the same", hint=plain)


def _all_of(parts: Iterable[Condition | None]) -> Condition | None:
    found = list(parts)
    kept = tuple(part for part in found if part is not None)
    if len(kept) < len(found):
        return None
    return kept[0] if len(kept) == 1 else All(kept)
