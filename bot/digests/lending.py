"""Events with what job memory lends them, a piece of the journal at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from bot.core.enrich import Enriched, enrich, memory_key, memory_keys
from bot.core.fold import State
from bot.core.inputs import Event, Value
from bot.core.state import Memory
from bot.store.digesting import Found
from bot.store.memories import Memories
from bot.store.statements import Cursor

# An event with these has all that a digest groups by.
_ENOUGH: Final = frozenset({"company", "workflow"})


class Seen(NamedTuple):
    """An event, its row, and its values with those that were lent."""

    seq: int
    event: Event
    values: Mapping[str, Value]


class Lending:
    """Job memory as it stands now."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._memories = Memories(cursor)

    def read(self, keys: Iterable[str]) -> dict[str, Memory]:
        """Return memories by their keys."""
        return self._memories.read(self._cursor, keys)

    def lend(self, found: list[Found], *, always: bool) -> Iterator[Seen]:
        """Yield events with what they lack; with `always` also those that have what a digest groups by."""
        lacking = [one.event for one in found if always or not _ENOUGH.issubset(one.event.fields)]
        view = State()
        view.memories.update(self.read({key for event in lacking for key in memory_keys(event)}))
        jobs = {key for event in lacking if (key := _job_of(enrich(event, view)))}
        view.memories.update(self.read(jobs - view.memories.keys()))
        needy = {event.event_id for event in lacking}
        for one in found:
            lacks = one.event.event_id in needy
            yield Seen(one.seq, one.event, enrich(one.event, view).values if lacks else one.event.fields)


def _job_of(enriched: Enriched) -> str | None:
    """Return the key of a job that memory knows a file to belong to."""
    job = enriched.values.get("job")
    return memory_key("job", enriched.event.source, str(job)) if "job" in enriched.lent else None
