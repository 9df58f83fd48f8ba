"""Payloads by reference: their envelopes are stored and answered already, here the payload itself is fetched.

Rules wait at most five seconds for it, however many others wait to be fetched. Then they decide on what the envelope
carries, and a payload that comes later completes the same card. Three tries within the hour for which such an address
lives; one that cannot be had is told once, as an event of the bot's own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, Protocol, TypeVar

import msgspec
import structlog

from bot import log
from bot.clock import Clock
from bot.core.inputs import Details, Event
from bot.core.troubles import PAYLOAD_UNAVAILABLE, trouble
from bot.errors import FetchError, UnreadableError
from bot.metrics import Metrics
from bot.pipeline import patiently
from bot.slack.waits import pause
from bot.sources import Source
from bot.sources.fetch import INTERNET, Reach, checked, fetch
from bot.store import Reads
from bot.store.values import Appended, Fetch, FetchState, RowKind

RULES_WAIT_MS: Final = 5_000
TRIES: Final = 3
# After the first and the second failed try: the third begins within the hour, with time to be repeated by nobody.
AGAIN_MS: Final = (5 * 60_000, 30 * 60_000)
AT_ONCE: Final = 8  # payloads of up to 32 MiB each
_LOOK_EVERY_S: Final = 30.0
# Envelopes that are decided between two looks: those of a whole line of payloads that wait for a slow platform.
_LATE_AT_ONCE: Final = 256
_MORE_AFTER_MS: Final = 100

_OVER: Final = frozenset({Details.WHOLE, Details.COMPLETION})

_LOG = structlog.get_logger()
_T = TypeVar("_T")


class FetchStore(Protocol):
    """What fetching needs of the store."""

    async def record_fetch(self, fetch: Fetch) -> None:
        """Record how a fetch stands; its address is forgotten when it waits no more."""
        ...

    async def read(self, question: Callable[[Reads], _T]) -> _T:
        """Ask one of the questions of Reads."""
        ...

    async def append_completion(self, event: Event, body: bytes | None) -> Appended:
        """Journal what became of a payload by reference; each kind once."""
        ...

    async def append_own(self, event: Event) -> int:
        """Journal an event of the bot's own."""
        ...


