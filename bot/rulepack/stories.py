"""One example made ready: every event with its time and content, every expectation with its time.

Times, types and values are checked here, so that a mistake in an example is a problem with a place, not a failure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from bot.config.nodes import Node, Text
from bot.config.notes import Notes
from bot.config.sections import Values
from bot.core.decisions import Change
from bot.rulepack.moments import Moment, clock_start, resolve, week_start
from bot.rulepack.story_events import EventReader, Given

_TOO_EARLY: Final = "events stand in time order, and this one is before the one above"
_BEFORE_CLOCK: Final = "this lies before the start of the clock: the first event is on Monday 2026-01-05 or later"
CHANGES = (Change.FIRES, Change.RESOLVES, Change.EXPIRES)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens. `order` keeps things of one instant in their written order."""

    at: int
    order: int
    given: Given


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One thing that must follow; None means that nobody looks."""

    at: int
    change: Change
    key: tuple[str, ...]
    line: int
    column: int
    notify: frozenset[str] | None = None
    title: str | None = None
    shows: tuple[tuple[str, str], ...] = ()
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One example of one rule, times in ms since 1970 UTC. `end` is included."""

    file: str
    rule: str
    name: str
    line: int
    steps: tuple[Step, ...]
    expected: tuple[Expected, ...]
    end: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where examples are read: their rule, its file, and how events are made."""

    rule: str
    folder: Path
    zone: ZoneInfo
    events: EventReader
    notes: Notes


def read_examples(node: Node, examples: dict[str, Values], place: Place) -> list[Example]:
    """Return the examples of one rule; what is wrong with one is noted, and then it is left out."""
    names = {key.text: key for key, _ in getattr(node, "pairs", ())}
    found = [_example(names[name], values, place) for name, values in examples.items() if name in names]
    return [example for example in found if example is not None]


def _example(name: Text, values: Values, place: Place) -> Example | None:
    before = place.notes.error_count
    steps = list(_steps(values, place))
    first = min((step.at for step in steps), default=clock_start(place.zone))
    last = max((step.at for step in steps), default=first)
    expected = list(_expectations(values, first, place))
    end = _end(values, last, expected, place)
    if place.notes.error_count > before or end is None:
        return None
    return Example(
        file=place.notes.file,
        rule=place.rule,
        name=name.text,
        line=name.line,
        steps=tuple(sorted(steps, key=lambda step: (step.at, step.order))),
        expected=tuple(expected),
        end=end,
    )


def _steps(values: Values, place: Place) -> Iterator[Step]:
    """Yield the events. Entries stand in time order; one without `at` follows the last event of the one before."""
    previous, last, order = week_start(place.zone), clock_start(place.zone), 0
    entries: tuple[Values, ...] = values.get("events", ())
    for index, entry in enumerate(entries):
        at = _time(entry, last, previous, place)
        if at is None:
            continue
        if at < previous:
            place.notes.error(entry.at("at"), _TOO_EARLY if index else _BEFORE_CLOCK)
        previous, every = at, entry.get("every", 0)
        for number, given in enumerate(place.events.read(entry, index, place.folder, place.notes)):
            last, order = at + number * every, order + 1
            yield Step(last, order, given)


def _time(entry: Values, without: int, not_before: int, place: Place) -> int | None:
    """Return an entry's time; `without` is the time of one that says none."""
    if "at" not in entry:
        return without
    moment: Moment | None = entry.get("at")
    at = resolve(moment, place.zone, not_before) if moment is not None else None
    if moment is not None and at is None:
        place.notes.error(entry.at("at"), f"this local time does not exist in {place.zone.key}: the clocks skip it")
    return at


def _expectations(values: Values, first: int, place: Place) -> Iterator[Expected]:
    previous = first
    entries: tuple[Values, ...] = values.get("expect", ())
    for entry in entries:
        at = _time(entry, previous, previous, place)
        change = _change(entry, place.notes)
        if at is None or change is None:
            continue
        previous = at
        yield _expected(entry, at, change)


def _change(entry: Values, notes: Notes) -> Change | None:
    found = [change for change in CHANGES if change.value in entry]
    if len(found) == 1:
        return found[0]
    if entry.is_whole and not any(name in entry for name in ("reminds", "escalates", "hands_over", "releases")):
        notes.error(entry.node, "an expectation says exactly one of `fires`, `resolves`, `expires`")
    return None


def _expected(entry: Values, at: int, change: Change) -> Expected:
    notify = entry.get("notify")
    shows: dict[str, Text] = entry.get("shows", {})
    return Expected(
        at=at,
        change=change,
        key=entry.get(change.value, ()),
        line=entry.node.line,
        column=entry.node.column,
        notify=None if notify is None else frozenset(notify),
        title=entry.get("title"),
        shows=tuple((name, text.text) for name, text in shows.items()),
        count=entry.get("count"),
    )


def _end(values: Values, last: int, expected: list[Expected], place: Place) -> int | None:
    """Return the end: `until`, or the later of the last event and the last expectation."""
    if "until" not in values:
        return max([last, *(one.at for one in expected)])
    moment: Moment | None = values.get("until")
    end = None if moment is None else resolve(moment, place.zone, last)
    node = values.at("until")
    if moment is not None and end is None:
        place.notes.error(node, f"this local time does not exist in {place.zone.key}: the clocks skip it")
    if end is not None and end < last:
        place.notes.error(node, "`until` is before the last event")
    late = [one for one in expected if end is not None and one.at > end]
    for one in late:
        place.notes.at(one.line, one.column, "this expectation is after `until`")
    return end
