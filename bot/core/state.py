"""What the core remembers, as values, and the read-only view that `decide` gets of it.

The view has point reads only: dicts in tests and examples, a cache over the store in the running bot.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple, Protocol

import msgspec

from bot.core.catalogue import Outcome
from bot.core.inputs import Value
from bot.core.rule import Mode, Severity


class AlertState(StrEnum):
    """Where an episode stands. Only RESOLVED is good news; EXPIRED and CLOSED say that nobody confirmed a fix."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    EXPIRED = "expired"
    CLOSED = "closed"

    @property
    def is_open(self) -> bool:
        """Say whether the problem still stands."""
        return self in {AlertState.FIRING, AlertState.ACKNOWLEDGED}


class Shown(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One field on the card. `since` is set when job memory lent the value: when it was learnt, ms."""

    name: str
    value: Value
    since: int | None = None


class Alert(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One problem for one fingerprint from firing to its end: all that a card needs, in words ready to show.

    `key` pairs the rule's `per` fields with their values (empty: `all`). `revision` counts changes that a reader
    of the message would see. `ended_by` says in words what ended it.
    """

    alert_id: str
    rule: str
    fingerprint: str
    slice_key: str
    key: tuple[tuple[str, str], ...]
    title: str
    severity: Severity
    fired_at: int
    last_at: int
    count: int = 1
    state: AlertState = AlertState.FIRING
    mode: Mode = Mode.LIVE
    channels: tuple[str, ...] = ()
    shown: tuple[Shown, ...] = ()
    top: tuple[tuple[str, int], ...] = ()
    description: str | None = None
    runbook: str | None = None
    owner: str | None = None
    url: str | None = None
    source: str = ""
    environment: str = ""
    event_id: str = ""
    event_type: str = ""
    subject: str | None = None
    outcome: str | None = None  # of the last event that changed the card: completed, rejected …
    note: str | None = None
    user: str | None = None  # who rejected; shown for reviews only
    unknown_key: bool = False
    details_missing: bool = False
    occurred_at: int | None = None
    ended_at: int | None = None
    ended_by: str | None = None
    acknowledged_by: str | None = None
    acknowledged_at: int | None = None
    revision: int = 1


class Sighting(NamedTuple):
    """One counted match: when, the value that `distinct` looks at, and the value that `top` counts."""

    at: int
    value: str | None = None
    top: str | None = None


class Slice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One rule's state for one key.

    `recent` holds at most as many sightings as the rule's threshold, oldest first: enough to know whether the
    condition holds, however many events come. `counted` holds short digests of the distinct values that the open
    alert counts, `top` how often each value of the rule's `top` field came in it; both are capped (counting.py).
    `values` are the fields of the last event that drew the card. `closed_at` is the last final closing event, which
    excuses an opening that arrives after it; of rules about one run or job, memory knows that. `stale_at` is when a
    slice without an alert may be forgotten.
    """

    rule: str
    alert: Alert | None = None
    values: dict[str, Value] = {}
    recent: tuple[Sighting, ...] = ()
    counted: tuple[str, ...] = ()
    top: dict[str, int] = {}
    closed_at: int | None = None
    stale_at: int = 0


class Learnt(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A value that job memory lends, and when it was learnt (ms)."""

    value: Value
    at: int


class Ended(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A final event of what a memory is about: its type and outcomes, and when it was received (ms)."""

    type: str
    outcomes: tuple[Outcome, ...]
    at: int


class Memory(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What earlier events of one job, run or file told, and which of the last day were final (newest last)."""

    facts: dict[str, Learnt]
    at: int
    ended: tuple[Ended, ...] = ()


class Timer(NamedTuple):
    """A deadline as data: unique by slice and name. Sorts by when it comes due."""

    due: int
    slice_key: str
    name: str


class View(Protocol):
    """What `decide` may read. Every read is of one thing by its key."""

    def memory(self, key: str) -> Memory | None:
        """Return what is known of a job, run or file (`memory_key`)."""
        ...

    def slice(self, key: str) -> Slice | None:
        """Return one rule's state for one key (`slice_key`)."""
        ...

    def open_slice_keys(self, rule: str | None = None) -> Iterable[str]:
        """Return the slices with an open alert, of one rule or of all, in a stable order."""
        ...

    def has_open(self, rule: str) -> bool:
        """Say whether any alert of a rule is open. Asked for most events, so it must cost next to nothing."""
        ...

    def slice_key_of_alert(self, alert_id: str) -> str | None:
        """Return the slice in which an open alert stands."""
        ...

    def is_quarantined(self, rule: str) -> bool:
        """Say whether a rule raised and is set aside."""
        ...
