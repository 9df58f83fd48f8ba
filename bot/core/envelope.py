"""What was decided on an envelope, remembered until its payload comes (payload by reference).

Deciding the envelope again when the payload is there would look at another state, other rules and other memory than
the first time. So what it touched is kept, and the completion goes by that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from bot.core.decisions import Decisions
from bot.core.enrich import Enriched, memory_key
from bot.core.inputs import Event
from bot.core.kinds import AtLeast, EveryMatch, NewValue
from bot.core.match import Match
from bot.core.state import Learnt, Memory
from bot.core.view import View

_KIND: Final = "envelope"


@dataclass(frozen=True, slots=True)
class Touched:
    """When an envelope was decided (ms), the rules that it matched by slice key, and whether it was told."""

    at: int
    matched: dict[str, str]
    told: bool
    weighed: frozenset[str] = frozenset()  # slices of shares that counted it, but not as a match

    def new_matches(self, found: list[Match]) -> list[Match]:
        """Return the matches that only the payload made. Told once already, it opens no second message."""
        rules = set(self.matched.values())
        new = [self._told_apart(match) for match in found if match.rule.name not in rules]
        return [match for match in new if not (self.told and isinstance(match.rule.kind, EveryMatch))]

    def _told_apart(self, match: Match) -> Match:
        """Note of a share that it counted the event among all already."""
        return msgspec.structs.replace(match, counted=match.slice_key in self.weighed)

    def new_closings(self, closing: dict[str, Match], view: View) -> dict[str, Match]:
        """Return what the payload closes: nothing that fired after the event itself was there."""
        standing = {key: slice_.alert for key in closing if (slice_ := view.slice(key)) is not None}
        return {key: closing[key] for key, alert in standing.items() if alert and alert.fired_at <= self.at}


def remember(enriched: Enriched, found: list[Match], into: Decisions) -> None:
    """Keep what an envelope touched, as a memory of its own."""
    event = enriched.event
    told = any(one.reason.is_post for one in into.notifications)
    matched = [match for match in found if match.passed and not _lacks_its_value(match, enriched)]
    facts = {
        "weighed": Learnt(tuple(match.slice_key for match in found if not match.passed), event.at),
        "rules": Learnt(tuple(match.rule.name for match in matched), event.at),
        "slices": Learnt(tuple(match.slice_key for match in matched), event.at),
        "told": Learnt(told, event.at),
    }
    into.memories[memory_key(_KIND, event.source, event.event_id)] = Memory(facts, event.at)


def recall(event: Event, view: View) -> Touched:
    """Return what this event's envelope touched; nothing when that is forgotten (after 30 days)."""
    memory = view.memory(memory_key(_KIND, event.source, event.event_id))
    if memory is None:
        return Touched(0, {}, told=False)
    matched = dict(zip(_texts(memory, "slices"), _texts(memory, "rules"), strict=True))
    weighed = frozenset(_texts(memory, "weighed"))
    return Touched(memory.at, matched, told=bool(memory.facts["told"].value), weighed=weighed)


def _lacks_its_value(match: Match, enriched: Enriched) -> bool:
    """Say whether a rule could not look at an envelope, because the value that it counts was not there yet."""
    kind = match.rule.kind
    name = kind.distinct if isinstance(kind, AtLeast) else kind.field if isinstance(kind, NewValue) else None
    return name is not None and enriched.get(name) is None


def _texts(memory: Memory, name: str) -> tuple[str, ...]:
    learnt = memory.facts.get(name)  # an older version may have kept less
    return learnt.value if learnt is not None and isinstance(learnt.value, tuple) else ()
