"""`notify`: channels by name or id, or a name made from the event with a channel to fall back on."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from bot.config.checks import channel_problem
from bot.config.model import Config
from bot.config.nodes import Entries, Node, Text
from bot.config.notes import Notes
from bot.config.sections import Key, Section, Values
from bot.config.shapes import JsonSchema, ListOf, Shape, text_at
from bot.config.texts import CHANNEL, channel_complaint
from bot.core.rule import Target
from bot.rulepack.field_names import check_template

_BRACES: Final = re.compile(r"\{[^{}]*\}")


class Written(NamedTuple):
    """A target, and where its fixed channel stands, for the question whether there is such a channel."""

    target: Target
    node: Text


class TemplateShape(Shape):
    """A channel's name with `{field}` in it."""

    def _schema(self) -> JsonSchema:
        return {"type": "string"}

    def _read(self, node: Node, notes: Notes) -> Text | None:
        text = text_at(node, notes, "a channel's name")
        if text is None or not check_template(text, notes):
            return None
        if wrong := channel_complaint(_BRACES.sub("x", text.text)):
            notes.error(text, wrong, hint=text.text.lstrip("#"))
            return None
        return text


_MADE: Final = Section(
    "a channel made from the event",
    (
        Key(
            "channel",
            TemplateShape(),
            "The name, with fields in braces.",
            required=True,
            example='channel: "ops-{company}"',
        ),
        Key(
            "otherwise",
            CHANNEL,
            "The channel when the field is missing or no such channel is configured.",
            required=True,
            example="otherwise: doc-alerts",
        ),
    ),
)


class TargetShape(Shape):
    """One channel of `notify`."""

    def _schema(self) -> JsonSchema:
        return {"anyOf": [CHANNEL.schema(), _MADE.schema()]}

    def _read(self, node: Node, notes: Notes) -> Written | None:
        if isinstance(node, Entries):
            return _read_made(node, notes)
        if isinstance(node, Text) and _BRACES.search(node.text):
            notes.error(node, 'a name made from the event needs a fallback: {channel: "ops-{company}", otherwise: …}')
            return None
        name = CHANNEL.read(node, notes)
        return Written(Target(name), node) if name and isinstance(node, Text) else None


def _read_made(node: Entries, notes: Notes) -> Written | None:
    values: Values | None = _MADE.read(node, notes)
    if values is None or values.get("channel") is None or values.get("otherwise") is None:
        return None
    fallback = values.at("otherwise")
    target = Target(values.get("channel").text, values.get("otherwise"))
    return Written(target, fallback) if isinstance(fallback, Text) else None


TARGETS: Final = ListOf(TargetShape())


def check_targets(written: tuple[Written, ...], config: Config, notes: Notes) -> None:
    """Note every channel that the config does not know."""
    for one in written:
        message, hint = channel_problem(one.target.otherwise or one.target.channel, config)
        if message:
            notes.error(one.node, message, hint=hint)
