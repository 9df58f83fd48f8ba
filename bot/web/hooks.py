"""Deliveries: `POST /hooks/{source}` and `POST /hooks/{source}/{token}`, from the request to a safe answer.

The order of checks is part of the outside: cheap refusals first, nothing unpacked or parsed before its sender is
known, one identical 401 for every cause, and 200 only for what is on disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, Protocol

import structlog
from aiohttp.hdrs import CONTENT_ENCODING

from bot import log
from bot.clock import Clock
from bot.core.inputs import Event
from bot.errors import NotAuthenticError, StoreFailedError, StoreUnavailableError, UnreadableError
from bot.metrics import Metrics
from bot.sources.reading import Reading, Source
from bot.web import answers
from bot.web.limits import Limits, read_body
from bot.web.refusals import RefusedError
from bot.web.request import Request
from bot.web.throttle import Throttle

_LOG = structlog.get_logger()
HOOKS: Final = "/hooks/"


class Stored(Protocol):
    """What the journal says about one delivery."""

    @property
    def seq(self) -> int:
        """Its place in the journal."""
        ...

    @property
    def event_id(self) -> str:
        """Our id of the event."""
        ...

    @property
    def duplicate(self) -> bool:
        """Whether it was stored before."""
        ...


class Journal(Protocol):
    """Where deliveries go. Both return after the commit; StoreUnavailableError or StoreFailedError otherwise."""

    async def append(self, event: Event, body: bytes, reference: str | None) -> Stored:
        """Store an event."""
        ...

    async def quarantine(self, source: str, body: bytes, error: str, kept: bytes | None = None) -> Stored:
        """Store an authentic body that cannot be read, or `kept` in its place; the id is of the body itself."""
        ...


class News(Protocol):
    """Who hears what became of deliveries; called in the loop, after the commit, must return at once."""

    def stored(self, seq: int, reading: Reading) -> None:
        """Hear of an event that was stored for the first time."""
        ...

    def quarantined(self, source: str, event_id: str) -> None:
        """Hear of an authentic body that cannot be read."""
        ...

    def failed(self, error: StoreFailedError) -> None:
        """Hear that nothing may be believed of the store any more."""
        ...


class Hooks:
    """Answers deliveries of all configured sources."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        journal: Journal,
        clock: Clock,
        limits: Limits,
        metrics: Metrics,
        *,
        news: News,
    ) -> None:
        self._sources = dict(sources)
        self._journal = journal
        self._clock = clock
        self._limits = limits
        self._news = news
        self._said = Throttle(clock)
        self._accepted = {name: metrics.accepted.labels(name) for name in sources}
        self._duplicates = {name: metrics.duplicates.labels(name) for name in sources}
        self._quarantined = {name: metrics.quarantined.labels(name) for name in sources}
        self.accepting = True

    async def answer(self, request: Request) -> answers.Answer:
        """Answer a request under /hooks/. RefusedError for what is not stored."""
        # One function and no coroutine below it: every call here is paid for by every delivery.
        source, token = self._admit(request)
        body = request.body
        if body is None or len(body) > self._limits.max_body:
            body = await read_body(request, self._limits)
        try:
            source.verify(request.headers, body, token, self._clock.now_ms())
            challenge = source.handshake(body)
            if challenge is not None:
                _LOG.info("handshake answered", source=source.name)
                return answers.answer(HTTPStatus.OK, {"challenge": challenge})
            reading = self._read(source, body)
            if isinstance(reading, str):
                return await self._quarantine(source, body, reading)
            kept = await self._journal.append(reading.event, reading.body, reading.reference)
        except (NotAuthenticError, StoreUnavailableError, StoreFailedError) as error:
            raise self._refusal(source, error) from error
        if kept.duplicate:
            self._duplicates[source.name].inc()
            return answers.stored("duplicate", kept.event_id)
        self._accepted[source.name].inc()
        self._news.stored(kept.seq, reading)
        return answers.stored("accepted", kept.event_id)

    def _admit(self, request: Request) -> tuple[Source, str | None]:
        """Return whom the path names and its token; RefusedError for all that needs no look at the body."""
        place, token = request.path[len(HOOKS) :], None
        source = self._sources.get(place)
        if source is None:
            name, _, token = place.partition("/")
            source = None if "/" in token else self._sources.get(name)
        if source is None:
            raise RefusedError("unknown_source", answers.UNKNOWN_SOURCE)
        if request.method != "POST":
            raise RefusedError("method", answers.POST_ONLY)
        if not self.accepting:
            raise RefusedError("draining", answers.NOT_STORED)
        if CONTENT_ENCODING in request.headers:
            raise RefusedError("encoding", answers.ENCODED)
        return source, token

    def _refusal(
        self, source: Source, error: NotAuthenticError | StoreUnavailableError | StoreFailedError
    ) -> RefusedError:
        if isinstance(error, NotAuthenticError):
            self._said.warning("delivery refused", source=source.name, cause=str(error))
            return RefusedError("not_authentic", answers.NOT_AUTHENTIC, closes=False)
        if isinstance(error, StoreFailedError):
            self._news.failed(error)
            return RefusedError("unavailable", answers.NOT_STORED)
        self._said.warning("cannot store right now", source=source.name, cause=str(error))
        return RefusedError("unavailable", answers.NOT_STORED, closes=False)

    async def _quarantine(self, source: Source, body: bytes, trouble: str) -> answers.Answer:
        kept = await self._journal.quarantine(source.name, body, trouble, source.keepable(body))
        if not kept.duplicate:
            self._quarantined[source.name].inc()
            self._news.quarantined(source.name, kept.event_id)
        self._said.warning("delivery quarantined", source=source.name, event_id=kept.event_id, cause=trouble)
        return answers.stored("quarantined", kept.event_id)

    def _read(self, source: Source, body: bytes) -> Reading | str:
        """Return what the body says, or why it cannot be read; a bug of ours must not lose an authentic event."""
        try:
            return source.read(body)
        except UnreadableError as error:
            return str(error)
        except Exception as error:  # noqa: BLE001  (kept in quarantine instead, with the bug in the log)
            log.bug(_LOG, "a source raised while reading", error, source=source.name)
            return f"a fault of ours while reading ({type(error).__name__})"
