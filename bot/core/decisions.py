"""What was decided: the counterpart of inputs.py."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from bot.core.inputs import Event
from bot.core.rule import Severity
from bot.core.state import Alert, Memory, Slice


class Reason(StrEnum):
    """Why a message exists or changes."""

    FIRST = "first"
    MORE = "more"
    COMPLETED = "completed"  # a payload by reference came after the card
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    EXPIRED = "expired"
    CLOSED = "closed"


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """One decided message to one channel. FIRST posts it; every other reason edits the message that FIRST posted.

    The card is drawn from the alert as it stands when it is sent, so a later edit replaces an earlier one.
    """

    delivery_id: str
    alert_id: str
    channel: str
    reason: Reason
    severity: Severity
    revision: int
    at: int


class Change(StrEnum):
    """What happened to an alert, in the words of the examples' grammar."""

    FIRES = "fires"
    RESOLVES = "resolves"
    EXPIRES = "expires"
    CLOSES = "closes"
    ACKNOWLEDGED = "acknowledged"


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """One change of one alert, with the alert as it is after it."""

    at: int
    change: Change
    alert: Alert


class Fault(msgspec.Struct, frozen=True):
    """A rule raised: it is set aside, and hurts no other."""

    rule: str
    error: str


class Decisions(msgspec.Struct, kw_only=True):
    """The effects of one input, or of several folded together: later values replace earlier ones.

    None deletes a slice or cancels a timer. Timers are keyed by (slice key, name) and valued by when they are due.
    `follow_ups` are events of the bot's own (a rule was set aside) to be decided next.
    """

    memories: dict[str, Memory] = msgspec.field(default_factory=dict)
    slices: dict[str, Slice | None] = msgspec.field(default_factory=dict)
    timers: dict[tuple[str, str], int | None] = msgspec.field(default_factory=dict)
    alerts: dict[str, Alert] = msgspec.field(default_factory=dict)
    notifications: list[Notification] = msgspec.field(default_factory=list)
    transitions: list[Transition] = msgspec.field(default_factory=list)
    faults: list[Fault] = msgspec.field(default_factory=list)
    follow_ups: list[Event] = msgspec.field(default_factory=list)

    def add(self, later: Decisions) -> None:
        """Fold the effects of a later input into these."""
        self.memories.update(later.memories)
        self.slices.update(later.slices)
        self.timers.update(later.timers)
        self.alerts.update(later.alerts)
        self.notifications.extend(later.notifications)
        self.transitions.extend(later.transitions)
        self.faults.extend(later.faults)
        self.follow_ups.extend(later.follow_ups)
