"""The keys that say which condition a rule has, and by which clock it reckons."""

from __future__ import annotations

from typing import Final

from bot.config.sections import Key
from bot.config.shapes import DURATION, Whole
from bot.rulepack.field_names import FieldShape
from bot.rulepack.key_shapes import MAX_THRESHOLD, NameShape, ThresholdShape
from bot.rulepack.selectors import SELECTOR

HOURS_NAME: Final = NameShape("a name of `hours:` in the config")

KIND_KEYS: Final = (
    Key(
        "at_least",
        ThresholdShape(),
        "How many matches within `within` make an alert, or how large a share of the events of `of`.",
        default="every match",
        example="at_least: 5",
    ),
    Key(
        "within",
        DURATION,
        "The time in which matches are counted, in which something must follow, or in which a value counts as seen.",
        example="within: 15m",
    ),
    Key("distinct", FieldShape(), "Count different values of this field, not events.", example="distinct: subject"),
    Key(
        "of",
        SELECTOR,
        "With a share: all the events that it is a part of; `when` must be among them.",
        example="of: [finished, failed]",
    ),
    Key(
        "minimum",
        Whole(1, 10**9),
        "With a share: so many events of `of` there must be before it says anything.",
        default="1",
        example="minimum: 20",
    ),
    Key(
        "consecutive",
        Whole(1, MAX_THRESHOLD),
        "So many matches in a row make an alert.",
        example="consecutive: 3",
    ),
    Key(
        "unless",
        SELECTOR,
        "With `consecutive`: the event that breaks the row and ends the alert.",
        default="finished",
        example="unless: finished",
    ),
    Key(
        "not_followed_by",
        SELECTOR,
        "What must come for the same key within `within`, or else there is an alert.",
        example="not_followed_by: finished",
    ),
    Key("absent_for", DURATION, "No match for so long makes an alert; the next one ends it.", example="absent_for: 2h"),
    Key(
        "new_value",
        FieldShape(),
        "A match whose value of this field was not seen within `within` makes an alert.",
        example="new_value: cause",
    ),
    Key(
        "during",
        HOURS_NAME,
        "Named hours in which the rule's clock runs: `within`, `absent_for`, `then` and `repeat`.",
        default="always",
        example="during: office",
    ),
)
