"""What goes into and comes out of the store. Times are integer ms since 1970 UTC."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import msgspec

from bot.core.decisions import Reason
from bot.core.inputs import Event, Input
from bot.core.rule import Severity


class RowKind(StrEnum):
    """What a journal row is. Kinds from EVENT to OWN carry an Event, QUARANTINED carries no input at all."""

    EVENT = "event"
    ENVELOPE = "envelope"  # a payload by reference is decided: on its envelope, or whole when it came in time
    COMPLETION = "completion"  # the payload came after its envelope had been decided
    OWN = "own"  # the bot's own event: a rule was set aside …
    ACTION = "action"
    RELOAD = "reload"
    QUARANTINED = "quarantined"


class RowStatus(StrEnum):
    """What became of a journal row."""

    ACCEPTED = "accepted"
    QUARANTINED = "quarantined"  # authentic, but it cannot be read
    SET_ASIDE = "set_aside"  # deciding it raised, or killed the process, again and again


class Appended(msgspec.Struct, frozen=True, gc=False):
    """Where an input stands in the journal. For a duplicate: where the first one stands."""

    seq: int
    event_id: str
    duplicate: bool
    at: int


class Cursor(NamedTuple):
    """Everything up to journal row `seq` and every timer up to `time` is decided and saved."""

    seq: int = 0
    time: int = 0


class JournalRow(msgspec.Struct, frozen=True, gc=False):
    """One input as it was journaled. `reference` is the address of the payload when it came by reference."""

    seq: int
    kind: RowKind
    input: Input
    reference: str | None = None


class SetAside(NamedTuple):
    """A journal row that cannot be decided, and why, in one line."""

    seq: int
    error: str


class FetchState(StrEnum):
    """How the fetching of one payload stands."""

    WAITING = "waiting"
    DONE = "done"
    LOST = "lost"


class Fetch(msgspec.Struct, frozen=True, kw_only=True):
    """A payload by reference that is to be fetched: `due` is when to try next, `seq` the row of its envelope."""

    event_id: str
    seq: int
    url: str
    due: int
    tries: int = 0
    state: FetchState = FetchState.WAITING


class DeliveryState(StrEnum):
    """Where a notification stands on its way out."""

    READY = "ready"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"  # nobody can say whether it was posted: never blindly repeated
    PARKED = "parked"  # waits for a person or a repaired channel
    SUPERSEDED = "superseded"  # a later one says it better
    DEAD = "dead"  # refused for good


class Doubt(StrEnum):
    """What was made of a post whose fate could not be settled, as its channel cannot be read back."""

    REPEATED = "repeated"  # sent again, and says so
    KEPT = "kept"  # parked; only a person lets it go


TERMINAL_STATES = frozenset({DeliveryState.SENT, DeliveryState.SUPERSEDED, DeliveryState.DEAD})


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the outbox: a notification to be sent, and the attempt to send it.

    `thread` is the card in whose thread a reply stands, where that is not its alert's own (a roundup told it). `body`
    is JSON of a message that is drawn from nothing else (a digest, a backlog told in one). `sent_to` is the
    address to which the latest attempt went, `thread_ts` the thread there. `doubted_at` is when the first attempt
    began whose fate nobody knew, `doubt` what was made of it where it could not be settled.
    """

    delivery_id: str
    alert_id: str
    channel: str
    reason: Reason
    severity: Severity
    revision: int
    state: DeliveryState = DeliveryState.READY
    attempt: int = 0
    not_before: int = 0
    created_at: int = 0
    started_at: int | None = None
    error: str | None = None
    number: int = 0
    mention: str | None = None
    thread: str | None = None
    body: str | None = None
    sent_to: str | None = None
    thread_ts: str | None = None
    doubt: Doubt | None = None
    doubted_at: int | None = None

    @property
    def hangs_on(self) -> str:
        """The card whose message an edit changes, or in whose thread a reply stands."""
        return self.thread or self.alert_id


class Place(NamedTuple):
    """Where an attempt goes: a channel's address, and the thread there."""

    address: str
    thread_ts: str | None = None


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """The message that stands in a channel for an alert. `ts` is None where Slack gives none (webhooks)."""

    alert_id: str
    channel: str
    ts: str | None
    channel_id: str | None
    revision: int
    delivery_id: str


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """How an attempt ended, or what its fate turned out to be.

    SENT: `ts`, `channel_id` and the `revision` that was shown; `is_card` where a reply found no card to hang on and
    became it. READY: try again at `not_before`. UNKNOWN: not found by `not_before` means that it is not there. All
    but SENT say in `detail` why, in words fit for a person.
    """

    state: DeliveryState
    ts: str | None = None
    channel_id: str | None = None
    revision: int = 0
    not_before: int = 0
    detail: str | None = None
    doubt: Doubt | None = None
    is_card: bool = False


class StoredRow(msgspec.Struct, frozen=True, kw_only=True):
    """A journal row for reading: `event` is None where none could be read, `body` once it has aged out."""

    seq: int
    at: int
    kind: RowKind
    status: RowStatus
    error: str | None = None
    event: Event | None = None
    body: bytes | None = None


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """The store in numbers. `behind` counts rows that are journaled and not yet decided; `size` is bytes in use."""

    last_seq: int
    behind: int
    quarantined: int
    set_aside: int
    open_alerts: int
    size: int
    deliveries: dict[str, int]


class Keep(msgspec.Struct, frozen=True, kw_only=True):
    """How long things stay, in ms, and how large the store may grow, in bytes."""

    bodies_ms: int = 7 * 86_400_000
    keys_ms: int = 90 * 86_400_000
    audit_ms: int = 400 * 86_400_000
    max_size: int = 5_000_000_000


class Pruned(msgspec.Struct, frozen=True, kw_only=True):
    """What one round of retention removed, and whether the store is still larger than it may be."""

    bodies: int = 0
    rows: int = 0
    swept: int = 0
    over_size: bool = False


class Way(StrEnum):
    """How an action reached the bot."""

    BUTTON = "button"
    CLI = "cli"


class Signature(msgspec.Struct, frozen=True):
    """What is recorded beside an action: its id (the same one is journaled once), its way, and who it was there.

    `by` is a Slack user id for a button, the name of the account for the command line.
    """

    action_id: str
    way: Way
    by: str
