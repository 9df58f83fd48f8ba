"""One rule's slice and one event to the new slice and its effects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from bot.core.catalogue import FINAL_OUTCOMES, Outcome
from bot.core.conditions import as_text
from bot.core.counting import COUNTED_AT_MOST, Counted, count, most_frequent, short, tallied
from bot.core.decisions import Decisions, Reason
from bot.core.enrich import Enriched, ended_before, subject_of
from bot.core.lifecycle import Ending, completed, deadlines, end, fire, opened, repeated, tell
from bot.core.match import SUBJECT, Match
from bot.core.portrait import TOP_AT_MOST
from bot.core.rule import AtLeast, Rule, RuleSet
from bot.core.state import Alert, AlertState, Sighting, Slice, View

# How long a final event that came first excuses an opening that comes after it (retries, reordering).
EXCUSED_FOR_MS: Final = 86_400_000
_DEFAULT_TOP: Final = "cause"


@dataclass(frozen=True, slots=True)
class Turn:
    """One rule's look at one event: what it matched, and where the effects go."""

    match: Match
    enriched: Enriched
    rule_set: RuleSet
    into: Decisions

    @property
    def at(self) -> int:
        """Now, ms: the event's own receipt."""
        return self.enriched.event.at


def on_match(turn: Turn, view: View) -> None:
    """Let a rule look at an event that passed it."""
    match = turn.match
    before = view.slice(match.slice_key) or Slice(rule=match.rule.name)
    if isinstance(match.rule.kind, AtLeast):
        after = _count_one(turn, match.rule.kind, before)
    else:
        after = _every_match(turn, before, view)
    if after is not before:
        turn.into.slices[match.slice_key] = after


def may_close(match: Match, enriched: Enriched, view: View) -> bool:
    """Say whether anything follows from a closing event: most end nothing, and a rule's turn is not free."""
    slice_ = view.slice(match.slice_key)
    return (slice_ is not None and slice_.alert is not None) or _must_remember(match.rule, enriched)


def on_closing(turn: Turn, view: View) -> None:
    """Let a rule look at an event that its `resolved_by` means: it ends the alert, or excuses one yet to come."""
    key, before = turn.match.slice_key, view.slice(turn.match.slice_key)
    after = before
    if before is not None and before.alert is not None:
        drawn = msgspec.structs.replace(before, alert=_drawn_by_end(before.alert, turn.enriched))
        ending = Ending(AlertState.RESOLVED, turn.at, _outcome(turn.enriched))
        after = end(turn.into, key, drawn, ending)
    if _must_remember(turn.match.rule, turn.enriched):
        fresh = after or Slice(rule=turn.match.rule.name)
        after = msgspec.structs.replace(
            fresh, closed_at=turn.at, stale_at=max(fresh.stale_at, turn.at + EXCUSED_FOR_MS)
        )
    if after is not before and after is not None:
        turn.into.slices[key] = after if after.closed_at is not None else None


def on_completion(turn: Turn, view: View) -> None:
    """Complete the card that this event's envelope drew; nothing is counted, nothing is posted."""
    slice_ = view.slice(turn.match.slice_key)
    if slice_ is None or slice_.alert is None or slice_.alert.event_id != turn.enriched.event.event_id:
        return
    alert = completed(slice_.alert, turn.match.rule, turn.enriched)
    tell(turn.into, alert, Reason.COMPLETED, turn.at)
    changed = msgspec.structs.replace(slice_, alert=alert, values=dict(turn.enriched.values))
    turn.into.slices[turn.match.slice_key] = changed


def _every_match(turn: Turn, slice_: Slice, view: View) -> Slice:
    if slice_.alert is not None:
        return _repeat(turn, slice_, slice_.alert, 1)
    if _excused(turn, slice_, view):
        return slice_
    return _open(turn, slice_, 1)


def _count_one(turn: Turn, kind: AtLeast, slice_: Slice) -> Slice:
    counted = count(kind, slice_.recent, _sighting(turn.match.rule, kind, turn.enriched))
    if counted is None:
        return slice_
    slice_ = msgspec.structs.replace(slice_, recent=counted.recent, stale_at=turn.at + kind.within_ms)
    if slice_.alert is not None:
        slice_, more = _tally_one(slice_, kind, counted)
        return _repeat(turn, slice_, slice_.alert, more) if slice_.alert else slice_
    if counted.holds and not counted.held_before:
        return _open(turn, _tally_all(slice_), len(counted.recent))
    return slice_


