"""The grammar of examples in one table: what an event, an expectation and a whole example may say."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from bot.config.nodes import Broken, Entries, Items, Node, Text
from bot.config.notes import Notes
from bot.config.quantities import duration_ms
from bot.config.sections import Key, Section
from bot.config.shapes import NAME, TEXT, JsonSchema, ListOf, MapOf, Shape, Whole, Word, text_at
from bot.config.texts import CHANNEL
from bot.core.fields import FIELDS
from bot.rulepack.field_names import known_field
from bot.rulepack.key_shapes import NameShape
from bot.rulepack.moments import MomentShape

MAX_TIMES: Final = 10_000
_JSON_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?([eE][+-]?[0-9]{1,3})?")
_JSON_WORDS: Final = {"true": True, "false": False, "null": None, "": None}


class Json:
    """Decoded JSON in a box: `null` is a value, not the absence of one."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class JsonShape(Shape):
    """A tree in which plain scalars are typed as JSON, and quoted ones are text."""

    def _schema(self) -> JsonSchema:
        return {}

    def _read(self, node: Node, notes: Notes) -> Json | None:  # noqa: ARG002 - any tree will do
        return Json(_as_json(node))


def _as_json(node: Node) -> Any:
    match node:
        case Text(text=text, quoted=True):
            return text
        case Text(text=text):
            if text in _JSON_WORDS:
                return _JSON_WORDS[text]
            return _finite(text) if _JSON_NUMBER.fullmatch(text) else text
        case Items(items=items):
            return [_as_json(item) for item in items]
        case Entries(pairs=pairs):
            return {key.text: _as_json(value) for key, value in pairs}
        case Broken():
            return None


def _finite(text: str) -> Any:
    value = json.loads(text)
    return text if isinstance(value, float) and value in {float("inf"), float("-inf")} else value


class ValueShape(Shape):
    """A field's value: kept as written until `{n}` is filled in, then typed by the field."""

    def _schema(self) -> JsonSchema:
        scalar: JsonSchema = {"type": ["string", "number", "boolean"]}
        return {"anyOf": [scalar, {"type": "array", "items": scalar}]}

    def _read(self, node: Node, notes: Notes) -> Node | None:
        if isinstance(node, Items):
            return node if all(text_at(item, notes) for item in node.items) else None
        return text_at(node, notes)


class KeyShape(Shape):
    """The value of `per`, or a list of values in its order."""

    def _schema(self) -> JsonSchema:
        return ListOf(TEXT).schema()

    def _read(self, node: Node, notes: Notes) -> tuple[str, ...] | None:
        found: tuple[str, ...] | None = ListOf(TEXT).read(node, notes)
        return found


KEY: Final = KeyShape()


class ShownShape(Shape):
    """Fields of the message with the text that must stand there."""

    def _schema(self) -> JsonSchema:
        return {"type": "object"}

    def _read(self, node: Node, notes: Notes) -> dict[str, Text] | None:
        if not isinstance(node, Entries):
            notes.error(node, "a map of fields and what the message shows for them")
            return None
        found = {key.text: text_at(value, notes) for key, value in node.pairs if known_field(key, notes) is not None}
        return {name: text for name, text in found.items() if text is not None}


_AT: Final = Key("at", MomentShape(), "When.", default="the previous entry's time", example="at: 5m")
_EVERY: Final = Word("a duration such as 30s (0s for at once)", lambda text: duration_ms(text, zero=True))

EVENT: Final = Section(
    "an event of an example",
    (
        Key("type", NAME, "The event's type; its fields stand beside it.", example="type: alfred.job.failed"),
        Key("raw", JsonShape(), "What `raw.` paths start from.", example="raw: {pages: 3}"),
        Key("body", JsonShape(), "A whole delivery, read by the real parser of `source`."),
        Key("sample", TEXT, "A file with a whole delivery, from the folder of this file.", example="sample: a.json"),
        Key("ack", KEY, "The key whose open alert a person acknowledges.", example="ack: J1"),
        Key("by", NAME, "Who acknowledges.", default="someone", example="by: ana"),
        _AT,
        Key(
            "times",
            Whole(1, MAX_TIMES),
            "So many events; `{n}` in a text is 1, 2, 3 …",
            default="1",
            example="times: 5",
        ),
        Key("every", _EVERY, "The time between them.", default="0s", example="every: 1m"),
        Key("id", TEXT, "The provider's id; several events with one id are one delivery sent again.", example="id: E1"),
        *(Key(name, ValueShape(), f"The event's {name}.") for name in FIELDS if name != "subject"),
    ),
    {"subject": "run"},
)

EXPECTATION: Final = Section(
    "an expectation",
    (
        _AT,
        Key("fires", KEY, "The key whose alert fires.", example="fires: J1"),
        Key("resolves", KEY, "The key whose alert resolves.", example="resolves: J1"),
        Key("expires", KEY, "The key whose alert expires.", example="expires: J1"),
        Key("reminds", KEY, "The key whose alert reminds.", example="reminds: J1"),
        Key("escalates", KEY, "The key whose alert takes a step of `then`.", example="escalates: J1"),
        Key("releases", KEY, "The key whose first message was held and goes out after all.", example="releases: J1"),
        Key(
            "hands_over",
            NameShape("a name of `hours:` in the config"),
            "The hours that begin and hand over what they held.",
            example="hands_over: office",
        ),
        Key(
            "still_open",
            ListOf(KEY, empty=True),
            "The keys that the hand-over lists as still open.",
            default="not looked at",
            example="still_open: [J1, J2]",
        ),
        Key(
            "ended",
            ListOf(KEY, empty=True),
            "The keys that it lists as ended meanwhile.",
            default="not looked at",
            example="ended: [J3]",
        ),
        Key(
            "held_by",
            NameShape("the name of hours or of a rule, or storm"),
            "What held the first message back: the name of hours or of a rule, or storm.",
            default="beside `fires`: it was not held",
            example="held_by: office",
        ),
        Key("notify", ListOf(CHANNEL), "The channels that are told, as a set.", example="notify: doc-alerts"),
        Key("title", TEXT, "The title.", example='title: "Acme: failed"'),
        Key("mention", TEXT, "Who is mentioned: a name of `people`.", example="mention: review-owner"),
        Key(
            "shows",
            ShownShape(),
            "Fields of the message; only those given are looked at.",
            example="shows: {stage: ocr}",
        ),
        Key("count", Whole(0, 10**9), "How many matches the alert counts.", example="count: 5"),
        Key("notified_at", MomentShape(), "When the first message was decided.", example="notified_at: 5m"),
        Key("together", Whole(1, 10**9), "How many alerts the first message holds.", example="together: 3"),
    ),
    {"hidden_by": "held_by", "inhibited_by": "held_by", "channel": "notify", "hand_over": "hands_over"},
)

EXAMPLE: Final = Section(
    "an example",
    (
        Key("events", ListOf(EVENT, single=False), "What happens, in time order.", required=True),
        Key("expect", ListOf(EXPECTATION, single=False, empty=True), "What follows; may be [].", required=True),
        Key(
            "until",
            MomentShape(),
            "The end.",
            default="the later of the last event and the last expectation, then every deadline still open",
        ),
    ),
)
EXAMPLES: Final = MapOf("examples", EXAMPLE)
