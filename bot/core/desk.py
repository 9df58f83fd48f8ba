"""What a decision is made with: the rules in force, the state as decided so far, where the effects go, and now."""

from __future__ import annotations

import msgspec

from bot.core.decisions import Decisions, Look
from bot.core.enrich import Enriched
from bot.core.match import Match
from bot.core.rule import Rule
from bot.core.ruleset import RuleSet
from bot.core.view import View


class Desk(msgspec.Struct, frozen=True, gc=False):
    """`at` is now, ms. `view` shows what `into` holds already.

    `ticking`: a timer is looked at, so no event of this instant is still to come.
    """

    at: int
    rule_set: RuleSet
    view: View
    into: Decisions
    ticking: bool = False


class Hearing(msgspec.Struct, frozen=True, gc=False):
    """An event before all rules. Which of them it concerns is asked of `before`, the state that it came to."""

    enriched: Enriched
    before: View
    desk: Desk


class Turn(msgspec.Struct, frozen=True, gc=False):
    """One rule's look at one event: what it matched, and what it decides with."""

    match: Match
    enriched: Enriched
    desk: Desk

    @property
    def at(self) -> int:
        """Now, ms: the event's own receipt."""
        return self.desk.at

    @property
    def rule(self) -> Rule:
        """The rule whose turn it is."""
        return self.match.rule

    @property
    def view(self) -> View:
        """State as decided so far."""
        return self.desk.view

    @property
    def into(self) -> Decisions:
        """Where the effects go."""
        return self.desk.into

    def note(self, said: str, alert_id: str | None = None) -> None:
        """Remember in words what the rule made of the event, for `why`."""
        self.into.looks.append(
            Look(
                event_id=self.enriched.event.event_id,
                rule=self.rule.name,
                slice_key=self.match.slice_key,
                at=self.at,
                said=said,
                alert_id=alert_id,
            )
        )