class Fetching:
    """Fetches what waits: the next due first, a few payloads at once, one task for each of these."""

    def __init__(
        self,
        store: FetchStore,
        sources: Mapping[str, Source],
        clock: Clock,
        metrics: Metrics,
        *,
        limit: int,
        on_stored: Callable[[], None],
        reach: Reach = INTERNET,
    ) -> None:
        self._store, self._sources, self._clock, self._metrics = store, sources, clock, metrics
        self._limit, self._on_stored, self._reach = limit, on_stored, reach
        self._wake = asyncio.Event()
        self._busy: set[str] = set()

    def may_fetch(self, source: str, url: str) -> bool:
        """Say whether a payload of this source may be fetched from this address at all."""
        found = self._sources.get(source)
        try:
            checked(url, found.fetch_from if found else (), self._reach)
        except FetchError:
            return False
        return True

    def wake(self) -> None:
        """Say that there may be a new payload to fetch."""
        self._wake.set()

    async def run(self) -> None:
        """Fetch until cancelled. Ends only with an error of the store."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._decide_late(), name="late payloads")
            while True:
                self._wake.clear()
                wait_s = await self._begin(tasks)
                await pause(wait_s, self._wake)

    async def _begin(self, tasks: asyncio.TaskGroup) -> float:
        """Begin what is due, as far as there is room; return after how many seconds to look again.

        Those under way are among the first that are read, so that so many hold all for which there is room, and the
        next. Who ends wakes the loop.
        """
        rows = await patiently(lambda: self._store.read(lambda reads: reads.waiting_fetches(AT_ONCE + 1)))
        now = self._clock.now_ms()
        for row in rows:
            if row.event_id in self._busy:
                continue
            if len(self._busy) >= AT_ONCE:
                break
            if row.due > now:
                return min(_LOOK_EVERY_S, (row.due - now) / 1_000)
            self._busy.add(row.event_id)
            tasks.create_task(self._one(row), name=f"fetch {row.event_id}")
        return _LOOK_EVERY_S

    async def _decide_late(self) -> None:
        """Let the rules decide on every envelope whose payload is not there in time, also where none was tried yet."""
        while True:
            rows = await patiently(lambda: self._store.read(lambda reads: reads.untold_fetches(_LATE_AT_ONCE)))
            late = self._clock.now_ms() - RULES_WAIT_MS
            async with asyncio.TaskGroup() as tasks:
                for event_id, due in rows:
                    if due <= late:
                        tasks.create_task(self._decide_envelope(event_id))
            longest = RULES_WAIT_MS if len(rows) < _LATE_AT_ONCE else _MORE_AFTER_MS
            await pause(min([longest, *(due - late for _, due in rows if due > late)]) / 1_000)

    async def _decide_envelope(self, event_id: str) -> None:
        envelope, decided = await self._told(event_id)
        if envelope is not None and decided is None:
            await self._append(msgspec.structs.replace(envelope, details=Details.ENVELOPE), None)

    async def _one(self, waiting: Fetch) -> None:
        try:
            envelope, decided = await self._told(waiting.event_id)
            if envelope is None or decided in _OVER:
                await self._save(msgspec.structs.replace(waiting, state=FetchState.DONE))
                return
            result = await self._try(waiting, envelope)
            if isinstance(result, FetchError):
                await self._failed(waiting, envelope, result)
            else:
                await self._fetched(waiting, *result)
        finally:
            self._busy.discard(waiting.event_id)
            self._wake.set()

    async def _told(self, event_id: str) -> tuple[Event | None, Details | None]:
        """Return the event as its envelope told it (None: aged out), and how much of it was decided (None: nothing)."""
        rows = await patiently(lambda: self._store.read(lambda reads: reads.event(event_id)))
        events = {row.kind: row.event for row in rows if row.event is not None}
        decided = events.get(RowKind.COMPLETION) or events.get(RowKind.ENVELOPE)
        return events.get(RowKind.EVENT), None if decided is None else decided.details

    async def _try(self, waiting: Fetch, envelope: Event) -> tuple[Event, bytes] | FetchError:
        source = self._sources.get(envelope.source)
        if source is None:
            return FetchError("its source is not configured any more", permanent=True)
        try:
            payload = await fetch(waiting.url, source.fetch_from, limit=self._limit, reach=self._reach)
            return source.complete(envelope, payload)
        except FetchError as error:
            return error
        except UnreadableError as error:
            return FetchError(str(error), permanent=True)
        except Exception as error:  # noqa: BLE001  (one payload that trips over a bug of ours must not stop the bot)
            log.bug(_LOG, "a fetched payload could not be read", error, source=envelope.source)
            return FetchError(type(error).__name__, permanent=True)

    async def _fetched(self, waiting: Fetch, event: Event, body: bytes) -> None:
        """Journal the whole event where nothing was decided yet, else what completes it: the journal says which."""
        whole = msgspec.structs.replace(event, details=Details.WHOLE)
        if (await self._append(whole, body)).duplicate:
            _, decided = await self._told(waiting.event_id)
            if decided is Details.ENVELOPE:
                await self._append(msgspec.structs.replace(event, details=Details.COMPLETION), body)
        self._metrics.fetches.labels("fetched").inc()
        await self._save(msgspec.structs.replace(waiting, state=FetchState.DONE))

    async def _failed(self, waiting: Fetch, envelope: Event, error: FetchError) -> None:
        tries = waiting.tries + 1
        _LOG.warning("payload not fetched", source=envelope.source, event_id=envelope.event_id, cause=str(error))
        await self._append(msgspec.structs.replace(envelope, details=Details.ENVELOPE), None)
        if error.permanent or tries >= TRIES:
            self._metrics.fetches.labels("lost").inc()
            lost = trouble(PAYLOAD_UNAVAILABLE, envelope.source, envelope.event_id, cause=str(error))
            await patiently(partial(self._store.append_own, lost))
            self._on_stored()
            await self._save(msgspec.structs.replace(waiting, tries=tries, state=FetchState.LOST))
            return
        self._metrics.fetches.labels("failed").inc()
        due = self._clock.now_ms() + AGAIN_MS[tries - 1]
        await self._save(msgspec.structs.replace(waiting, tries=tries, due=due))

    async def _append(self, event: Event, body: bytes | None) -> Appended:
        appended = await patiently(partial(self._store.append_completion, event, body))
        self._on_stored()
        return appended

    async def _save(self, state: Fetch) -> None:
        await patiently(partial(self._store.record_fetch, state))
