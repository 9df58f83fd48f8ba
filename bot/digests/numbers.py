"""What a digest knows, as values: kept with its row as JSON, so that a retry says the same and the next one compares.

Times are ms since 1970 UTC. Texts are as the events had them.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

COMPANY: Final = "company"
WORKFLOW: Final = "workflow"
CAUSE: Final = "cause"
GROUPED: Final = (COMPANY, WORKFLOW, CAUSE)


class Group(msgspec.Struct, frozen=True, array_like=True):
    """Failures that have something in common. `before` is how many the last digest had; None: nobody knows."""

    name: str
    count: int
    before: int | None = None
    url: str | None = None  # of the latest


class Grouping(msgspec.Struct, frozen=True):
    """Failures by one thing: the largest groups, and how many groups there are in all."""

    groups: tuple[Group, ...] = ()
    distinct: int = 0


class Job(msgspec.Struct, frozen=True, array_like=True):
    """Something that ran out of retries."""

    subject: str
    at: int
    company: str | None = None
    cause: str | None = None
    url: str | None = None


class Review(msgspec.Struct, frozen=True, array_like=True):
    """A review that waits. `kind`, `source` and `subject` name what it is about; `worked` is its age in working ms."""

    kind: str
    source: str
    subject: str
    since: int
    title: str = ""
    url: str | None = None
    worked: int = 0


class Told(msgspec.Struct, frozen=True, array_like=True):
    """An alert, as far as a digest names it. `carried` is how many digests before named it open."""

    alert_id: str
    rule: str
    title: str
    severity: str
    state: str
    fired_at: int
    ended_at: int | None = None
    url: str | None = None
    by: str | None = None  # who acknowledged
    carried: int = 0


class Carried(msgspec.Struct, frozen=True, omit_defaults=True):
    """Alerts that stand or that nobody can say of: counts are exact, lists hold the oldest."""

    open: int = 0
    unacknowledged: int = 0
    expired: int = 0
    standing: tuple[Told, ...] = ()
    gone: tuple[Told, ...] = ()  # expired in this period


class Overnight(msgspec.Struct, frozen=True, omit_defaults=True):
    """What hours held in this period, and how it ended: told and open, told and over, over while held, still held."""

    held: int = 0
    open: int = 0
    over: int = 0
    never_told: int = 0
    waiting: int = 0
    named: tuple[Told, ...] = ()


class Held(msgspec.Struct, frozen=True, omit_defaults=True):
    """Alerts that nobody heard of, or only in a summary, by what held them."""

    silences: dict[str, int] = {}
    hushed: int = 0
    inhibited: dict[str, int] = {}
    shadow: dict[str, int] = {}
    storms: int = 0
    folded: int = 0


class Noise(msgspec.Struct, frozen=True, array_like=True):
    """One rule's alerts in this period, its messages, and how many of its alerts a person acted on."""

    rule: str
    alerts: int
    messages: int
    acted: int


class Health(msgspec.Struct, frozen=True, array_like=True):
    """One source: events in this period, the last one ever, and the longest time without any (ms)."""

    source: str
    events: int
    last_at: int | None
    gap: int
    gap_from: int


class Ledger(msgspec.Struct, frozen=True, omit_defaults=True):
    """Every event and every alert of the period in exactly one place; `unaccounted` is what is in none."""

    events: int = 0
    decided: int = 0
    set_aside: int = 0
    waiting: int = 0
    quarantined: int = 0
    alerts: int = 0
    told: int = 0
    held: int = 0
    over_while_held: int = 0
    shadow: int = 0
    nobody: int = 0  # of rules that notify nobody
    unaccounted: int = 0
    messages: dict[str, int] = {}

    def with_messages(self, messages: dict[str, int]) -> Ledger:
        """Return it with how the messages of the period stand, by the outbox's words."""
        return msgspec.structs.replace(self, messages=messages)


class Last(msgspec.Struct, frozen=True):
    """The last digest that was told, for the comparison."""

    date: str
    failures: int
    begin: int
    end: int


class Numbers(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Everything. `outcomes` counts distinct events of the period; `days` holds the same for each day, to carry on.

    `usual` is the median of the same weekday in earlier weeks, once there are enough of them. `known_causes` are causes
    with the date on which each was seen last; None: this is the first digest, and what is new cannot be said yet.
    """

    name: str
    date: str
    zone: str
    scope: str
    due: int
    begin: int
    end: int
    made_at: int
    failures: int = 0
    outcomes: dict[str, int] = {}
    last: Last | None = None
    usual: int | None = None
    by: dict[str, Grouping] = {}
    counted: dict[str, dict[str, int]] = {}
    known_causes: dict[str, str] = {}
    new_causes: tuple[Group, ...] | None = None
    exceeded: tuple[Job, ...] = ()
    exceeded_count: int = 0
    reviews: tuple[Review, ...] = ()
    reviews_count: int = 0
    carried: Carried = Carried()
    overnight: Overnight = Overnight()
    held: Held = Held()
    noise: tuple[Noise, ...] = ()
    sources: tuple[Health, ...] = ()
    ledger: Ledger = Ledger()
    days: dict[str, dict[str, int]] = {}
    hours: str | None = None
    missed: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Say whether there is nothing that anybody would have to do or know."""
        return not (
            self.failures
            or self.exceeded_count
            or self.reviews_count
            or self.carried.open
            or self.carried.expired
            or self.overnight.held
            or self.ledger.quarantined
            or self.ledger.set_aside
            or self.ledger.waiting
            or self.ledger.unaccounted
            or self.missed
        )


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Numbers).decode


def as_json(numbers: Numbers) -> str:
    """Return the numbers as they are stored."""
    return _encode(numbers).decode()


def as_values(value: Any) -> Any:
    """Return numbers for programs: every field by its name, also where it is 0 or nothing."""
    if isinstance(value, msgspec.Struct):
        return {name: as_values(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, dict):
        return {key: as_values(one) for key, one in value.items()}
    return [as_values(one) for one in value] if isinstance(value, tuple | list) else value


def from_json(text: str) -> Numbers | None:
    """Return stored numbers; None where another version wrote them so that they cannot be read."""
    try:
        return _decode(text)
    except (msgspec.ValidationError, msgspec.DecodeError):
        return None
