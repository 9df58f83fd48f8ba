"""Keeps the socket to Slack alive: opens it, watches it, and builds it anew when it is silent.

slack-sdk reconnects by itself, and has been seen to stop doing so without a word (its issues 1110, 1446, 1701). So
nothing here believes it for longer than a minute.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

import structlog

from bot.clock import Clock
from bot.errors import TocsinError
from bot.slack.waits import backoff, machine_jitter, pause

CHECK_EVERY_S: Final = 5.0
# Without a sign of life for this long it is closed and built anew.
SILENT_S: Final = 60.0
# Slack ends each connection within about five hours and says so before; one that has heard nothing for longer is dead.
WORDLESS_S: Final = 6 * 3_600.0
OPEN_S: Final = 30.0
_CLOSE_S: Final = 10.0

_LOG = structlog.get_logger()


class SocketError(TocsinError):
    """The socket cannot be opened; the text says why, in words for a person."""


class Connection(Protocol):
    """One websocket client with its own reconnecting."""

    @property
    def words(self) -> int:
        """How many messages have come; only that it grows means anything."""
        ...

    async def open(self) -> None:
        """Connect. SocketError when Slack refuses."""
        ...

    async def is_up(self) -> bool:
        """Say whether it is connected and its pings are answered."""
        ...

    async def close(self) -> None:
        """Let go of everything, within its own time."""
        ...


class Socket:
    """One connection at a time. `trouble` says in words why clicks do not arrive, None while they do."""

    def __init__(
        self,
        connect: Callable[[], Connection],
        clock: Clock,
        *,
        random: Callable[[], float] = machine_jitter,
    ) -> None:
        self._connect, self._clock, self._random = connect, clock, random
        self.trouble: str | None = "the socket to Slack is not open yet"
        self.rebuilt = 0  # how often it had to be built anew

    async def run(self) -> None:
        """Keep one connection open until cancelled."""
        failures = 0
        while True:
            connection = self._connect()
            try:
                async with asyncio.timeout(OPEN_S):
                    await connection.open()
                self.trouble, failures = None, 0
                self._failed(await self._watch(connection))
            except (SocketError, TimeoutError) as error:
                failures += 1
                self._failed(str(error) or "Slack does not answer")
            except Exception as error:  # noqa: BLE001 - whatever slack-sdk raises, the bot goes on and tries again
                failures += 1
                self._failed(type(error).__name__)
            finally:
                await _closed(connection)
            self.rebuilt += 1
            await pause(backoff(max(1, failures), self._random))

    def _failed(self, why: str) -> None:
        self.trouble = f"clicks on buttons do not arrive: {why}"
        _LOG.warning("socket_rebuilt", why=why)

    async def _watch(self, connection: Connection) -> str:
        """Return why the connection must be built anew, once it must be."""
        up_at = word_at = self._clock.monotonic()
        words = connection.words
        while True:
            await pause(CHECK_EVERY_S)
            now = self._clock.monotonic()
            if await connection.is_up():
                up_at, self.trouble = now, None
            else:
                self.trouble = "clicks on buttons do not arrive: the socket to Slack is being opened again"
            if connection.words != words:
                words, word_at = connection.words, now
            if now - up_at >= SILENT_S:
                return f"the socket has been silent for {now - up_at:.0f} s"
            if now - word_at >= WORDLESS_S:
                return "nothing came over the socket for hours"


async def _closed(connection: Connection) -> None:
    try:
        async with asyncio.timeout(_CLOSE_S):
            await connection.close()
    except Exception as error:  # noqa: BLE001 - it is given up in any case
        _LOG.info("socket_not_closed", cause=type(error).__name__)
