"""What the core remembers, as values. What `decide` may read of it is view.py."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

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


class Told(msgspec.Struct, frozen=True, array_like=True):
    """Where an alert is told: the channel, and the card there; its own (the alert's id) or a roundup's."""

    channel: str
    card: str


class Hold(msgspec.Struct, frozen=True, array_like=True):
    """What held an alert's first message back, and from when to when (ms; None: it still does).

    `by` is one of BY_HOURS, BY_RULE, BY_SILENCE, BY_GROUP; `name` says which.
    """

    by: str
    name: str
    since: int
    until: int | None = None


BY_HOURS: Final = "hours"
BY_RULE: Final = "rule"
BY_SILENCE: Final = "silence"
BY_GROUP: Final = "group"  # it waits for others to share a message with


class Hushed(msgspec.Struct, frozen=True, array_like=True):
    """Who silenced an alert that was told already, until when (ms) and why; nothing new is said of it till then."""

    silence_id: str
    author: str
    until: int
    reason: str


class Alert(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One problem for one fingerprint from firing to its end: all that a card needs, in words ready to show.

    `key` pairs the rule's `per` fields with their values (empty: `all`). `revision` counts changes that a reader
    of the message would see. `ended_by` says in words what ended it. `kind` is the rule's kind in words.

    `channels` are those it concerns; `told` those that know. While `held_by` says something, none does. `holds` are
    the latest HOLDS_KEPT times it was held. `hushed`: a silence that came after it was told.
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
    kind: str = "every match"
    channels: tuple[str, ...] = ()
    told: tuple[Told, ...] = ()
    holds: tuple[Hold, ...] = ()
    hushed: Hushed | None = None
    reminders: int = 0
    escalations: int = 0
    percent: str | None = None  # of a share, as it stood when the card was drawn: `37%`
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

    @property
    def held_by(self) -> Hold | None:
        """What holds its first message now."""
        return self.holds[-1] if self.holds and self.holds[-1].until is None else None


class Sighting(NamedTuple):
    """One counted match: when, the value that `distinct` looks at, and the value that `top` counts."""

    at: int
    value: str | None = None
    top: str | None = None


class Tally(msgspec.Struct, frozen=True, array_like=True):
    """Events of one moment in a share's window: how many `of` meant, and how many of these matched."""

    at: int
    of: int
    matched: int


class Heard(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is needed of an event to draw an alert of it later, beside its values: an absence is seldom one."""

    event_id: str
    type: str
    source: str
    outcomes: tuple[Outcome, ...]
    key: tuple[tuple[str, str], ...]
    unknown_key: bool
    occurred_at: int | None


class Slice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One rule's state for one key.

    `recent` holds at most as many sightings as the rule's threshold, oldest first: enough to know whether the
    condition holds, however many events come. `counted` holds short digests of the distinct values that the open
    alert counts, `top` how often each value of the rule's `top` field came in it; both are capped (counting.py).
    `values` are the fields of the last event that drew the card. `closed_at` is the last final closing event, which
    excuses an opening that arrives after it; of rules about one run or job, memory knows that. `stale_at` is when a
    slice without an alert may be forgotten.

    `window` and the `latest` moment (stored within the window) are what a share counts, `sums` their totals (of,
    matched). `row` is how many matches stand in a row. `pending` is the alert that a deadline will fire, drawn by the
    last match; of an absence only what was `heard` last is kept. `since` is when the clock of either began. `seen` is
    when each value of a `new_value` rule was last seen, the longest unseen first.
    """

    rule: str
    alert: Alert | None = None
    values: dict[str, Value] = {}
    recent: tuple[Sighting, ...] = ()
    counted: tuple[str, ...] = ()
    top: dict[str, int] = {}
    closed_at: int | None = None
    stale_at: int = 0
    window: tuple[Tally, ...] = ()
    latest: Tally | None = None
    sums: tuple[int, int] = (0, 0)
    row: int = 0
    pending: Alert | None = None
    heard: Heard | None = None
    since: int | None = None
    seen: dict[str, int] = {}

    @property
    def moments(self) -> tuple[Tally, ...]:
        """All that a share counts, oldest first."""
        return self.window if self.latest is None else (*self.window, self.latest)


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