def _sighting(rule: Rule, kind: AtLeast, enriched: Enriched) -> Sighting:
    get = enriched.get()
    value = get(kind.distinct) if kind.distinct else None
    top = get(rule.top or _DEFAULT_TOP)
    return Sighting(
        enriched.event.at,
        None if value is None else as_text(value),
        None if top is None else as_text(top),
    )


def _tally_all(slice_: Slice) -> Slice:
    top: dict[str, int] = {}
    for sighting in slice_.recent:
        top = tallied(top, sighting.top)
    counted = tuple(short(sighting.value) for sighting in slice_.recent if sighting.value is not None)
    return msgspec.structs.replace(slice_, top=top, counted=counted[:COUNTED_AT_MOST])


def _tally_one(slice_: Slice, kind: AtLeast, counted: Counted) -> tuple[Slice, int]:
    """Count the latest sighting into the open alert: how many more it is (a distinct value counts once)."""
    latest = counted.recent[-1]
    if kind.distinct is not None and latest.value is not None:
        known = short(latest.value)
        if not counted.is_new or known in slice_.counted:
            return slice_, 0
        slice_ = msgspec.structs.replace(slice_, counted=(*slice_.counted, known)[:COUNTED_AT_MOST])
    return msgspec.structs.replace(slice_, top=tallied(slice_.top, latest.top)), 1


def _open(turn: Turn, slice_: Slice, how_many: int) -> Slice:
    alert = _with_top(opened(turn.match, turn.enriched, turn.rule_set, how_many), slice_)
    slice_ = msgspec.structs.replace(slice_, alert=alert, values=dict(turn.enriched.values))
    fire(turn.into, alert)
    key = turn.match.slice_key
    turn.into.timers.update({(key, name): due for name, due in deadlines(turn.match.rule, slice_).items()})
    return slice_


def _repeat(turn: Turn, slice_: Slice, alert: Alert, more: int) -> Slice:
    """Draw the open alert again. Its timers stay as they are: each looks at the true deadline when it comes due."""
    alert = _with_top(repeated(alert, turn.match.rule, turn.enriched, alert.count + more), slice_)
    tell(turn.into, alert, Reason.MORE, turn.at)
    return msgspec.structs.replace(slice_, alert=alert, values=dict(turn.enriched.values))


def _with_top(alert: Alert, slice_: Slice) -> Alert:
    return msgspec.structs.replace(alert, top=most_frequent(slice_.top, TOP_AT_MOST)) if slice_.top else alert


def _excused(turn: Turn, slice_: Slice, view: View) -> bool:
    """An opening that is not final itself is excused by a final closing event of the last 24 hours."""
    closes, enriched = turn.match.rule.resolved_by, turn.enriched
    if closes is None or _is_final(enriched.event.outcomes):
        return False
    if not turn.match.rule.is_about_one_thing:
        return slice_.closed_at is not None and slice_.closed_at > turn.at - EXCUSED_FOR_MS
    [(name, identity)] = turn.match.key
    own = subject_of(enriched.event)
    kind = own[0] if name == SUBJECT and own else name
    return any(closes.selects(end.type, end.outcomes) for end in ended_before(enriched, kind, identity, view))


def _must_remember(rule: Rule, enriched: Enriched) -> bool:
    return rule.remembers_endings and _is_final(enriched.event.outcomes)


def _is_final(outcomes: tuple[Outcome, ...]) -> bool:
    return not FINAL_OUTCOMES.isdisjoint(outcomes)


def _outcome(enriched: Enriched) -> str:
    outcomes = enriched.event.outcomes
    return outcomes[0].value if outcomes else enriched.event.type


def _drawn_by_end(alert: Alert, enriched: Enriched) -> Alert:
    """What the closing event tells is shown: who rejected and why, which type ended it, its link."""
    get, rejected = enriched.get(), Outcome.REJECTED in enriched.event.outcomes
    return msgspec.structs.replace(
        alert,
        note=get("note") if rejected else alert.note,
        user=get("user") if rejected else alert.user,
        outcome=_outcome(enriched),
        url=get("url") or alert.url,
    )
