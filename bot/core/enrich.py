"""Job memory: what earlier events of a job, run or file told, lent to later ones that lack it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from bot.core.conditions import Lookup, lookup
from bot.core.fields import LENT_FIELDS
from bot.core.inputs import Event, Value
from bot.core.state import Learnt, Memory, View

# A memory that nothing changes is written again once a day, so that retention sees that it is in use.
_FRESH_FOR_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Enriched:
    """An event with what memory lends. `lent` names the fields that are not the event's own, and since when (ms)."""

    event: Event
    values: dict[str, Value]
    lent: dict[str, int]

    def get(self) -> Lookup:
        """Return how conditions, keys and titles look fields up."""
        return lookup(self.values, self.event.raw)


def memory_key(kind: str, source: str, identity: str) -> str:
    """Name a memory. `kind` is `run`, `job` or `file`; ids are opaque and only unique within a source."""
    return f"{kind}\x1f{source}\x1f{identity}"


def memory_keys(event: Event) -> tuple[str, ...]:
    """Return the memories that an event's own ids name, for reading ahead."""
    return tuple(memory_key(kind, event.source, str(identity)) for kind, identity in _own_ids(event))


def enrich(event: Event, view: View) -> Enriched:
    """Return the event's own values, its subject, and what memory lends where it has none of its own."""
    values, lent = dict(event.fields), dict[str, int]()
    subject = values.get("run") or values.get("job") or values.get("file")
    if subject is not None:
        values["subject"] = subject
    _lend_job_of_file(event, view, values, lent)
    for kind in ("run", "job"):
        identity = values.get(kind)
        if identity is not None:
            _lend(view.memory(memory_key(kind, event.source, str(identity))), values, lent)
    return Enriched(event, values, lent)


def learn(event: Event, view: View) -> Iterator[tuple[str, Memory]]:
    """Yield the memories that this event changes. Only its own values are learnt, never what was lent."""
    for kind, identity in _own_ids(event):
        names = ("job",) if kind == "file" else LENT_FIELDS
        told = {name: event.fields[name] for name in names if name in event.fields}
        key = memory_key(kind, event.source, str(identity))
        old = view.memory(key)
        if told and _says_more(old, told, event.at):
            yield key, _merged(old, told, event.at)


def _own_ids(event: Event) -> Iterator[tuple[str, Any]]:
    for kind in ("run", "job", "file"):
        identity = event.fields.get(kind)
        if identity is not None:
            yield kind, identity


def _lend_job_of_file(event: Event, view: View, values: dict[str, Value], lent: dict[str, int]) -> None:
    """File events carry no job of their own; add-to-job told which it is."""
    if "job" in values or "file" not in values or "run" in values:
        return
    known = view.memory(memory_key("file", event.source, str(values["file"])))
    job = known.facts.get("job") if known else None
    if job is not None:
        values["job"], lent["job"] = job.value, job.at


def _lend(memory: Memory | None, values: dict[str, Value], lent: dict[str, int]) -> None:
    if memory is None:
        return
    for name, learnt in memory.facts.items():
        if name not in values:
            values[name], lent[name] = learnt.value, learnt.at


def _says_more(old: Memory | None, told: dict[str, Value], now: int) -> bool:
    if old is None or now - old.at >= _FRESH_FOR_MS:
        return True
    return any((known := old.facts.get(name)) is None or known.value != value for name, value in told.items())


def _merged(old: Memory | None, told: dict[str, Value], now: int) -> Memory:
    facts = dict(old.facts) if old else {}
    for name, value in told.items():
        known = facts.get(name)
        if known is None or known.value != value:
            facts[name] = Learnt(value, now)
    return Memory(facts, now) if old is None else msgspec.structs.replace(old, facts=facts, at=now)
