"""What happened: the four inputs of the core. Their counterpart, what was decided, is decisions.py.

Times are integer milliseconds since 1970 UTC. `at` is when the input entered the journal; it never goes backwards
from one input to the next, and the core knows no other clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeAlias

import msgspec

from bot.core.catalogue import Outcome

Value: TypeAlias = str | int | float | bool | tuple[str, ...]
Fields: TypeAlias = Mapping[str, Value]


class Details(StrEnum):
    """How much of an event is known when it is decided (payload by reference)."""

    WHOLE = "whole"
    ENVELOPE = "envelope"  # its payload could not be had in time: only type, id and metadata are known
    COMPLETION = "completion"  # the payload came after the envelope had been decided


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One immutable fact that arrived.

    `event_id` is ours, a hash of source, type and the provider's id. `fields` are the event's own values by the
    names of fields.py; what job memory lends is never in here. `raw` is what `raw.` paths start from, decoded JSON
    (Extend: the payload; Alfred: the `event` object), None once the stored body has aged out.
    `occurred_at` is the provider's time, shown but never reckoned with.
    """

    event_id: str
    source: str
    type: str
    at: int
    outcomes: tuple[Outcome, ...] = ()
    fields: dict[str, Value] = {}
    raw: Any = None
    occurred_at: int | None = None
    details: Details = Details.WHOLE


class Tick(msgspec.Struct, frozen=True, kw_only=True):
    """A timer came due. `at` is when it was due, however late it is looked at."""

    at: int
    slice_key: str
    name: str


class ActionKind(StrEnum):
    """What a person may do to an alert."""

    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """A person acknowledged or resolved an alert. `actor` is how that person is shown, never a mention."""

    at: int
    kind: ActionKind
    alert_id: str
    actor: str


class Reload(msgspec.Struct, frozen=True, kw_only=True):
    """Another rule set is in force from here on; `version` is its hash. Rules that were set aside start afresh."""

    at: int
    version: str


Input: TypeAlias = Event | Tick | Action | Reload
