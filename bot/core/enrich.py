"""Job memory: what earlier events of a job, run or file told, lent to later ones that lack it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, Final

import msgspec

from bot.core.catalogue import FINAL_OUTCOMES
from bot.core.conditions import Lookup, lookup
from bot.core.fields import LENT_FIELDS, RAW_PREFIX
from bot.core.inputs import Event, Value
from bot.core.state import Ended, Learnt, Memory
from bot.core.view import View

# A memory that nothing changes is written again once a day, so that retention sees that it is in use.
_DAY_MS: Final = 86_400_000
# What an event may be about, best first.
_SUBJECTS: Final = ("run", "job", "file")
# What is learnt of each. A file has no facts of its own to lend but which job it was added to.
_LEARNT: Final = {"run": LENT_FIELDS, "job": LENT_FIELDS, "file": ("job",)}
# Final events of different types about one thing: a platform has fewer.
_ENDINGS_KEPT: Final = 8


class Keyed(msgspec.Struct, frozen=True, gc=False):
    """What rules with one `per` make of an event: the key, and what the keys of their slices end with.

    `unknown` when a `per` field is missing. `is_own` is false when memory lent an id in it.
    """

    key: tuple[tuple[str, str], ...]
    tail: str
    unknown: bool
    is_own: bool


class Enriched(msgspec.Struct, frozen=True, dict=True):
    """An event with what memory lends. `lent` names the fields that are not the event's own, and since when (ms).

    `own` pairs what the event is about by its own ids (`run`, `job`, `file`; best first) with the keys of their
    memories, as far as memory has to do with it. `keys` remembers what was found by `per`: many rules have the same.
    """

    event: Event
    values: dict[str, Value]
    lent: dict[str, int]
    own: Sequence[tuple[str, str]] = ()
    keys: dict[tuple[str, ...] | None, Keyed] = msgspec.field(default_factory=dict)

    def get(self, name: str) -> Any:
        """Look a field up for a condition, a key or a title. The payload is decoded when the first one asks."""
        return self._below_raw(name) if name.startswith(RAW_PREFIX) else self.values.get(name)

    @cached_property
    def _below_raw(self) -> Lookup:
        return lookup({}, self.event.raw)


def memory_key(kind: str, source: str, identity: str) -> str:
    """Name a memory. `kind` is `run`, `job` or `file`; ids are opaque and only unique within a source."""
    return f"{kind}\x1f{source}\x1f{identity}"


def memory_keys(event: Event) -> list[str]:
    """Return the memories that an event will ask for, as far as its own ids name them, for reading ahead."""
    return [key for _, key in _own(event)]


def enrich(event: Event, view: View) -> Enriched:
    """Return the event's own values, its subject, and what memory lends where it has none of its own."""
    fields, source, own = event.fields, event.source, _own(event)
    values: dict[str, Value] = {**fields}
    lent: dict[str, int] = {}
    if own:
        values["subject"] = str(fields[own[0][0]])
    for kind, key in own:
        if kind != "file":
            _lend(view.memory(key), values, lent)
        elif key == own[0][1]:
            _lend_job_of_file(source, view.memory(key), view, values, lent)
    return Enriched(event, values, lent, own)


def _own(event: Event) -> list[tuple[str, str]]:
    """Return what an event is about, best first, with the keys of what is remembered of it.

    A file beside a run or a job lends nothing and ends nothing; only which job it was added to is learnt of it.
    """
    fields, source = event.fields, event.source
    own: list[tuple[str, str]] = [
        (kind, memory_key(kind, source, str(fields[kind]))) for kind in _SUBJECTS if kind in fields
    ]
    if len(own) > 1 and "job" not in fields:  # so it is a run and a file
        own.pop()
    return own


def learn(enriched: Enriched, view: View, into: dict[str, Memory]) -> None:
    """Put into `into` the memories that this event changes. Only its own values are learnt, never what was lent."""
    event, fields = enriched.event, enriched.event.fields
    at, is_final = event.at, not FINAL_OUTCOMES.isdisjoint(event.outcomes)
    for kind, key in enriched.own:
        ends = is_final and (kind != "file" or key == enriched.own[0][1])
        told = {}
        for name in _LEARNT[kind]:  # no comprehension: it is a call, and this is done for every event
            if name in fields:
                told[name] = Learnt(fields[name], at)
        if told or ends:
            old = view.memory(key)
            if old is None:
                into[key] = Memory(told, at, _end_of(event) if ends else ())
            elif ends or _says_more(old, told, at):
                into[key] = _merged(old, told, event, ends=ends)


def subject_of(event: Event) -> tuple[str, str] | None:
    """Return what an event is about: its own run, else job, else file."""
    return next(((kind, str(event.fields[kind])) for kind in _SUBJECTS if kind in event.fields), None)


def ended_before(enriched: Enriched, kind: str, identity: str, view: View) -> tuple[Ended, ...]:
    """Return the final events of a run, job or file that were received in the 24 hours before this event."""
    memory = view.memory(memory_key(kind, enriched.event.source, identity))
    return tuple(_of_the_last_day(memory, enriched.event.at)) if memory else ()


def _lend_job_of_file(
    source: str, known: Memory | None, view: View, values: dict[str, Value], lent: dict[str, int]
) -> None:
    """File events carry no job of their own; add-to-job told which it is."""
    job = known.facts.get("job") if known else None
    if job is not None:
        values["job"], lent["job"] = job.value, job.at
        _lend(view.memory(memory_key("job", source, str(job.value))), values, lent)


def _lend(memory: Memory | None, values: dict[str, Value], lent: dict[str, int]) -> None:
    if memory is None:
        return
    for name, learnt in memory.facts.items():
        if name not in values:
            values[name], lent[name] = learnt.value, learnt.at


def _says_more(old: Memory, told: dict[str, Learnt], now: int) -> bool:
    if now - old.at >= _DAY_MS:
        return True
    return any((known := old.facts.get(name)) is None or known.value != new.value for name, new in told.items())


def _merged(old: Memory, told: dict[str, Learnt], event: Event, *, ends: bool) -> Memory:
    facts = dict(old.facts)
    for name, new in told.items():
        known = facts.get(name)
        if known is None or known.value != new.value:
            facts[name] = new
    ended = tuple(_of_the_last_day(old, event.at))
    if ends:
        ended = (*(one for one in ended if one.type != event.type), *_end_of(event))[-_ENDINGS_KEPT:]
    return Memory(facts, event.at, ended)


def _end_of(event: Event) -> tuple[Ended]:
    return (Ended(event.type, event.outcomes, event.at),)


def _of_the_last_day(memory: Memory, now: int) -> Iterator[Ended]:
    return (end for end in memory.ended if end.at > now - _DAY_MS)
