"""The keys that say who hears of an alert, when, how often and in which words."""

from __future__ import annotations

from typing import Final

from bot.config.sections import Key, Section
from bot.config.shapes import DURATION, NAME, Choice, ListOf
from bot.config.texts import ADDRESS
from bot.config.words import OTHER_WORDS
from bot.core.rule import IfUnknown, Mode, Severity
from bot.rulepack.field_names import FieldShape
from bot.rulepack.key_shapes import DURATION_OR_NEVER, PROSE, NameShape
from bot.rulepack.schema_kinds import HOURS_NAME
from bot.rulepack.targets import TARGETS

ALWAYS: Final = "always"

NOTIFY: Final = Key(
    "notify",
    TARGETS,
    "The channel, the channels, or a name made from the event with a fallback.",
    default="the defaults' channel; a rule that would tell nobody is an error",
    example="notify: doc-alerts",
)
SEVERITY: Final = Key(
    "severity", Choice("severity", Severity), "How bad it is.", default="warning", example="severity: critical"
)
SHOW: Final = Key(
    "show",
    ListOf(FieldShape(), empty=True),
    "The fields in the message.",
    default="a preset per platform",
    example="show: [stage, last_error]",
)
TOP: Final = Key("top", FieldShape(), "A field whose three most frequent values are listed.", example="top: cause")
MODE: Final = Key(
    "mode",
    Choice("mode", Mode),
    "live; shadow is evaluated and counted but not posted; off is not evaluated.",
    default="live",
    example="mode: shadow",
)
OWNER: Final = Key("owner", NAME, "Who looks after it: a name of `people`.", example="owner: doc-oncall")
RUNBOOK: Final = Key(
    "runbook", ADDRESS, "The page that says what to do.", example="runbook: https://wiki.example.com/retries"
)
DESCRIPTION: Final = Key(
    "description",
    PROSE,
    "What it means and what to do; stands on the card.",
    example="description: Look at the last error.",
)
IF_UNKNOWN: Final = Key(
    "if_unknown",
    Choice("way to treat a missing field", IfUnknown),
    "What becomes of an event that lacks a field of `per`: a bucket named `unknown`, or nothing.",
    default="must be written unless every type in `when` always carries the field",
    example="if_unknown: separate",
)
NOTIFY_DURING: Final = Key(
    "notify_during",
    HOURS_NAME,
    "Named hours outside which first messages wait; they are handed over as one card when the hours begin. `always` "
    "undoes a default.",
    default=ALWAYS,
    example="notify_during: office",
)
GROUP_WAIT: Final = Key(
    "group_wait",
    DURATION,
    "Collect this long before the first message, which then lists all alerts that came due.",
    example="group_wait: 5m",
)
REPEAT: Final = Key(
    "repeat",
    DURATION_OR_NEVER,
    "Remind this often, from firing, while nobody has acknowledged; `never` undoes a default.",
    example="repeat: 4h",
)

STEP: Final = Section(
    "a step of `then`",
    (
        Key("after", DURATION, "So long after firing.", required=True, example="after: 2h"),
        Key(
            "unless",
            Choice("reason to leave a step out", ("acknowledged",)),
            "What makes the step needless.",
            default="acknowledged",
            example="unless: acknowledged",
        ),
        Key("notify", TARGETS, "Who is told.", default="the rule's own channels", example="notify: doc-leads"),
        Key(
            "mention",
            NameShape("a name of `people:` in the config"),
            "Who is mentioned there: a name of `people`.",
            example="mention: review-owner",
        ),
    ),
    {"for": "after", "within": "after", "channel": "notify", "ping": "mention"},
)
THEN: Final = Key(
    "then",
    ListOf(STEP),
    "What happens while the alert stands and nobody has acknowledged it, step by step.",
    example="then: [{after: 2h, notify: doc-leads, mention: review-owner}]",
)
INHIBITED_BY: Final = Key(
    "inhibited_by",
    ListOf(NameShape("the name of a rule")),
    "Rules whose open alert holds the first message of this one's; equal in the fields of `per` that both have.",
    example="inhibited_by: vendor-down",
)

DEFAULTS: Final = Section(
    "`defaults`",
    (NOTIFY, REPEAT, SEVERITY, OWNER, NOTIFY_DURING, RUNBOOK, SHOW, MODE, IF_UNKNOWN),
    OTHER_WORDS,
)
