"""Reviews that wait: those of the last digest and those asked for since, without what job memory knows to be over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from msgspec.structs import replace

from bot.core.conditions import as_text
from bot.core.enrich import memory_key, subject_of
from bot.core.hours import Hours, elapsed
from bot.core.inputs import Event
from bot.core.state import Memory
from bot.core.text import is_nothing
from bot.digests.numbers import Review

# As long as job memory remembers what became of a run: after that nobody can say that it still waits.
FORGOTTEN_MS: Final = 30 * 86_400_000
_SHOWN: Final = ("company", "workflow", "document")


class Reviews:
    """Reviews by what they are about."""

    def __init__(self, carried: Iterable[Review] = ()) -> None:
        self._waiting = {(one.kind, one.source, one.subject): one for one in carried}
        self._latest: dict[tuple[str, str, str], int] = {}

    def add(self, event: Event, values: Mapping[str, Any]) -> None:
        """Take an event that asks for a review."""
        subject = subject_of(event)
        if subject is None:
            return
        key = (subject[0], event.source, subject[1])
        url = values.get("url")
        self._latest[key] = event.at
        if key not in self._waiting:
            self._waiting[key] = Review(*key, event.at, _title(values), None if url is None else as_text(url))

    def waiting(self, read: Callable[[list[str]], Mapping[str, Memory]], hours: Hours | None, now: int) -> list[Review]:
        """Return what waits, the longest first. `read` gives job memories by their keys."""
        names = {key: memory_key(*key) for key in self._waiting}
        memories = read(list(names.values()))
        open_ = [self._still(key, memories.get(name)) for key, name in names.items()]
        found = [one for one in open_ if one is not None and now - one.since < FORGOTTEN_MS]
        aged = [replace(one, worked=_age(one.since, now, hours)) for one in found]
        return sorted(aged, key=lambda one: (one.since, one.subject))

    def _still(self, key: tuple[str, str, str], memory: Memory | None) -> Review | None:
        """Return the review where nothing final came after it was asked for last."""
        review = self._waiting[key]
        asked = self._latest.get(key, review.since)
        ends = [end.at for end in memory.ended] if memory else []
        if any(end >= asked for end in ends):
            return None
        return replace(review, since=asked) if any(end >= review.since for end in ends) else review


def _age(since: int, now: int, hours: Hours | None) -> int:
    return max(0, now - since) if hours is None else elapsed(hours, since, now)


def _title(values: Mapping[str, Any]) -> str:
    return " · ".join(as_text(values[name]).strip() for name in _SHOWN if not is_nothing(values.get(name)))
