"""What was decided: the counterpart of inputs.py."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from bot.core.inputs import Event
from bot.core.roundup import Member, Pace, Roundup
from bot.core.rule import Severity
from bot.core.state import Alert, Memory, Slice


class Reason(StrEnum):
    """Why a message exists or changes. Three sorts: posts, replies in the thread of a post, edits of a post."""

    FIRST = "first"
    MORE = "more"
    COMPLETED = "completed"  # a payload by reference came after the card
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    EXPIRED = "expired"
    CLOSED = "closed"
    HUSHED = "hushed"  # a silence began or ended after the card was posted
    ESCALATED = "escalated"  # a step of `then` tells another channel: a post
    ESCALATED_HERE = "escalated_here"  # a step of `then` in the card's own channel: a reply that the channel sees
    REMINDER = "reminder"  # a reply
    MILESTONE = "milestone"  # the counter passed a round number: a reply
    ENDING_SOON = "ending_soon"  # a silence is about to end: a reply that the channel sees
    ANNOUNCED = "announced"  # a storm is over: a reply that the channel sees
    DIGEST = "digest"  # a post
    DIGEST_DETAIL = "digest_detail"  # the digest's long tail: a reply

    @property
    def is_post(self) -> bool:
        """Say whether it makes a new message in the channel."""
        return self in _POSTS

    @property
    def is_reply(self) -> bool:
        """Say whether it makes a new message in the thread of the card's post."""
        return self in _REPLIES

    @property
    def makes_message(self) -> bool:
        """Say whether it makes a message, a post or a reply; else it changes one."""
        return self in _MESSAGES

    @property
    def is_broadcast(self) -> bool:
        """Say whether a reply is shown in the channel too."""
        return self in _BROADCAST


_POSTS: Final = frozenset({Reason.FIRST, Reason.ESCALATED, Reason.DIGEST})
_BROADCAST: Final = frozenset({Reason.ESCALATED_HERE, Reason.ENDING_SOON, Reason.ANNOUNCED})
_REPLIES: Final = frozenset({*_BROADCAST, Reason.REMINDER, Reason.MILESTONE, Reason.DIGEST_DETAIL})
_MESSAGES: Final = _POSTS | _REPLIES


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """One decided message to one channel, about an alert or a roundup (`alert_id` is the id of either).

    A post's card and an edit of it are drawn from the alert or roundup as it stands when they are sent, so a later
    edit replaces an earlier one. A reply says what happened then: `number` is which reminder or step it is (from 1),
    or the count that was passed; `mention` is who the rule says is to be pinged, a name of `people:`. `thread` is the
    card in whose thread a reply stands where that is not the alert's own (a roundup told it).
    """

    delivery_id: str
    alert_id: str
    channel: str
    reason: Reason
    severity: Severity
    revision: int
    at: int
    number: int = 0
    mention: str | None = None
    thread: str = ""


class Change(StrEnum):
    """What happened to an alert, in the words of the examples' grammar."""

    FIRES = "fires"
    RESOLVES = "resolves"
    EXPIRES = "expires"
    CLOSES = "closes"
    ACKNOWLEDGED = "acknowledged"
    REMINDS = "reminds"
    ESCALATES = "escalates"
    RELEASES = "releases"  # a held first message goes out after all


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """One change of one alert, with the alert as it is after it.

    `number` is which reminder or step it was, `mention` whom it names, `channels` where it was told.
    """

    at: int
    change: Change
    alert: Alert
    number: int = 0
    mention: str | None = None
    channels: tuple[str, ...] = ()


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """An alert's first message was decided, or held back (`alert.held_by` says by what).

    `channels` are those that are told; `together` is how many alerts the message holds.
    """

    at: int
    alert: Alert
    channels: tuple[str, ...] = ()
    together: int = 1


class HandOver(msgspec.Struct, frozen=True, kw_only=True):
    """Hours began: what was held outside them is told, as one card in each channel.

    `still_open` are all of them, `ended` the first ones that ended meanwhile (LISTED_AT_MOST for each channel).
    """

    at: int
    hours: str
    channels: tuple[str, ...]
    still_open: tuple[Member, ...]
    ended: tuple[Member, ...]


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule made of one event, in words: the counter as it stood, what opened, what was excused and why."""

    event_id: str
    rule: str
    slice_key: str
    at: int
    said: str
    alert_id: str | None = None


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
    roundups: dict[str, Roundup] = msgspec.field(default_factory=dict)
    paces: dict[str, Pace | None] = msgspec.field(default_factory=dict)
    tellings: list[Telling] = msgspec.field(default_factory=list)
    hand_overs: list[HandOver] = msgspec.field(default_factory=list)
    looks: list[Look] = msgspec.field(default_factory=list)

    def add(self, later: Decisions) -> None:
        """Fold the effects of a later input into these. Most have few kinds of them, so each is asked for first."""
        self._put(later)
        self._append(later)

    def _put(self, later: Decisions) -> None:
        if later.memories:
            self.memories.update(later.memories)
        if later.slices:
            self.slices.update(later.slices)
        if later.timers:
            self.timers.update(later.timers)
        if later.alerts:
            self.alerts.update(later.alerts)
        if later.roundups:
            self.roundups.update(later.roundups)
        if later.paces:
            self.paces.update(later.paces)

    def _append(self, later: Decisions) -> None:
        if later.notifications:
            self.notifications += later.notifications
        if later.transitions:
            self.transitions += later.transitions
        if later.faults:
            self.faults += later.faults
        if later.follow_ups:
            self.follow_ups += later.follow_ups
        if later.tellings:
            self.tellings += later.tellings
        if later.hand_overs:
            self.hand_overs += later.hand_overs
        if later.looks:
            self.looks += later.looks
