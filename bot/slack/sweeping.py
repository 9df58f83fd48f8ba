"""The sweeper: for a day after a doubt it looks for a message that stands twice, and deletes what is too many.

A post can arrive after its absence was believed, when Slack applies it later than anybody waits. Then two messages
carry one delivery id. The one that is recorded stays, since edits and replies hang on it.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from typing import Final, NamedTuple

import structlog

from bot.errors import StoreUnavailableError
from bot.slack.answer import Verdict
from bot.slack.buckets import Call
from bot.slack.gate import Gate
from bot.slack.outbox import Outbox
from bot.slack.reading import MARGIN_S, read_whole
from bot.slack.sender import NotRead, Sender
from bot.slack.waits import pause
from bot.store.values import Delivery, Place

DAY_MS: Final = 86_400_000
# When a place is looked at again, seconds after the doubt began. The last look closes the day.
_LOOKS_S: Final = (300.0, 1_800.0, 7_200.0, 28_800.0, 86_400.0)
_AGAIN_S: Final = 600.0
_TRIES: Final = 6

_log = structlog.get_logger()


class _Look(NamedTuple):
    due: float
    number: int
    place: Place
    tries: int


class Sweeping:
    """One task over a heap of looks; `doubled` hears of every message that was deleted."""

    def __init__(self, outbox: Outbox, sender: Sender, gate: Gate, doubled: Callable[[Delivery], None]) -> None:
        self._outbox, self._sender, self._gate, self._doubled = outbox, sender, gate, doubled
        self._looks: list[_Look] = []
        self._watched: dict[Place, dict[str, Delivery]] = {}
        self._numbers = 0
        self._changed = asyncio.Event()

    def watch(self, row: Delivery) -> None:
        """Look where a row went until a day after its doubt began. Nothing to do for a row that was never in doubt."""
        age = (self._gate.now_ms() - (row.doubted_at or 0)) / 1_000
        if row.doubted_at is None or not self._sender.reads or age > _LOOKS_S[-1]:
            return
        place = Place(row.sent_to or self._sender.address(row.channel), row.thread_ts)
        self._watched.setdefault(place, {})[row.delivery_id] = row
        for after in _LOOKS_S:
            if after >= age:
                self._plan(self._gate.now() + after - age, place, 0)

    def stop(self) -> None:
        """Let the task end."""
        self._changed.set()

    async def run(self) -> None:
        """Sweep until the gate is shut. Rows of an earlier process are taken up first."""
        await self._take_up()
        while not self._gate.stopped.is_set():
            self._changed.clear()
            wait = self._looks[0].due - self._gate.now() if self._looks else float("inf")
            if wait > 0:
                await pause(wait, self._changed)
                continue
            look = heapq.heappop(self._looks)
            if not await self._sweep(look.place) and look.tries < _TRIES:
                self._plan(self._gate.now() + _AGAIN_S, look.place, look.tries + 1)

    async def _take_up(self) -> None:
        while not self._gate.stopped.is_set():
            try:
                rows = await self._outbox.doubted(self._gate.now_ms() - DAY_MS)
            except StoreUnavailableError:
                await pause(1.0, self._gate.stopped)
                continue
            for row in rows:
                self.watch(row)
            return

    def _plan(self, due: float, place: Place, tries: int) -> None:
        self._numbers += 1
        heapq.heappush(self._looks, _Look(due, self._numbers, place, tries))
        self._changed.set()

    async def _sweep(self, place: Place) -> bool:
        """Look at one place; False when it must be looked at again, as nothing could be read or deleted."""
        watched = self._still_watched(place)
        if not watched:
            return True
        oldest = min(row.doubted_at or 0 for row in watched.values())
        seen = await read_whole(self._sender, place, oldest / 1_000 - MARGIN_S, self._gate)
        if isinstance(seen, NotRead):
            return seen.is_forbidden
        doubled = [(row, seen[own]) for own, row in watched.items() if len(seen.get(own, ())) > 1]
        return all([await self._repair(place, row, times) for row, times in doubled])

    def _still_watched(self, place: Place) -> dict[str, Delivery]:
        """Return the rows whose day is not over (and a margin), and forget the others."""
        since = self._gate.now_ms() - DAY_MS - round(2_000 * _TRIES * _AGAIN_S)
        rows = {own: row for own, row in self._watched.get(place, {}).items() if (row.doubted_at or 0) >= since}
        self._watched[place] = rows
        if not rows:
            del self._watched[place]
        return rows

    async def _repair(self, place: Place, row: Delivery, times: list[str]) -> bool:
        """Delete every message of a delivery but one."""
        message = await self._outbox.message(row.alert_id, row.channel)
        kept = message.ts if message is not None and message.ts in times else times[0]
        return all([await self._delete(place, row, ts) for ts in times if ts != kept])

    async def _delete(self, place: Place, row: Delivery, ts: str) -> bool:
        if not await self._gate.permit(Call.DELETE):
            return False
        answer = await self._sender.delete(place, ts)
        if answer.wait is not None:
            self._gate.pace.refused(Call.DELETE, "", self._gate.now() + answer.wait)
        if answer.verdict is Verdict.CREDENTIALS_REFUSED and answer.code != "missing_scope":
            self._gate.circuit.refused(self._gate.now(), answer.detail)
        else:
            self._gate.circuit.passed()
        if answer.verdict is Verdict.DELIVERED:
            _log.warning("doubled_message_deleted", delivery=row.delivery_id, channel=row.channel)
            self._doubled(row)
        return answer.verdict in {Verdict.DELIVERED, Verdict.MESSAGE_GONE}
