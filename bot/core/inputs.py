"""What happened: the four inputs of the core. Their counterpart, what was decided, is decisions.py.

Times are integer milliseconds since 1970 UTC. `at` is when the input entered the journal; it never goes backwards
from one input to the next, and the core knows no other clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, TypeAlias

import msgspec

from bot.core.catalogue import Outcome
from bot.core.silence import Silence

_decode: Final = msgspec.json.Decoder().decode

Value: TypeAlias = str | int | float | bool | tuple[str, ...]
Fields: TypeAlias = Mapping[str, Value]


class Details(StrEnum):
    """How much of an event is known when it is decided (payload by reference)."""

    WHOLE = "whole"
    ENVELOPE = "envelope"  # its payload could not be had in time: only type, id and metadata are known
    COMPLETION = "completion"  # the payload came after the envelope had been decided


class Undecoded(msgspec.Struct, frozen=True, gc=False):
    """A payload that still stands in the JSON object that brought it: under `key`, or the whole object without one.

    To cut it out would cost as much as a quarter of decoding everything, and most rules never look at it.
    """

    body: bytes
    key: str = ""


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One immutable fact that arrived.

    `event_id` is ours, a hash of source, type and the provider's id. `fields` are the event's own values by the
    names of fields.py; what job memory lends is never in here. `payload` is what `raw.` paths start from (Extend: the
    payload; Alfred: the `event` object), None once the stored body has aged out: decoded JSON, or Undecoded, as
    most rules never look at it and its objects would lie in memory until the event is decided.
    `occurred_at` is the provider's time, shown but never reckoned with.
    """

    event_id: str
    source: str
    type: str
    at: int
    outcomes: tuple[Outcome, ...] = ()
    fields: dict[str, Value] = {}
    payload: Any = None
    occurred_at: int | None = None
    details: Details = Details.WHOLE

    @property
    def raw(self) -> Any:
        """The payload decoded; anew at each look."""
        payload = self.payload
        if type(payload) is not Undecoded:
            return payload
        tree = _decode(payload.body)
        return tree.get(payload.key) if payload.key else tree


class Tick(msgspec.Struct, frozen=True, kw_only=True):
    """A timer came due. `at` is when it was due, however late it is looked at."""

    at: int
    slice_key: str
    name: str


class ActionKind(StrEnum):
    """What a person may do."""

    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    SILENCE = "silence"
    UNSILENCE = "unsilence"


class Action(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person did something to an alert, to all alerts of a roundup, or about silences.

    `alert_id` is of an alert or a roundup; empty for silences. `actor` is how that person is shown, never a mention.
    `silence` is the one to begin (its `at` is this action's), `silence_id` the one to end early.
    """

    at: int
    kind: ActionKind
    actor: str
    alert_id: str = ""
    silence: Silence | None = None
    silence_id: str = ""


class Reload(msgspec.Struct, frozen=True, kw_only=True):
    """Another rule set is in force from here on; `version` is its hash. Rules that were set aside start afresh."""

    at: int
    version: str


Input: TypeAlias = Event | Tick | Action | Reload
