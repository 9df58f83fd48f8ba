"""Counting within a time: bounded memory, exact answers.

Whether N matches lie within a window is told by the N latest alone, so no more are kept, however many come.
`start` is where the window that ends now begins (ruleclock.py): what came at that instant or before is outside.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final, NamedTuple

from bot.core.kinds import AtLeast
from bot.core.state import Sighting

# Caps of one alert's tallies. Beyond them: every further distinct value counts as new, further `top` values
# count together. A storm must not grow one slice without end.
COUNTED_AT_MOST: Final = 500
TOP_VALUES_AT_MOST: Final = 50
OTHER: Final = "other"


class Counted(NamedTuple):
    """A window after one more match: whether the condition holds now, and what was new."""

    recent: tuple[Sighting, ...]
    holds: bool
    is_new: bool  # not a renewal of a distinct value that is in the window already


def count(kind: AtLeast, recent: tuple[Sighting, ...], match: Sighting, start: int) -> Counted | None:
    """Add one match to a window; None when it lacks the distinct value and is not counted."""
    if kind.distinct is not None and match.value is None:
        return None
    live = alive(recent, start)
    kept = live if kind.distinct is None else tuple(old for old in live if old.value != match.value)
    after = (*kept, match)[-kind.threshold :]
    return Counted(after, holds(kind, after), is_new=len(kept) == len(live))


def alive(recent: tuple[Sighting, ...], start: int) -> tuple[Sighting, ...]:
    """Return the sightings that lie in the window; exactly at its start is outside."""
    return tuple(sighting for sighting in recent if sighting.at > start)


def holds(kind: AtLeast, live: tuple[Sighting, ...]) -> bool:
    """Say whether the condition holds with these sightings in the window."""
    return len(live) >= kind.threshold


def tallied(top: dict[str, int], value: str | None) -> dict[str, int]:
    """Count one more value; beyond the cap, new values count as OTHER."""
    if value is None:
        return top
    name = value if value in top or len(top) < TOP_VALUES_AT_MOST else OTHER
    return {**top, name: top.get(name, 0) + 1}


def most_frequent(top: dict[str, int], limit: int) -> tuple[tuple[str, int], ...]:
    """Return the most frequent values first; equals in the order of their names."""
    return tuple(sorted(top.items(), key=lambda pair: (-pair[1], pair[0]))[:limit])


def short(value: str) -> str:
    """Return a digest by which a distinct value is known again (8 bytes: a collision miscounts by one)."""
    return blake2b(value.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
