"""Folding inputs into state: the same few lines for the running bot, for examples and for replay.

Before an input at time T every timer due before T has its turn, at the time it was due. So when an input is looked
at, or how many at once, changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, Protocol

from bot.core.decide import decide
from bot.core.decisions import Decisions
from bot.core.inputs import Input, Reload, Tick
from bot.core.lifecycle import DEADLINE
from bot.core.roundup import Pace, Roundup, RoundupKind
from bot.core.ruleset import RuleSet
from bot.core.state import Memory, Slice, Timer
from bot.core.timers import Timers
from bot.core.view import View


class Foldable(View, Protocol):
    """A view that decisions can be applied to."""

    def apply(self, decisions: Decisions) -> None:
        """Take the decisions over; later reads see them."""
        ...

    def next_timer(self, before: int) -> Timer | None:
        """Return the first timer due strictly before a time."""
        ...

    def release_quarantined(self) -> None:
        """Let rules that were set aside start afresh."""
        ...


def fold(given: Input, state: Foldable, rule_set: RuleSet, into: Decisions | None = None) -> Decisions:
    """Drain the timers due before the input, decide it and what follows from it, apply all; return it together.

    With `into`, what was applied is added there as it happens, so that nothing of it is lost should deciding raise.
    """
    everything = drain(given.at, state, rule_set, into)
    take(given, state, rule_set, everything)
    return everything


def take(given: Input, state: Foldable, rule_set: RuleSet, everything: Decisions) -> None:
    """Decide an input before which no timer is due any more, and what follows from it; apply all and add it up."""
    if type(given) is Reload:
        state.release_quarantined()
    waiting: list[Input] = [given]
    for one in waiting:
        decided = decide(one, state, rule_set)
        state.apply(decided)
        everything.add(decided)
        waiting += decided.follow_ups


def drain(
    before: int, state: Foldable, rule_set: RuleSet, into: Decisions | None = None, limit: int | None = None
) -> Decisions:
    """Give every timer due before a time its turn, in order of when it was due. At one instant, events come first.

    With `limit` at most so many, so that a great many at once can be saved in parts.
    """
    everything, turns = Decisions() if into is None else into, 0
    while turns != limit and (timer := state.next_timer(before)) is not None:
        turns += 1
        take(Tick(at=timer.due, slice_key=timer.slice_key, name=timer.name), state, rule_set, everything)
    return everything


# Channels made from event fields could be without end; what is quiet is forgotten once there are so many.
PACES_AT_MOST: Final = 1_000


def keep_paces(paces: dict[str, Pace], changed: Mapping[str, Pace | None]) -> None:
    """Take over how busy channels are; forget those that have been quiet for the time in which it matters."""
    if not changed:
        return
    paces.update({channel: pace for channel, pace in changed.items() if pace is not None})
    if len(paces) > PACES_AT_MOST:
        now = max(pace.recent[-1] for pace in paces.values() if pace.recent)
        for channel in [channel for channel, pace in paces.items() if pace.storm is None and pace.stale_at < now]:
            del paces[channel]


class State:
    """State in dicts: for examples, tests and replay, and below the running bot's cache (pipeline/view.py)."""

    def __init__(self) -> None:
        self.memories: dict[str, Memory] = {}
        self.slices: dict[str, Slice] = {}
        self.timers = Timers()
        self.quarantined: set[str] = set()
        self._open: dict[str, set[str]] = {}
        self._of_rule: Counter[str] = Counter()
        self._roundups: dict[str, Roundup] = {}
        self._paces: dict[str, Pace] = {}

    def memory(self, key: str) -> Memory | None:
        """Return a memory by its key."""
        return self.memories.get(key)

    def slice(self, key: str) -> Slice | None:
        """Return a slice by its key."""
        return self.slices.get(key)

    def open_slice_keys(self, rule: str | None = None) -> Iterable[str]:
        """Return the slices with an open alert, sorted."""
        return sorted(key for name, keys in self._open.items() if rule in {None, name} for key in keys)

    def has_open(self, rule: str) -> bool:
        """Say whether any alert of a rule is open."""
        return bool(self._open.get(rule))

    def slice_key_of_alert(self, alert_id: str) -> str | None:
        """Return the slice in which an open alert stands."""
        return next((k for k, s in self.slices.items() if s.alert and s.alert.alert_id == alert_id), None)

    def slices_of(self, rule: str) -> int:
        """Return how many slices a rule has."""
        return self._of_rule.get(rule, 0)  # asking a Counter for what it lacks runs Python code

    def waiting_slice_keys(self) -> Iterable[str]:
        """Return the slices whose clock runs to a deadline, sorted."""
        return self.timers.of_name(DEADLINE)

    def roundup(self, roundup_id: str) -> Roundup | None:
        """Return a roundup that is not over."""
        return self._roundups.get(roundup_id)

    def collecting(self, kind: RoundupKind) -> Iterable[Roundup]:
        """Return the roundups of a kind that still take members, sorted."""
        found = (one for _, one in sorted(self._roundups.items()) if one.kind is kind and one.ended_at is None)
        return list(found)

    def pace(self, channel: str) -> Pace | None:
        """Return how busy a channel is."""
        return self._paces.get(channel)

    def standing_roundups(self) -> list[Roundup]:
        """Return the roundups that are not over."""
        return list(self._roundups.values())

    def paces(self) -> dict[str, Pace]:
        """Return how busy each channel is."""
        return dict(self._paces)

    def is_quarantined(self, rule: str) -> bool:
        """Say whether a rule raised and is set aside."""
        return rule in self.quarantined

    def release_quarantined(self) -> None:
        """Forget which rules were set aside."""
        self.quarantined.clear()

    def next_timer(self, before: int) -> Timer | None:
        """Return the first timer due before a time."""
        return self.timers.first(before)

    def apply(self, decisions: Decisions) -> None:
        """Take the decisions over."""
        self.memories.update(decisions.memories)
        for key, slice_ in decisions.slices.items():
            self._put(key, slice_)
        self.timers.update(decisions.timers)
        for mark, roundup in decisions.roundups.items():
            self._roundups.pop(mark, None)
            if not roundup.is_over:
                self._roundups[mark] = roundup
        keep_paces(self._paces, decisions.paces)
        self.quarantined.update(fault.rule for fault in decisions.faults)

    def _put(self, key: str, slice_: Slice | None) -> None:
        before = self.slices.pop(key, None)
        if before is not None:
            self._open.get(before.rule, set()).discard(key)
            self._of_rule[before.rule] -= 1
        if slice_ is not None:
            self.slices[key] = slice_
            self._of_rule[slice_.rule] += 1
            if slice_.alert is not None:
                self._open.setdefault(slice_.rule, set()).add(key)
