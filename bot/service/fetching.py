"""Payloads by reference: their envelopes are stored and answered already, here the payload itself is fetched.

Rules wait at most five seconds for it. Then they decide on what the envelope carries, and a payload that comes later
completes the same card. Three tries within the hour for which such an address lives; one that cannot be had is told
once, as an event of the bot's own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Protocol, TypeVar

import msgspec
import structlog

from bot import log
from bot.clock import Clock
from bot.core.inputs import Details, Event
from bot.core.troubles import PAYLOAD_UNAVAILABLE, trouble
from bot.errors import FetchError, StoreUnavailableError, UnreadableError
from bot.metrics import Metrics
from bot.slack.waits import pause
from bot.sources import Source
from bot.sources.fetch import INTERNET, Reach, checked, fetch
from bot.store import Reads
from bot.store.values import Fetch, FetchState, RowKind, StoredRow

RULES_WAIT_MS: Final = 5_000
TRIES: Final = 3
# After the first and the second failed try: the third begins within the hour, with time to be repeated by nobody.
AGAIN_MS: Final = (5 * 60_000, 30 * 60_000)
_AT_ONCE: Final = 4  # payloads of up to 32 MiB each
_LOOK_EVERY_S: Final = 30.0
_STORE_AGAIN_S: Final = 1.0

_OVER: Final = frozenset({Details.WHOLE, Details.COMPLETION})

_LOG = structlog.get_logger()
_T = TypeVar("_T")


class FetchStore(Protocol):
    """What fetching needs of the store."""

    def waiting_fetches(self) -> list[Fetch]:
        """Return what is still to be fetched, the next due first."""
        ...

    async def record_fetch(self, fetch: Fetch) -> None:
        """Record how a fetch stands; its address is forgotten when it waits no more."""
        ...

    async def read(self, question: Callable[[Reads], list[StoredRow]]) -> list[StoredRow]:
        """Ask one of the questions of Reads."""
        ...

    async def append_completion(self, event: Event, body: bytes | None) -> int:
        """Journal what became of a payload by reference; each kind once."""
        ...

    async def append_own(self, event: Event) -> int:
        """Journal an event of the bot's own."""
        ...


class Fetching:
    """Fetches what waits. One task a payload, a few payloads at once."""

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
        self._slots = asyncio.Semaphore(_AT_ONCE)
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
            while True:
                self._wake.clear()
                waiting = [each for each in self._store.waiting_fetches() if each.event_id not in self._busy]
                now = self._clock.now_ms()
                for due in (each for each in waiting if each.due <= now):
                    self._busy.add(due.event_id)
                    tasks.create_task(self._one(due), name=f"fetch {due.event_id}")
                later = [each.due - now for each in waiting if each.due > now]
                await pause(min([_LOOK_EVERY_S, *(max(0, ms) / 1_000 for ms in later)]), self._wake)

    async def _one(self, waiting: Fetch) -> None:
        try:
            envelope, decided = await self._told(waiting.event_id)
            if envelope is None or decided in _OVER:
                await self._save(msgspec.structs.replace(waiting, state=FetchState.DONE))
            elif decided is None:
                await self._first(waiting, envelope)
            else:
                await self._settle(waiting, envelope, await self._try(waiting, envelope), Details.COMPLETION)
        finally:
            self._busy.discard(waiting.event_id)
            self._wake.set()

    async def _told(self, event_id: str) -> tuple[Event | None, Details | None]:
        """Return the event as its envelope told it (None: aged out), and how much of it was decided (None: nothing)."""
        rows = await self._store.read(lambda reads: reads.event(event_id))
        events = {row.kind: row.event for row in rows if row.event is not None}
        decided = events.get(RowKind.COMPLETION) or events.get(RowKind.ENVELOPE)
        return events.get(RowKind.EVENT), None if decided is None else decided.details

    async def _first(self, waiting: Fetch, envelope: Event) -> None:
        """Try for the first time; when that takes too long or fails, the rules decide on the envelope meanwhile."""
        async with asyncio.TaskGroup() as tasks:
            attempt = tasks.create_task(self._try(waiting, envelope))
            left_ms = envelope.at + RULES_WAIT_MS - self._clock.now_ms()
            await asyncio.wait({attempt}, timeout=max(0.0, left_ms / 1_000))
            in_time = attempt.done() and not isinstance(attempt.result(), FetchError)
            if not in_time:
                await self._append(msgspec.structs.replace(envelope, details=Details.ENVELOPE), None)
        await self._settle(waiting, envelope, attempt.result(), Details.WHOLE if in_time else Details.COMPLETION)

    async def _try(self, waiting: Fetch, envelope: Event) -> tuple[Event, bytes] | FetchError:
        source = self._sources.get(envelope.source)
        if source is None:
            return FetchError("its source is not configured any more", permanent=True)
        try:
            async with self._slots:
                payload = await fetch(waiting.url, source.fetch_from, limit=self._limit, reach=self._reach)
            return source.complete(envelope, payload)
        except FetchError as error:
            return error
        except UnreadableError as error:
            return FetchError(str(error), permanent=True)
        except Exception as error:  # noqa: BLE001  (one payload that trips over a bug of ours must not stop the bot)
            log.bug(_LOG, "a fetched payload could not be read", error, source=envelope.source)
            return FetchError(type(error).__name__, permanent=True)

    async def _settle(
        self, waiting: Fetch, envelope: Event, result: tuple[Event, bytes] | FetchError, details: Details
    ) -> None:
        if isinstance(result, FetchError):
            await self._failed(waiting, envelope, result)
            return
        event, body = result
        by = envelope.fields if details is Details.COMPLETION else None
        await self._append(msgspec.structs.replace(event, details=details, envelope=by), body)
        self._metrics.fetches.labels("fetched").inc()
        await self._save(msgspec.structs.replace(waiting, state=FetchState.DONE))

    async def _failed(self, waiting: Fetch, envelope: Event, error: FetchError) -> None:
        tries = waiting.tries + 1
        _LOG.warning("payload not fetched", source=envelope.source, event_id=envelope.event_id, cause=str(error))
        if error.permanent or tries >= TRIES:
            self._metrics.fetches.labels("lost").inc()
            lost = trouble(PAYLOAD_UNAVAILABLE, envelope.source, envelope.event_id, cause=str(error))
            await self._patiently(lambda: self._store.append_own(lost))
            self._on_stored()
            await self._save(msgspec.structs.replace(waiting, tries=tries, state=FetchState.LOST))
            return
        self._metrics.fetches.labels("failed").inc()
        due = self._clock.now_ms() + AGAIN_MS[tries - 1]
        await self._save(msgspec.structs.replace(waiting, tries=tries, due=due))

    async def _append(self, event: Event, body: bytes | None) -> None:
        await self._patiently(lambda: self._store.append_completion(event, body))
        self._on_stored()

    async def _save(self, state: Fetch) -> None:
        await self._patiently(lambda: self._store.record_fetch(state))

    async def _patiently(self, write: Callable[[], Awaitable[_T]]) -> _T:
        """Write as soon as the store takes it: a payload that was fetched must not be lost to a full disk."""
        while True:
            try:
                return await write()
            except StoreUnavailableError:
                await pause(_STORE_AGAIN_S)
