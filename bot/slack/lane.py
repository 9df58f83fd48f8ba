"""One address's queue and the task that empties it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from bot.clock import Clock
from bot.errors import StoreUnavailableError
from bot.slack.answer import Answer, Verdict
from bot.slack.buckets import Call, Pace
from bot.slack.circuit import Circuit
from bot.slack.delivering import Delivering, Idle, Sent, Turn
from bot.slack.queue import Queue, call_of
from bot.slack.waits import backoff, pause
from bot.store.values import Delivery

_STORE_AGAIN_S: Final = 1.0
_WORTH_TELLING: Final = frozenset(set(Verdict) - {Verdict.UNKNOWN, Verdict.NOT_DELIVERED, Verdict.REFUSED_FOR_NOW})
# Whatever is wrong there is wrong for the next row of the channel too.
_SLOWS_THE_LANE: Final = frozenset({Verdict.UNKNOWN, Verdict.NOT_DELIVERED, Verdict.REFUSED_FOR_NOW})


class Trouble(NamedTuple):
    """A delivery that went wrong in a way worth telling; DELIVERED says that a channel works (again)."""

    verdict: Verdict
    channel: str
    delivery_id: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What all lanes of one workspace share."""

    delivering: Delivering
    pace: Pace
    circuit: Circuit
    clock: Clock
    random: Callable[[], float]
    edits: bool
    report: Callable[[Trouble], None]


class Lane:
    """Sends the rows of one address, one at a time, oldest first. Its task lives while there are rows."""

    def __init__(self, address: str, shared: Shared) -> None:
        self.address, self._shared = address, shared
        self.queue = Queue(edits=shared.edits, counter_every_s=shared.pace.limits.counter_every)
        self._changed = asyncio.Event()
        self._failures, self._resume_at = 0, float("-inf")
        self._running, self._stop = False, asyncio.Event()

    def offer(self, row: Delivery, tasks: asyncio.TaskGroup) -> None:
        """Take a row in, and start the task where none runs."""
        self.queue.offer(row)
        self._changed.set()
        if not self._running and not self._stop.is_set() and self.queue:
            self._running = True
            tasks.create_task(self._run(), name=f"lane {self.address}")

    def stop(self) -> None:
        """Begin nothing more."""
        self._stop.set()
        self._changed.set()

    async def _run(self) -> None:
        try:
            while self.queue and not self._stop.is_set():
                self._changed.clear()
                await self._step()
        finally:
            self._running = False

    async def _step(self) -> None:
        """Send the first row that may go, or wait until one may or something changes."""
        earliest = float("inf")
        for call, row, due_in in self.queue.turns(self._shared.clock.now_ms(), self._now()):
            wait = max(due_in, self._delay(call))
            if wait <= 0:
                await self._send(call, row)
                return
            earliest = min(earliest, wait)
        await pause(earliest, self._changed)

    async def _send(self, call: Call | None, row: Delivery) -> None:
        self._take(call)
        try:
            sent = await self._shared.delivering.send(Turn(row, call, lambda: self._permit(call)))
        except StoreUnavailableError:
            self._give_back(call)
            self._resume_at = self._now() + _STORE_AGAIN_S
            return
        if isinstance(sent, Idle):
            self._give_back(call)
            self._put_away(row, sent)
            return
        wait = self._learn(call, sent.answer)
        again = await self._shared.delivering.settle(sent, wait)
        self._put_back(row, sent, again)
        self._tell(row, sent.answer)

    def _put_away(self, row: Delivery, why: Idle) -> None:
        if why is Idle.HELD:
            self.queue.hold(row)
        else:
            self.queue.remove(row)

    def _put_back(self, row: Delivery, sent: Sent, again: Delivery | None) -> None:
        if again is None:
            self.queue.remove(row)
        else:
            self.queue.offer(again)  # in its old place
        if sent.answer.verdict is Verdict.DELIVERED:
            self.queue.shown(row.alert_id, self._now())
            self.queue.release(row.alert_id)

    def _learn(self, call: Call | None, answer: Answer) -> float:
        """Take from an answer what it says of the credentials, the pace and the lane; return seconds to wait."""
        now, circuit = self._now(), self._shared.circuit
        if answer.verdict is Verdict.CREDENTIALS_REFUSED:
            circuit.refused(now, answer.detail)
            return circuit.delay(now)
        circuit.passed()
        if answer.verdict not in _SLOWS_THE_LANE:
            self._failures = 0
            return 0.0
        if answer.wait is not None and call is not None:
            self._shared.pace.refused(call, self.address, now + answer.wait)
            return answer.wait
        self._failures += 1
        wait = backoff(self._failures, self._shared.random)
        self._resume_at = now + wait
        return wait

    def _tell(self, row: Delivery, answer: Answer) -> None:
        doubtful = answer.verdict is Verdict.UNKNOWN and call_of(row, edits=self._shared.edits) is Call.POST
        if doubtful or answer.verdict in _WORTH_TELLING:
            self._shared.report(Trouble(answer.verdict, row.channel, row.delivery_id, answer.detail))

    def _delay(self, call: Call | None) -> float:
        """Return seconds until the pace, the circuit and the lane's own back-off let a call through."""
        if call is None:
            return 0.0
        now = self._now()
        waits = self._shared.pace.delay(call, self.address, now), self._shared.circuit.delay(now)
        return max(*waits, self._resume_at - now)

    def _take(self, call: Call | None) -> None:
        if call is not None:
            self._shared.pace.take(call, self.address, self._now())
            self._shared.circuit.take()

    def _give_back(self, call: Call | None) -> None:
        if call is not None:
            self._shared.pace.give_back(call, self.address)
            self._shared.circuit.give_back()

    async def _permit(self, call: Call | None) -> bool:
        """Wait for one more call within a turn: a plainer form is a request like any other. False once stopping."""
        pace = self._shared.pace
        while call is not None and not self._stop.is_set():
            wait = pace.delay(call, self.address, self._now())
            if wait <= 0:
                pace.take(call, self.address, self._now())
                return True
            await pause(wait, self._stop)
        return False

    def _now(self) -> float:
        return self._shared.clock.monotonic()
