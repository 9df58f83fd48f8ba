"""Which kind of condition a rule has: one of a few keys says so, and each wants others beside it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from bot.config.nodes import Text
from bot.config.notes import Notes
from bot.config.sections import Values
from bot.core.catalogue import Outcome
from bot.core.kinds import EVERY_MATCH, AbsentFor, AtLeast, Consecutive, Kind, NewValue, NotFollowedBy, Share
from bot.core.selector import Selector
from bot.rulepack.surroundings import Surroundings

SHARE: Final = "at_least: …%"
_KINDS: Final = ("at_least", "consecutive", "not_followed_by", "absent_for", "new_value")
# What each key says nothing without, and what a kind cannot be without.
_BELONGS_TO: Final = {
    "within": ("at_least", "not_followed_by", "new_value"),
    "distinct": ("at_least",),
    "of": (SHARE,),
    "minimum": (SHARE,),
    "unless": ("consecutive",),
}
_NEEDS: Final = {
    "at_least": {"within": "the time in which matches count"},
    SHARE: {"of": "all the events that it is a share of"},
    "not_followed_by": {"within": "the time in which it must come"},
    "new_value": {"within": "the time for which a value counts as seen"},
}
_CLOCKS: Final = ("within", "absent_for", "then", "repeat")
_FINISHED: Final = Selector(outcomes=frozenset({Outcome.FINISHED}))


def kind_of(values: Values, around: Surroundings, notes: Notes) -> Kind:
    """Return the kind; what is wrong is noted, and then it must not be used."""
    said = list(_said(values))
    kinds = [name for name in said if name in _KINDS]
    for name in kinds[1:]:
        message = f"`{kinds[0]}` and `{name}` are two conditions: write a rule for each"
        notes.error(values.at(name), message, word=name)
    _check_beside(values, said, notes)
    _check_during(values, around, notes)
    return _made(kinds[0], values, around, notes) if kinds else EVERY_MATCH


def _said(values: Values) -> Iterator[str]:
    """Yield what stands there, and whether `at_least` is a share; a misspelt key counts as what it was meant to be."""
    yield from (name for name in _KINDS if name in values or name in values.meant)
    written = values.nodes.get("at_least")
    if isinstance(written, Text) and written.text.endswith("%"):
        yield SHARE


def _check_beside(values: Values, said: list[str], notes: Notes) -> None:
    there = {*said, SHARE} if "at_least" in values.meant else {*said}  # nobody can tell which it was meant to be
    for name, owners in _BELONGS_TO.items():
        if name in values and there.isdisjoint(owners):
            without = " or ".join(f"`{owner}`" for owner in owners)
            notes.error(values.at(name), f"`{name}` says nothing without {without}", word=name)
    for kind in said:
        for name, why in _NEEDS.get(kind, {}).items():
            if name not in values and name not in values.meant and kind not in values.meant:
                word = "at_least" if kind == SHARE else kind
                notes.error(values.at(word), f"`{kind}` needs `{name}`: {why}", word=word)
    if SHARE in said and "distinct" in values:
        notes.error(values.at("distinct"), "a share counts events: `distinct` needs a whole number", word="distinct")


def _check_during(values: Values, around: Surroundings, notes: Notes) -> None:
    has_clock = any(name in values or name in values.meant for name in _CLOCKS) or around.inherited(values, "repeat")
    if "during" in values and not has_clock:
        clocks = ", ".join(f"`{name}`" for name in _CLOCKS)
        notes.error(values.at("during"), f"`during` says nothing without one of {clocks}", word="during")


def _made(kind: str, values: Values, around: Surroundings, notes: Notes) -> Kind:
    within: int | None = values.get("within")
    match kind:
        case "at_least":
            return _counting(values, around, notes)
        case "consecutive" if values.get("consecutive"):
            unless = around.selector(values, "unless", notes)
            return Consecutive(values.get("consecutive"), _FINISHED if unless is None else unless)
        case "not_followed_by":
            closing = around.selector(values, "not_followed_by", notes)
            return NotFollowedBy(closing, within) if closing and within else EVERY_MATCH
        case "absent_for" if values.get("absent_for"):
            return AbsentFor(values.get("absent_for"))
        case "new_value" if values.get("new_value") and within:
            return NewValue(values.get("new_value").text, within)
    return EVERY_MATCH  # something of it could not be read, and was noted


def _counting(values: Values, around: Surroundings, notes: Notes) -> Kind:
    threshold: int | Fraction | None = values.get("at_least")
    within: int | None = values.get("within")
    all_of = around.selector(values, "of", notes)
    if not threshold or not within:
        return EVERY_MATCH
    if isinstance(threshold, Fraction):
        return Share(threshold, all_of, within, values.get("minimum", 1)) if all_of else EVERY_MATCH
    distinct = values.get("distinct")
    return AtLeast(threshold, within, distinct.text if distinct else None)
