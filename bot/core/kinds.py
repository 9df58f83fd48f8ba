"""The kinds of condition that a rule can have. Durations are milliseconds; selectors say which events are meant."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final, TypeAlias

from bot.core.selector import Selector


@dataclass(frozen=True, slots=True)
class EveryMatch:
    """Every event that passes is the alert."""


@dataclass(frozen=True, slots=True)
class AtLeast:
    """N matches, or N different values of `distinct`, within a time."""

    threshold: int
    within_ms: int
    distinct: str | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """Matches as a part of all events that `of` means, within a time; both bounds inclusive.

    `share` is exact, above 0 and up to 1. `minimum` counts what `of` means.
    """

    share: Fraction
    of: Selector
    within_ms: int
    minimum: int = 1


@dataclass(frozen=True, slots=True)
class Consecutive:
    """N matches in a row, with no event that `unless` means between them."""

    threshold: int
    unless: Selector


@dataclass(frozen=True, slots=True)
class NotFollowedBy:
    """A match after which no event that `closing` means comes within a time."""

    closing: Selector
    within_ms: int


@dataclass(frozen=True, slots=True)
class AbsentFor:
    """No match for a time."""

    within_ms: int


@dataclass(frozen=True, slots=True)
class NewValue:
    """A match whose value of a field was not seen within a time before."""

    field: str
    within_ms: int


Kind: TypeAlias = EveryMatch | AtLeast | Share | Consecutive | NotFollowedBy | AbsentFor | NewValue
EVERY_MATCH: Final = EveryMatch()
