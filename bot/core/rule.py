"""A rule, compiled: what the loader makes of YAML and the core decides by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final

from bot.core.catalogue import Outcome
from bot.core.conditions import All, Condition
from bot.core.fields import RAW_PREFIX
from bot.core.hours import Hours
from bot.core.kinds import EVERY_MATCH, AtLeast, Consecutive, EveryMatch, Kind, NewValue, NotFollowedBy, Share
from bot.core.selector import Selector
from bot.core.text import field_names

MS_PER_DAY: Final = 86_400_000


class Severity(StrEnum):
    """How bad, in words; the emoji is the card's business."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


class Mode(StrEnum):
    """`shadow` is evaluated and counted, never posted; `off` is not evaluated."""

    LIVE = "live"
    SHADOW = "shadow"
    OFF = "off"


class IfUnknown(StrEnum):
    """What becomes of an event that lacks a `per` field."""

    SEPARATE = "separate"
    SKIP = "skip"


ALWAYS: Final = All(())


@dataclass(frozen=True, slots=True)
class Target:
    """A channel by name or id. With `{field}` in it the name is made from the event; `otherwise` when that fails."""

    channel: str
    otherwise: str | None = None

    @property
    def is_template(self) -> bool:
        """Say whether the name depends on the event."""
        return "{" in self.channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """A step of `then`: who is told when nobody has acknowledged `after_ms` after firing.

    `notify` empty means the channels of the alert itself. `mention` is a name of `people:`.
    """

    after_ms: int
    notify: tuple[Target, ...] = ()
    mention: str | None = None


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One named condition with all defaults filled in. Durations are milliseconds; None means not set.

    `per` None is the default of *every match* and of deadlines (the event's own subject, else its id); empty is
    `all`. `during` are the hours in which the rule's clock runs, `notify_during` those outside which first messages
    are held.
    """

    name: str
    title: str
    when: Selector
    kind: Kind = EVERY_MATCH
    where: Condition = ALWAYS
    per: tuple[str, ...] | None = None
    if_unknown: IfUnknown = IfUnknown.SEPARATE
    severity: Severity = Severity.WARNING
    show: tuple[str, ...] | None = None  # None: a preset per platform
    top: str | None = None
    notify: tuple[Target, ...] = ()
    during: Hours | None = None
    notify_during: Hours | None = None
    group_wait_ms: int | None = None
    repeat_ms: int | None = None
    then: tuple[Escalation, ...] = ()
    resolved_by: Selector | None = None
    resolved_after_ms: int | None = None
    expires_after_ms: int | None = None
    inhibited_by: tuple[str, ...] = ()
    mode: Mode = Mode.LIVE
    owner: str | None = None
    runbook: str | None = None
    description: str | None = None
    file: str = ""
    line: int = 0
    within_text: str = ""  # as written, for {within}

    @property
    def expiry_ms(self) -> int | None:
        """Quiet time after which nobody can say (RULES.md, Exact meaning); None when it ends by itself."""
        if self.expires_after_ms is not None:
            return self.expires_after_ms
        if self.resolved_after_ms is not None or self.drains:
            return None
        if self.resolved_by is None and isinstance(self.kind, EveryMatch | NewValue):
            return MS_PER_DAY
        return 7 * MS_PER_DAY

    @cached_property
    def closing(self) -> tuple[Selector, ...]:
        """What ends an alert of this rule: `resolved_by`, and what its kind waits for."""
        return tuple(selector for selector in (self.resolved_by, self.awaited) if selector is not None)

    @cached_property
    def awaited(self) -> Selector | None:
        """What the rule's kind waits for: it stops a clock, or breaks a row."""
        if isinstance(self.kind, NotFollowedBy):
            return self.kind.closing
        return self.kind.unless if isinstance(self.kind, Consecutive) else None

    @property
    def excusing(self) -> Selector | None:
        """What excuses an opening that comes after it: what a deadline waits for, else `resolved_by`."""
        return self.kind.closing if isinstance(self.kind, NotFollowedBy) else self.resolved_by

    def awaits(self, event_type: str, outcomes: tuple[Outcome, ...]) -> bool:
        """Say whether an event of this type and these outcomes is what the rule's kind waits for."""
        return self.awaited is not None and self.awaited.selects(event_type, outcomes)

    @cached_property
    def waits(self) -> bool:
        """Say whether a closing event matters also where no alert is open: a clock runs or a row has begun."""
        return isinstance(self.kind, NotFollowedBy | Consecutive)

    @cached_property
    def raw_names(self) -> tuple[str, ...]:
        """The raw paths that a title or a step's channel names: an alert may need them when no event is at hand."""
        targets = (target.channel for step in self.then for target in step.notify if target.is_template)
        names = (name for template in (self.title, *targets) for name in field_names(template))
        return tuple(dict.fromkeys(name for name in names if name.startswith(RAW_PREFIX)))

    @cached_property
    def may_be_excused(self) -> bool:
        """Say whether a final closing event that came first can excuse an opening."""
        return isinstance(self.kind, NotFollowedBy) or (
            isinstance(self.kind, EveryMatch) and self.resolved_by is not None and self.when.may_be_unfinished()
        )

    @cached_property
    def is_about_one_thing(self) -> bool:
        """Say whether a key is one run or job (or the event's own subject), of which memory knows what ended it."""
        return self.per is None or self.per in {("subject",), ("run",), ("job",)}

    @cached_property
    def remembers_endings(self) -> bool:
        """Say whether a closing event must be kept in the slice, to excuse an opening that comes after it."""
        return self.may_be_excused and not self.is_about_one_thing

    @property
    def counts(self) -> bool:
        """Say whether the rule counts in a window of time."""
        return isinstance(self.kind, AtLeast | Share)

    @property
    def drains(self) -> bool:
        """Counting kinds end when their condition is false again, unless another ending is written."""
        return self.counts and self.resolved_by is None and self.resolved_after_ms is None
