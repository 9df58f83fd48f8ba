"""Which events a rule's `when`, `resolved_by`, `unless` or `not_followed_by` means."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from bot.core.catalogue import FINAL_OUTCOMES, Outcome, possible_outcomes

OWN_SOURCE: Final = "tocsin"


@dataclass(frozen=True, slots=True)
class Selector:
    """Which events `when` (or `resolved_by`) means: outcomes, types, globs, or any of a platform's."""

    outcomes: frozenset[Outcome] = frozenset()
    types: frozenset[str] = frozenset()
    globs: tuple[str, ...] = ()
    any: bool = False

    def selects(self, event_type: str, outcomes: tuple[Outcome, ...]) -> bool:
        """Say whether an event of this type and these outcomes is meant. The bot's own events only by exact type."""
        if event_type in self.types:
            return True
        if event_type.startswith(OWN_SOURCE + "."):
            return False
        return self.any or any(o in self.outcomes for o in outcomes) or any(fnmatch(event_type, g) for g in self.globs)

    def could_select(self, event_type: str) -> bool:
        """Say whether some event of this type may be meant, whatever its content tells (for indexes and lint)."""
        return self.selects(event_type, tuple(possible_outcomes(event_type)))

    def may_be_unfinished(self) -> bool:
        """Say whether an event that is meant may have no final outcome."""
        if self.any or self.globs or not self.outcomes <= FINAL_OUTCOMES:
            return True
        return any(not possible_outcomes(event_type) <= FINAL_OUTCOMES for event_type in self.types)


def fnmatch(event_type: str, glob: str) -> bool:
    """Match a glob in which only `*` is special (any characters, dots too)."""
    return fnmatchcase(event_type, glob.replace("[", "[[]").replace("?", "[?]"))
