"""What an example says must follow, with every time and name checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from bot.config.nodes import Text
from bot.config.notes import Notes
from bot.config.sections import Values
from bot.config.words import nearest, one_of
from bot.rulepack.story_places import Place, time_of

HANDS_OVER: Final = "hands_over"
STORM: Final = "storm"
WORDS: Final = ("fires", "resolves", "expires", "reminds", "escalates", "releases", HANDS_OVER)
_OF_ALERTS: Final = ("title", "shows", "count", "mention", "held_by", "notified_at")
_OF_HAND_OVERS: Final = ("still_open", "ended")

Key = tuple[str, ...]


class Checks(msgspec.Struct, frozen=True, kw_only=True):
    """What else must hold; None means that nobody looks. Times are ms, keys are in the order of `per`."""

    notify: frozenset[str] | None = None
    title: str | None = None
    mention: str | None = None
    shows: tuple[tuple[str, str], ...] = ()
    count: int | None = None
    held_by: str | None = None
    notified_at: int | None = None
    together: int | None = None
    still_open: tuple[Key, ...] | None = None
    ended: tuple[Key, ...] | None = None


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that must follow. `word` is one of WORDS; the key of a hand-over is the name of its hours."""

    at: int
    word: str
    key: Key
    line: int
    column: int
    checks: Checks


def read_expectations(values: Values, first: int, place: Place) -> Iterator[Expected]:
    """Yield the expectations. `first` (ms) is the first event's time, which none can be before."""
    previous = first
    entries: tuple[Values, ...] = values.get("expect", ())
    for entry in entries:
        at = time_of(entry, "at", previous, previous, place)
        word = _word(entry, place.notes)
        if at is None or word is None:
            continue
        previous = at
        if _fits(entry, word, place):
            node = entry.node
            key = _key(entry, word)
            yield Expected(
                at=at, word=word, key=key, line=node.line, column=node.column, checks=_checks(entry, at, place)
            )


def _word(entry: Values, notes: Notes) -> str | None:
    found = [word for word in WORDS if word in entry]
    if len(found) == 1:
        return found[0]
    if entry.is_whole:
        said = ", ".join(f"`{word}`" for word in WORDS)
        notes.error(entry.node, f"an expectation says exactly one of {said}")
    return None


def _key(entry: Values, word: str) -> Key:
    value: Text | Key | None = entry.get(word)
    return (value.text,) if isinstance(value, Text) else value or ()


def _fits(entry: Values, word: str, place: Place) -> bool:
    """Note checks that mean nothing beside the word, and names that nobody has."""
    wrong = [name for name in (_OF_ALERTS if word == HANDS_OVER else _OF_HAND_OVERS) if name in entry]
    for name in wrong:
        place.notes.error(entry.at(name), f"`{name}` means nothing beside `{word}`", word=name)
    known = place.holders
    if known is None or wrong:
        return not wrong
    hours = _is_name(entry.get(HANDS_OVER), known.hours, "hours", place.notes)
    return _is_name(entry.get("held_by"), (*known.hours, *known.rules, STORM), "hours or rule", place.notes) and hours


def _is_name(name: Text | None, valid: tuple[str, ...], what: str, notes: Notes) -> bool:
    if name is None or name.text in valid:
        return True
    there = f"; there are {one_of(valid)}" if valid else ""
    notes.error(name, f"no {what} `{name.text}` can hold a message of this rule{there}", hint=nearest(name.text, valid))
    return False


def _checks(entry: Values, at: int, place: Place) -> Checks:
    notify: tuple[str, ...] | None = entry.get("notify")
    shows: Mapping[str, Text] = entry.get("shows", {})
    held_by: Text | None = entry.get("held_by")
    return Checks(
        notify=None if notify is None else frozenset(notify),
        title=entry.get("title"),
        mention=entry.get("mention"),
        shows=tuple((name, text.text) for name, text in shows.items()),
        count=entry.get("count"),
        held_by=None if held_by is None else held_by.text,
        notified_at=time_of(entry, "notified_at", None, at, place),
        together=entry.get("together"),
        still_open=entry.get("still_open"),
        ended=entry.get("ended"),
    )
