"""One example made ready: every event with its time and content, every expectation with its time.

Times, types and values are checked here, so that a mistake in an example is a problem with a place, not a failure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from bot.config.nodes import Node, Text
from bot.config.sections import Values
from bot.rulepack.expectations import Expected, read_expectations
from bot.rulepack.moments import clock_start, week_start
from bot.rulepack.story_events import Given
from bot.rulepack.story_places import Place, time_of

_TOO_EARLY: Final = "events stand in time order, and this one is before the one above"
_BEFORE_CLOCK: Final = "this lies before the start of the clock: the first event is on Monday 2026-01-05 or later"


class Step(msgspec.Struct, frozen=True):
    """One thing that happens. `order` keeps things of one instant in their written order."""

    at: int
    order: int
    given: Given


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """One example of one rule, times in ms since 1970 UTC. `end` is included.

    Where `until` is not written, deadlines that are still open at the end come due after it.
    """

    file: str
    rule: str
    name: str
    line: int
    steps: tuple[Step, ...]
    expected: tuple[Expected, ...]
    end: int
    has_until: bool


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
    expected = list(read_expectations(values, first, place))
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
        has_until="until" in values,
    )


def _steps(values: Values, place: Place) -> Iterator[Step]:
    """Yield the events. Entries stand in time order; one without `at` follows the last event of the one before."""
    previous, last, order = week_start(place.zone), clock_start(place.zone), 0
    entries: tuple[Values, ...] = values.get("events", ())
    for index, entry in enumerate(entries):
        at = time_of(entry, "at", last, previous, place)
        if at is None:
            continue
        if at < previous:
            place.notes.error(entry.at("at"), _TOO_EARLY if index else _BEFORE_CLOCK)
        previous, every = at, entry.get("every", 0)
        for number, given in enumerate(place.events.read(entry, index, place.folder, place.notes)):
            last, order = at + number * every, order + 1
            yield Step(last, order, given)


def _end(values: Values, last: int, expected: list[Expected], place: Place) -> int | None:
    """Return the end: `until`, or the later of the last event and the last expectation."""
    if "until" not in values:
        return max([last, *(one.at for one in expected)])
    end = time_of(values, "until", None, last, place)
    if end is not None and end < last:
        place.notes.error(values.at("until"), "`until` is before the last event")
    late = [one for one in expected if end is not None and one.at > end]
    for one in late:
        place.notes.at(one.line, one.column, "this expectation is after `until`")
    return end
