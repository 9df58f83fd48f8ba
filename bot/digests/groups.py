"""Failures by company, workflow and cause: counted one by one, since only their texts say what they have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from bot.core.cause import normalised
from bot.core.conditions import as_text
from bot.core.text import UNKNOWN, is_nothing
from bot.digests.numbers import CAUSE, COMPANY, GROUPED, WORKFLOW, Group, Grouping, Numbers

# Groups that are named with a link, and those whose figures the next digest compares with.
NAMED: Final = 200
COMPARED: Final = 1_000
CAUSES_KNOWN: Final = 2_000
CAUSE_KNOWN_FOR: Final = timedelta(days=30)
_OWN_NAMES: Final = ("document", "run", "job", "file", "batch", "subject")


class Groups:
    """What failed. `add` takes the fields of one failed event, with what job memory lends."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {name: Counter() for name in GROUPED}
        self._latest: dict[str, dict[str, int]] = {name: {} for name in GROUPED}
        self.failures = 0

    def add(self, seq: int, values: Mapping[str, Any]) -> None:
        """Count one failure."""
        self.failures += 1
        names = {COMPANY: _name(values, COMPANY), WORKFLOW: _name(values, WORKFLOW), CAUSE: cause_of(values)}
        for what, name in names.items():
            self._counts[what][name] += 1
            self._latest[what][name] = seq

    def by(self, last: Numbers | None, url_of: Callable[[int], str | None]) -> dict[str, Grouping]:
        """Return the largest groups of each kind, compared with the last digest."""
        return {what: self._grouping(what, last, url_of) for what in GROUPED}

    def new_causes(self, last: Numbers | None, url_of: Callable[[int], str | None]) -> tuple[Group, ...] | None:
        """Return the causes that nobody saw in a month; None where there is nothing to compare with."""
        if last is None:
            return None
        ranked = self._ranked(CAUSE)
        new = [(name, count) for name, count in ranked if name not in last.known_causes][:NAMED]
        return tuple(Group(name, count, 0, url_of(self._latest[CAUSE][name])) for name, count in new)

    def known_causes(self, last: Numbers | None, day: date) -> dict[str, str]:
        """Return the causes that were seen within a month, with the date on which each was last."""
        oldest = (day - CAUSE_KNOWN_FOR).isoformat()
        known = {name: seen for name, seen in (last.known_causes if last else {}).items() if seen >= oldest}
        known.update((name, day.isoformat()) for name, _ in self._ranked(CAUSE)[:CAUSES_KNOWN])
        newest = sorted(known.items(), key=lambda pair: pair[1], reverse=True)[:CAUSES_KNOWN]
        return dict(newest)

    def counted(self) -> dict[str, dict[str, int]]:
        """Return what the next digest compares with."""
        return {what: dict(self._ranked(what)[:COMPARED]) for what in GROUPED}

    def _grouping(self, what: str, last: Numbers | None, url_of: Callable[[int], str | None]) -> Grouping:
        groups = [
            Group(name, count, _before(what, name, last), url_of(self._latest[what][name]))
            for name, count in self._ranked(what)[:NAMED]
        ]
        return Grouping(tuple(groups), len(self._counts[what]))

    def _ranked(self, what: str) -> list[tuple[str, int]]:
        return sorted(self._counts[what].items(), key=lambda pair: (-pair[1], pair[0]))


def cause_of(values: Mapping[str, Any]) -> str:
    """Return the cause of a failure without its own particulars."""
    own = [as_text(values[name]) for name in _OWN_NAMES if name in values]
    given = next((values[name] for name in ("cause", "last_error") if not is_nothing(values.get(name))), None)
    return normalised(None if given is None else as_text(given), own)


def _name(values: Mapping[str, Any], what: str) -> str:
    value = values.get(what)
    return UNKNOWN if is_nothing(value) else as_text(value).strip()


def _before(what: str, name: str, last: Numbers | None) -> int | None:
    """Return how many there were in the last digest; one that kept only its largest groups does not know of others."""
    if last is None or what not in last.counted:
        return None
    known = last.counted[what]
    return known.get(name, 0 if len(known) < COMPARED else None)
