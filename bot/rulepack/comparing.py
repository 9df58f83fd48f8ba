"""What an example expects against what happened: strict, both ways."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from bot.rulepack.expectations import Checks, Expected, Key
from bot.rulepack.happenings import Happening, Happenings
from bot.rulepack.timeline import Timeline, key_text


def compare(expected: Iterable[Expected], happenings: Happenings, timeline: Timeline) -> list[str]:
    """Return what differs: a thing nobody expected counts as much as one that did not happen."""
    wrong, left = [], list(happenings.all)
    for one in expected:
        found = _fitting(one, left, happenings)
        if found is None:
            timeline.say(one.at, "MISSING", f"{one.word} {key_text(one.key)}")
            wrong.append(f"expected {_named(one, timeline)}, but {_instead(one, left, timeline)}")
            continue
        left.remove(found)
        wrong += _differences(one, found, happenings, timeline)
    for extra in left:
        timeline.say(extra.at, "NOT EXPECTED", f"{extra.word} {key_text(extra.key)}")
        wrong.append(f"{_named(extra, timeline)} was not expected")
    return wrong


def _fitting(one: Expected, left: list[Happening], happenings: Happenings) -> Happening | None:
    """Return what was most likely meant: of several steps at one instant the one that passes every check."""
    same = [each for each in left if (each.at, each.word, each.key) == (one.at, one.word, one.key)]
    passing = (each for each in same if not any(_unlike(one, each, happenings)))
    return next(passing, same[0] if same else None)


def _instead(one: Expected, left: list[Happening], timeline: Timeline) -> str:
    same = next((each for each in left if (each.word, each.key) == (one.word, one.key)), None)
    if same is not None:
        return f"that happened at {timeline.time(same.at)}"
    there = next((each for each in left if each.at == one.at), None)
    return "that did not happen" if there is None else f"{there.word} {key_text(there.key)} happened then"


def _differences(one: Expected, found: Happening, happenings: Happenings, timeline: Timeline) -> Iterator[str]:
    for name, want, has in _unlike(one, found, happenings):
        said = [
            timeline.time(time) if name == "notified_at" and isinstance(time, int) else time for time in (want, has)
        ]
        yield f"{_named(one, timeline)}: expected {name} {said[0]!r} but it is {said[1]!r}"


def _unlike(one: Expected, found: Happening, happenings: Happenings) -> Iterator[tuple[str, Any, Any]]:
    """Yield the name of each check that fails, what it wants and what there is."""
    checks, first = one.checks, happenings.first_message(found.alert_id)
    shown = dict(found.shown)
    pairs: list[tuple[str, Any, Any]] = [
        ("title", checks.title, found.title),
        ("count", checks.count, found.count),
        ("notify", _sorted(checks.notify), _sorted(found.channels)),
        ("mention", checks.mention, found.mention or "nobody"),
        ("notified_at", checks.notified_at, "not told" if first.at is None else first.at),
        ("together", checks.together, found.together or first.together),
        ("still_open", _keys(checks.still_open), _keys(found.still_open)),
        ("ended", _keys(checks.ended), _keys(found.ended)),
        *((f"shows {name}", text, shown.get(name, "nothing")) for name, text in checks.shows),
    ]
    yield from (pair for pair in pairs if pair[1] is not None and pair[1] != pair[2])
    yield from _unlike_held(checks, one.word, first.held_by)


def _unlike_held(checks: Checks, word: str, held_by: set[str]) -> Iterator[tuple[str, Any, Any]]:
    """An alert that fires and says nothing of what held it was not held."""
    if checks.held_by is not None and checks.held_by not in held_by:
        yield "held_by", checks.held_by, ", ".join(sorted(held_by)) or "nothing"
    elif checks.held_by is None and held_by and word == "fires":
        yield "held_by", "nothing", ", ".join(sorted(held_by))


def _named(one: Expected | Happening, timeline: Timeline) -> str:
    return f"{one.word} {key_text(one.key)} at {timeline.time(one.at)}"


def _sorted(names: frozenset[str] | None) -> list[str] | None:
    return None if names is None else sorted(names)


def _keys(keys: Iterable[Key] | None) -> list[str] | None:
    return None if keys is None else sorted(map(key_text, keys))
