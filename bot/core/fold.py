"""Folding inputs into state: the same few lines for the running bot, for examples and for replay.

Before an input at time T every timer due before T has its turn, at the time it was due. So when an input is looked
at, or how many at once, changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from bot.core.decide import decide
from bot.core.decisions import Decisions
from bot.core.inputs import Input, Reload, Tick
from bot.core.rule import RuleSet
from bot.core.state import Memory, Slice, Timer, View
from bot.core.timers import Timers


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
    if isinstance(given, Reload):
        state.release_quarantined()
    waiting: list[Input] = [given]
    while waiting:
        decided = decide(waiting.pop(0), state, rule_set)
        _apply(decided, state, everything)
        waiting.extend(decided.follow_ups)
    return everything


def drain(
    before: int, state: Foldable, rule_set: RuleSet, into: Decisions | None = None, limit: int | None = None
) -> Decisions:
    """Give every timer due before a time its turn, in order of when it was due. At one instant, events come first.

    With `limit` at most so many, so that a great many at once can be saved in parts.
    """
    everything, turns = Decisions() if into is None else into, 0
    while turns != limit and (timer := state.next_timer(before)) is not None:
        turns += 1
        decided = decide(Tick(at=timer.due, slice_key=timer.slice_key, name=timer.name), state, rule_set)
        _apply(decided, state, everything)
    return everything


def _apply(decided: Decisions, state: Foldable, everything: Decisions) -> None:
    state.apply(decided)
    everything.add(decided)


class State:
    """State in dicts: for examples, tests and replay, and below the running bot's cache (pipeline/view.py)."""

    def __init__(self) -> None:
        self.memories: dict[str, Memory] = {}
        self.slices: dict[str, Slice] = {}
        self.timers = Timers()
        self.quarantined: set[str] = set()
        self._open: dict[str, set[str]] = {}

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
        self.quarantined.update(fault.rule for fault in decisions.faults)

    def _put(self, key: str, slice_: Slice | None) -> None:
        before = self.slices.pop(key, None)
        if before is not None:
            self._open.get(before.rule, set()).discard(key)
        if slice_ is not None:
            self.slices[key] = slice_
            if slice_.alert is not None:
                self._open.setdefault(slice_.rule, set()).add(key)
