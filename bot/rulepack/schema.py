"""Every key of a rule in one table: how it looks, what it means, what holds without it.

The loader, docs/rules.md and the JSON Schema are made from (or tested against) these rows. A key of the language
that this version cannot do yet has its row too, so that it is refused by name and its place is known.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from bot.config.nodes import Entries, Node, Text
from bot.config.notes import Notes
from bot.config.sections import Key, Section, Values
from bot.config.shapes import DURATION, NAME, TEXT, Choice, JsonSchema, ListOf, Shape, Whole, text_at
from bot.config.texts import ADDRESS
from bot.config.words import OTHER_WORDS
from bot.core.rule import IfUnknown, Mode, Severity
from bot.rulepack.conditions import WhereShape
from bot.rulepack.example_schema import EXAMPLES
from bot.rulepack.field_names import FieldShape, TitleShape
from bot.rulepack.names import rule_name_complaint
from bot.rulepack.selectors import SELECTOR
from bot.rulepack.targets import TARGETS

ALL: Final = "all"
LATER_KINDS: Final = ("consecutive", "not_followed_by", "absent_for", "new_value")
# A window keeps as many sightings as its threshold, in one record that is written with each of them.
MAX_THRESHOLD: Final = 10_000


class ThresholdShape(Shape):
    """How many. A share (`20%`) is another kind of condition."""

    def __init__(self) -> None:
        self._whole = Whole(1, MAX_THRESHOLD)

    def _schema(self) -> JsonSchema:
        return self._whole.schema()

    def _read(self, node: Node, notes: Notes) -> int | None:
        text = text_at(node, notes, "a whole number")
        if text is not None and text.text.endswith("%"):
            notes.error(text, "a share (`%`) is not supported yet by this version")
            return None
        value: int | None = self._whole.read(node, notes) if text else None
        return value


def _later(name: str, meaning: str, example: str) -> Key:
    return Key(name, TEXT, meaning, example=example, later=True)


_NOTIFY: Final = Key(
    "notify",
    TARGETS,
    "The channel, the channels, or a name made from the event with a fallback.",
    default="the defaults' channel; a rule that would tell nobody is an error",
    example="notify: doc-alerts",
)
_SEVERITY: Final = Key(
    "severity", Choice("severity", Severity), "How bad it is.", default="warning", example="severity: critical"
)
_SHOW: Final = Key(
    "show",
    ListOf(FieldShape(), empty=True),
    "The fields in the message.",
    default="a preset per platform",
    example="show: [stage, last_error]",
)
_MODE: Final = Key(
    "mode",
    Choice("mode", Mode),
    "live; shadow is evaluated and counted but not posted; off is not evaluated.",
    default="live",
    example="mode: shadow",
)
_OWNER: Final = Key("owner", NAME, "Who looks after it: a name of `people`.", example="owner: doc-oncall")
_RUNBOOK: Final = Key(
    "runbook", ADDRESS, "The page that says what to do.", example="runbook: https://wiki.example.com/retries"
)
_IF_UNKNOWN: Final = Key(
    "if_unknown",
    Choice("way to treat a missing field", IfUnknown),
    "What becomes of an event that lacks a field of `per`: a bucket named `unknown`, or nothing.",
    default="must be written unless every type in `when` always carries the field",
    example="if_unknown: separate",
)
_REPEAT: Final = _later("repeat", "Remind this often while nobody has acknowledged.", "repeat: 4h")
_NOTIFY_DURING: Final = _later("notify_during", "Hours outside which first messages wait.", "notify_during: office")

RULE: Final = Section(
    "a rule",
    (
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
            default="the event's own run, job or file; for counting rules all",
            example="per: [source, workflow]",
        ),
        _IF_UNKNOWN,
        Key(
            "at_least",
            ThresholdShape(),
            "How many matches within `within` make an alert.",
            default="every match",
            example="at_least: 5",
        ),
        Key("within", DURATION, "The time in which matches are counted.", example="within: 15m"),
        Key("distinct", FieldShape(), "Count different values of this field, not events.", example="distinct: subject"),
        _SEVERITY,
        _SHOW,
        Key("top", FieldShape(), "A field whose three most frequent values are listed.", example="top: cause"),
        _NOTIFY,
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
        _MODE,
        _OWNER,
        _RUNBOOK,
        Key(
            "description",
            NAME,
            "What it means and what to do; stands on the card.",
            example="description: Look at the last error.",
        ),
        Key(
            "examples",
            EXAMPLES,
            "Events in, expectations out, on a virtual clock.",
            default="a warning where there is none",
        ),
        _later("of", "What a share is a share of.", "of: [finished, failed]"),
        _later("minimum", "How many there must be before a share says anything.", "minimum: 20"),
        _later("consecutive", "So many in a row.", "consecutive: 3"),
        _later("unless", "What breaks a row.", "unless: finished"),
        _later("not_followed_by", "What must come within `within`.", "not_followed_by: finished"),
        _later("absent_for", "Nothing of the kind for this long.", "absent_for: 2h"),
        _later("new_value", "A value of this field not seen within `within`.", "new_value: cause"),
        _later("during", "Hours in which the rule's clock runs.", "during: office"),
        _NOTIFY_DURING,
        _later("group_wait", "Collect this long before the first message.", "group_wait: 5m"),
        _REPEAT,
        _later("then", "Steps while nobody has acknowledged.", "then: [{after: 2h, notify: doc-leads}]"),
        _later("inhibited_by", "Rules whose alert hides this one.", "inhibited_by: vendor-down"),
    ),
    OTHER_WORDS,
)

DEFAULTS: Final = Section(
    "`defaults`",
    (_NOTIFY, _REPEAT, _SEVERITY, _OWNER, _NOTIFY_DURING, _RUNBOOK, _SHOW, _MODE, _IF_UNKNOWN),
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
