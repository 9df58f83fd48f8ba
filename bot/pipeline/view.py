"""The core's view of state in the running bot: dicts as in tests, filled from the store as they are asked for."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, Final, Protocol

from bot.core.decisions import Decisions
from bot.core.enrich import memory_keys
from bot.core.fold import keep_paces
from bot.core.inputs import Event, Input
from bot.core.lifecycle import DEADLINE
from bot.core.match import rule_of
from bot.core.roundup import Pace, Roundup, RoundupKind
from bot.core.state import Memory, Slice, Timer
from bot.core.timers import Timers

# How many memories and slices stay in memory between batches (about 1 KiB each); the rest is one point read away. Of
# memories the store keeps the latest thousands in memory too, written as JSON, so that few need to be kept as objects:
# what is made anew then lies where the last was freed, still in the processor's cache.
MEMORIES_KEPT: Final = 512
SLICES_KEPT: Final = 8_192
# Slices that retention removed and that are looked for again at one time: about 2 ms.
SWEPT_AT_ONCE: Final = 512
_NOTHING: Final = Decisions()


class StateReader(Protocol):
    """What the view reads from the store: point reads, and what it must know at start."""

    def read_memories(self, keys: Iterable[str]) -> dict[str, Memory]:
        """Return the memories there are among these keys."""
        ...

    def read_slice(self, key: str) -> Slice | None:
        """Return one slice."""
        ...

    def slice_keys(self) -> Iterable[str]:
        """Return the keys of all slices."""
        ...

    def open_slices(self) -> Iterable[tuple[str, str, str]]:
        """Return (rule, slice key, alert id) of every slice with an open alert."""
        ...

    def standing_roundups(self) -> Iterable[Roundup]:
        """Return the roundups that are not over."""
        ...

    def paces(self) -> dict[str, Pace]:
        """Return how busy each channel is."""
        ...

    def load_timers(self) -> Iterable[Timer]:
        """Return all timers."""
        ...


class StoredView:
    """State as decisions left it. What is applied and not yet saved is never forgotten: `trim` is told of it."""

    def __init__(self, reader: StateReader) -> None:
        self._reader = reader
        self._memories: dict[str, Memory | None] = {}
        self._slices: dict[str, Slice | None] = {}
        self._timers = Timers(reader.load_timers())
        # A finished run asks after slices that mostly do not exist; a hash in a set answers that without a read.
        # What is gone leaves it: of two keys with one hash (one pair in 2**64) the other would be taken for gone too.
        keys = list(reader.slice_keys())
        self._existing = set(map(hash, keys))
        self._of_rule = Counter(map(rule_of, keys))
        self._roundups = {roundup.roundup_id: roundup for roundup in reader.standing_roundups()}
        self._paces = reader.paces()
        self._open = {key: (rule, alert_id) for rule, key, alert_id in reader.open_slices()}
        self._key_of_alert = {alert_id: key for key, (_, alert_id) in self._open.items()}
        self._open_of_rule = Counter(rule for rule, _ in self._open.values())
        self._swept: deque[str] = deque()
        self._quarantined: set[str] = set()

    def read_ahead(self, inputs: Iterable[Input]) -> None:
        """Read in one go the memories that a batch will ask for."""
        events = (given for given in inputs if isinstance(given, Event))
        missing = {key for event in events for key in memory_keys(event) if key not in self._memories}
        if missing:
            self._memories.update(dict.fromkeys(missing))
            self._memories.update(self._reader.read_memories(missing))

    def memory(self, key: str) -> Memory | None:
        """Return a memory by its key."""
        if key not in self._memories:
            self._memories[key] = self._reader.read_memories((key,)).get(key)
        return self._memories[key]

    def slice(self, key: str) -> Slice | None:
        """Return a slice by its key."""
        if key in self._slices:
            return self._slices[key]
        if hash(key) not in self._existing:
            return None
        found = self._slices[key] = self._reader.read_slice(key)
        return found

    def open_slice_keys(self, rule: str | None = None) -> Iterable[str]:
        """Return the slices with an open alert, sorted."""
        return sorted(key for key, (name, _) in self._open.items() if rule in {None, name})

    def has_open(self, rule: str) -> bool:
        """Say whether any alert of a rule is open."""
        return rule in self._open_of_rule

    def slice_key_of_alert(self, alert_id: str) -> str | None:
        """Return the slice in which an open alert stands."""
        return self._key_of_alert.get(alert_id)

    def slices_of(self, rule: str) -> int:
        """Return how many slices a rule has."""
        return self._of_rule.get(rule, 0)  # asking a Counter for what it lacks runs Python code

    def waiting_slice_keys(self) -> Iterable[str]:
        """Return the slices whose clock runs to a deadline, sorted."""
        return self._timers.of_name(DEADLINE)

    def roundup(self, roundup_id: str) -> Roundup | None:
        """Return a roundup that is not over."""
        return self._roundups.get(roundup_id)

    def collecting(self, kind: RoundupKind) -> Iterable[Roundup]:
        """Return the roundups of a kind that still take members, sorted."""
        found = [one for one in self._roundups.values() if one.ended_at is None and one.kind is kind]
        return sorted(found, key=lambda one: one.roundup_id)

    def pace(self, channel: str) -> Pace | None:
        """Return how busy a channel is."""
        return self._paces.get(channel)

    def is_quarantined(self, rule: str) -> bool:
        """Say whether a rule raised and is set aside."""
        return rule in self._quarantined

    @property
    def quarantined(self) -> frozenset[str]:
        """The rules that raised and are set aside."""
        return frozenset(self._quarantined)

    @property
    def open_alerts(self) -> int:
        """How many alerts are open."""
        return len(self._open)

    def release_quarantined(self) -> None:
        """Forget which rules were set aside."""
        self._quarantined.clear()

    def next_timer(self, before: int) -> Timer | None:
        """Return the first timer due strictly before a time."""
        return self._timers.first(before)

    def first_due(self) -> int | None:
        """Return when the first timer is due (ms), if there is one."""
        timer = self._timers.first()
        return timer.due if timer else None

    def apply(self, decisions: Decisions) -> None:
        """Take decisions over before they are saved."""
        self._memories.update(decisions.memories)
        slices = self._slices
        for key, slice_ in decisions.slices.items():
            if slice_ is None or slices.get(key) is None:  # else it was there, and is
                self._note_existence(key, slice_)
            slices[key] = slice_
            if key in self._open or (slice_ is not None and slice_.alert is not None):
                self._note_open(key, slice_)
        if decisions.timers:
            self._timers.update(decisions.timers)
        if decisions.roundups or decisions.paces or decisions.faults:  # most have none of these
            self._apply_seldom(decisions)

    def _apply_seldom(self, decisions: Decisions) -> None:
        for mark, roundup in decisions.roundups.items():
            if roundup.is_over:
                self._roundups.pop(mark, None)
            else:
                self._roundups[mark] = roundup
        keep_paces(self._paces, decisions.paces)
        for fault in decisions.faults:
            self._quarantined.add(fault.rule)

    def swept(self, keys: Iterable[str]) -> None:
        """Hear that retention removed slices from the store; `trim` looks which of them are not there again."""
        self._swept.extend(keys)

    def trim(self, unsaved: Decisions = _NOTHING) -> None:
        """Forget the longest known beyond the caps. Only right after a save: the store must know all but `unsaved`."""
        _trim(self._memories, MEMORIES_KEPT, unsaved.memories)
        _trim(self._slices, SLICES_KEPT, unsaved.slices)
        for _ in range(min(len(self._swept), SWEPT_AT_ONCE)):
            key = self._swept.popleft()
            if key not in unsaved.slices:
                self._forget_swept(key)

    def _forget_swept(self, key: str) -> None:
        if self._reader.read_slice(key) is None:
            self._note_existence(key, None)
            self._slices.pop(key, None)

    def _note_existence(self, key: str, slice_: Slice | None) -> None:
        mark = hash(key)
        if slice_ is None and mark in self._existing:
            self._existing.discard(mark)
            self._of_rule[rule_of(key)] -= 1
        elif slice_ is not None and mark not in self._existing:
            self._existing.add(mark)
            self._of_rule[slice_.rule] += 1

    def _note_open(self, key: str, slice_: Slice | None) -> None:
        if key in self._open:
            rule, before = self._open.pop(key)
            self._key_of_alert.pop(before, None)
            self._open_of_rule[rule] -= 1
            if not self._open_of_rule[rule]:
                del self._open_of_rule[rule]
        if slice_ is not None and slice_.alert is not None:
            self._open[key] = (slice_.rule, slice_.alert.alert_id)
            self._key_of_alert[slice_.alert.alert_id] = key
            self._open_of_rule[slice_.rule] += 1


def _trim(cache: dict[str, Any], limit: int, unsaved: Mapping[str, object]) -> None:
    """Forget the oldest, down to the cap, once there are a quarter too many: going through a dict is not free."""
    if len(cache) > limit + limit // 4:
        for key in list(islice(cache, len(cache) - limit)):
            if key not in unsaved:
                del cache[key]
