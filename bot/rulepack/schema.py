"""Every key of a rule in one table: how it looks, what it means, what holds without it.

The loader, docs/rules.md and the JSON Schema are made from (or tested against) these rows. Those of conditions and of
messages stand in schema_kinds.py and schema_telling.py.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from bot.config.nodes import Entries, Node, Text
from bot.config.notes import Notes
from bot.config.sections import Key, Section, Values
from bot.config.shapes import DURATION, JsonSchema, ListOf, Shape
from bot.config.words import OTHER_WORDS
from bot.rulepack import schema_telling as telling
from bot.rulepack.conditions import WhereShape
from bot.rulepack.example_schema import EXAMPLES
from bot.rulepack.field_names import FieldShape, TitleShape
from bot.rulepack.names import rule_name_complaint
from bot.rulepack.schema_kinds import KIND_KEYS
from bot.rulepack.selectors import SELECTOR

ALL: Final = "all"
DEFAULTS: Final = telling.DEFAULTS

_WHICH: Final = (
    Key(
        "title",
        TitleShape(),
        "One line with `{field}`; also the push text.",
        required=True,
        example='title: "{company}: failed"',
    ),
    Key(
        "when",
        SELECTOR,
        "An outcome, a type, a glob, a list of them, or any.",
        required=True,
        example="when: failed",
    ),
    Key(
        "where",
        WhereShape(),
        "Conditions on fields, all of which must hold.",
        example="where: {cause: OUT_OF_CREDITS}",
    ),
    Key(
        "per",
        ListOf(FieldShape(ALL)),
        "What makes two firings the same alert: a field, a list of fields, or all.",
        default="every match and deadlines: the event's own run, job or file; `new_value`: its field; else all",
        example="per: [source, workflow]",
    ),
    telling.IF_UNKNOWN,
)
_ENDS: Final = (
    Key("resolved_by", SELECTOR, "An event of the same key that ends the alert.", example="resolved_by: finished"),
    Key(
        "resolved_after",
        DURATION,
        "Quiet time since the last match that ends the alert.",
        example="resolved_after: 30m",
    ),
    Key(
        "expires_after",
        DURATION,
        "Quiet time after which nobody can say: the alert expires, which is not resolved.",
        default="24h, or 7d when only an event can end it; none when it ends by itself",
        example="expires_after: 2d",
    ),
)

RULE: Final = Section(
    "a rule",
    (
        *_WHICH,
        *KIND_KEYS,
        *_ENDS,
        telling.SEVERITY,
        telling.SHOW,
        telling.TOP,
        telling.DESCRIPTION,
        telling.OWNER,
        telling.RUNBOOK,
        telling.NOTIFY,
        telling.NOTIFY_DURING,
        telling.GROUP_WAIT,
        telling.REPEAT,
        telling.THEN,
        telling.INHIBITED_BY,
        telling.MODE,
        Key(
            "examples",
            EXAMPLES,
            "Events in, expectations out, on a virtual clock.",
            default="a warning where there is none",
        ),
    ),
    OTHER_WORDS,
)


class RuleText(NamedTuple):
    """One rule as written. `values` is None, or `sound` false, where it has errors."""

    name: Text
    values: Values | None
    sound: bool


class RulesShape(Shape):
    """The rules of a file by name; each stands for itself, so that one with an error hides no other."""

    def _schema(self) -> JsonSchema:
        return {"type": "object", "additionalProperties": RULE.schema()}

    def _read(self, node: Node, notes: Notes) -> tuple[RuleText, ...] | None:
        if not isinstance(node, Entries):
            notes.error(node, "a map of rules is needed: one `name:` a rule, its keys below it")
            return None
        return tuple(_read_rule(name, value, notes) for name, value in node.pairs)


def _read_rule(name: Text, node: Node, notes: Notes) -> RuleText:
    before = notes.error_count
    if wrong := rule_name_complaint(name.text):
        notes.error(name, wrong)
    values: Values | None = RULE.read(node, notes)
    return RuleText(name, values, notes.error_count == before)


RULE_FILE: Final = Section(
    "a file of rules",
    (
        Key("defaults", DEFAULTS, "Defaults for the rules of this file.", example="defaults: {notify: doc-alerts}"),
        Key("rules", RulesShape(), "The rules by name.", required=True),
    ),
)
