"""Where an example is read, and when its entries are."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from bot.config.notes import Notes
from bot.config.sections import Values
from bot.rulepack.moments import Moment, resolve
from bot.rulepack.story_events import EventReader


class Holders(msgspec.Struct, frozen=True):
    """What can hold a first message of the rule back, by name."""

    hours: tuple[str, ...]
    rules: tuple[str, ...]


class Place(msgspec.Struct, frozen=True):
    """Where examples are read: their rule, its folder, how events are made; `holders` None: nobody could read them."""

    rule: str
    folder: Path
    zone: ZoneInfo
    events: EventReader
    holders: Holders | None
    notes: Notes


def time_of(entry: Values, name: str, without: int | None, not_before: int, place: Place) -> int | None:
    """Return the time (ms) under a key; `without` where it is not written, None where it cannot be read."""
    if name not in entry:
        return without
    moment: Moment | None = entry.get(name)
    at = resolve(moment, place.zone, not_before) if moment is not None else None
    if moment is not None and at is None:
        place.notes.error(entry.at(name), f"this local time does not exist in {place.zone.key}: the clocks skip it")
    return at
