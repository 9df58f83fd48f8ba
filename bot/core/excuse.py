"""Whether an opening is excused because what closes it came first (retries, reordering)."""

from __future__ import annotations

from typing import Final

from bot.core.catalogue import FINAL_OUTCOMES, Outcome
from bot.core.desk import Turn
from bot.core.enrich import Enriched, ended_before, subject_of
from bot.core.kinds import EveryMatch
from bot.core.match import SUBJECT
from bot.core.rule import Rule
from bot.core.state import Slice

# How long a final event that came first excuses an opening that comes after it.
EXCUSED_FOR_MS: Final = 86_400_000


def is_excused(turn: Turn, slice_: Slice) -> bool:
    """Say whether a final closing event of the last 24 hours excuses this opening.

    An *every match* opening that is final itself is never excused.
    """
    rule, enriched = turn.rule, turn.enriched
    if not rule.may_be_excused or (isinstance(rule.kind, EveryMatch) and is_final(enriched.event.outcomes)):
        return False
    if not rule.is_about_one_thing:
        return slice_.closed_at is not None and slice_.closed_at > turn.at - EXCUSED_FOR_MS
    [(name, identity)] = turn.match.key
    own = subject_of(enriched.event)
    kind = own[0] if name == SUBJECT and own else name
    endings = ended_before(enriched, kind, identity, turn.view)
    closes = rule.excusing
    return closes is not None and any(closes.selects(end.type, end.outcomes) for end in endings)


def must_remember(rule: Rule, enriched: Enriched) -> bool:
    """Say whether a closing event has to be kept, to excuse an opening that comes after it."""
    event = enriched.event
    if not rule.remembers_endings or not is_final(event.outcomes) or rule.excusing is None:
        return False
    return rule.excusing.selects(event.type, event.outcomes)


def is_final(outcomes: tuple[Outcome, ...]) -> bool:
    """Say whether the platform does nothing more by itself after an event of these outcomes."""
    return not FINAL_OUTCOMES.isdisjoint(outcomes)
