"""Where rows go whose channel Slack refuses: elsewhere, or aside until somebody repairs the channel."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from bot.errors import StoreUnavailableError
from bot.slack.doors import Doors
from bot.slack.gate import Gate
from bot.slack.outbox import Outbox
from bot.slack.waits import pause
from bot.store.values import Delivery

_ALL: Final = 1_000_000
_STORE_AGAIN_S: Final = 1.0

_log = structlog.get_logger()


class Destinations:
    """Keeps the doors, and frees what is parked behind one when it may be tried or has opened."""

    def __init__(self, outbox: Outbox, gate: Gate, doors: Doors, route: Callable[[Delivery], None]) -> None:
        self._outbox, self._gate, self._doors, self._route = outbox, gate, doors, route
        self._probes: set[str] = set()
        self._opened: list[str] = []
        self._alone: set[str] = set()
        self._changed = asyncio.Event()

    def way(self, row: Delivery) -> str:
        """Return the channel to which a row is sent now."""
        if not row.reason.makes_message:
            return row.channel
        return self._doors.way(row.channel, self._gate.now())

    def is_refused(self, row: Delivery) -> str | None:
        """Return why a row cannot go anywhere now and must be parked without a call, None when it may be tried."""
        if row.delivery_id in self._probes or self._doors.fallback_of(row.channel) is not None:
            return None
        return self._doors.reason(row.channel)

    def reason(self, channel: str) -> str | None:
        """Return why a channel is refused, None while it is not."""
        return self._doors.reason(channel)

    def refused(self, channel: str, why: str, row: Delivery) -> bool:
        """Learn that a channel is refused; say whether the row has another way."""
        self._probes.discard(row.delivery_id)
        if self._doors.refused(channel, why, self._gate.now()):
            _log.warning("channel_refused", channel=channel, why=why)
        self._changed.set()
        return (row.reason.is_post or row.reason.is_reply) and self._doors.fallback_of(row.channel) is not None

    def passed(self, channel: str, row: Delivery) -> None:
        """Learn that a channel takes messages: what is parked for it has its turn.

        An edit or a reply says so only if it was refused there before: its message may stand elsewhere.
        """
        says_so = row.reason.is_post or row.delivery_id in self._probes
        self._probes.discard(row.delivery_id)
        self._alone.discard(row.delivery_id)
        if says_so and self._doors.passed(channel):
            _log.info("channel_open_again", channel=channel)
            self._opened.append(channel)
            self._changed.set()

    def refused_thread(self, row: Delivery) -> None:
        """Learn that a reply's thread takes nothing: it will stand alone."""
        self._alone.add(row.delivery_id)

    def in_thread(self, row: Delivery) -> bool:
        """Say whether a reply may be tried in its thread."""
        return row.delivery_id not in self._alone

    def shut(self) -> dict[str, str]:
        """Return the refused channels, each with the reason."""
        return self._doors.shut()

    def fallback_of(self, channel: str) -> str | None:
        """Return where a channel's messages go while it is refused; None: nowhere."""
        return self._doors.fallback_of(channel)

    def stop(self) -> None:
        """Let the task end."""
        self._changed.set()

    async def run(self) -> None:
        """Free what is parked, until the gate is shut: one row to try a door, all of them once it is open."""
        while not self._gate.stopped.is_set():
            self._changed.clear()
            for channel in self._doors.due(self._gate.now()):
                await self._free(channel, 1)
            opened, self._opened = self._opened, []
            for channel in opened:
                await self._free(channel, _ALL)
            await pause(self._doors.next_due() - self._gate.now(), self._changed)

    async def _free(self, channel: str, most: int) -> None:
        while not self._gate.stopped.is_set():
            try:
                freed = await self._outbox.unpark(channel, most)
            except StoreUnavailableError:
                await pause(_STORE_AGAIN_S, self._gate.stopped)
                continue
            if most == 1:
                self._probes.update(row.delivery_id for row in freed)
            for row in freed:
                self._route(row)
            return
