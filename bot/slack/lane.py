"""One address's queue and the task that empties it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

from bot.clock import Clock
from bot.errors import StoreUnavailableError
from bot.slack.answer import Answer, Verdict
from bot.slack.buckets import Call
from bot.slack.classes import THREAD_REFUSALS
from bot.slack.delivering import Delivering, Sent, Ways
from bot.slack.destinations import Destinations
from bot.slack.folding import Allowance, Fold, Folding
from bot.slack.gate import Gate
from bot.slack.planning import Idle, Turn
from bot.slack.queue import Queue
from bot.slack.waits import backoff, pause
from bot.store.values import Delivery, DeliveryState

_STORE_AGAIN_S: Final = 1.0
_SOON_S: Final = 5.0  # a channel that must rest for longer than its own pace asks is one that does not get through
_WORTH_TELLING: Final = frozenset(set(Verdict) - {Verdict.UNKNOWN, Verdict.NOT_DELIVERED, Verdict.REFUSED_FOR_NOW})
# Whatever is wrong there is wrong for the next row of the channel too.
_SLOWS_THE_LANE: Final = frozenset({Verdict.UNKNOWN, Verdict.NOT_DELIVERED, Verdict.REFUSED_FOR_NOW})


class Trouble(NamedTuple):
    """A delivery that went wrong in a way worth telling; DELIVERED says that a channel works (again).

    UNKNOWN: nobody can say whether it was posted, and it is parked for a person.
    """

    verdict: Verdict
    channel: str
    delivery_id: str
    detail: str


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """What all lanes of one workspace share.

    `channel_at` names the channel that a row goes to by way of an address; `landed` hears of messages that are there
    now, `doubtful` of rows whose fate is unknown, `route` of rows that must go another way.
    """

    delivering: Delivering
    destinations: Destinations
    gate: Gate
    clock: Clock
    random: Callable[[], float]
    edits: bool
    fold: Fold
    folding: Folding
    channel_at: Callable[[Delivery, str], str]
    landed: Callable[[Delivery], None]
    doubtful: Callable[[Delivery], None]
    route: Callable[[Delivery], None]
    report: Callable[[Trouble], None]


class Lane:
    """Sends the rows of one address, one at a time, oldest first. Its task lives while there are rows."""

    def __init__(self, address: str, shared: Shared) -> None:
        self.address, self._shared = address, shared
        self.queue = Queue(edits=shared.edits, counter_every_s=shared.gate.pace.limits.counter_every)
        self.allowance = Allowance(shared.fold)
        self._changed = asyncio.Event()
        self._failures, self._resume_at = 0, float("-inf")
        self._running, self._stop = False, asyncio.Event()

    def offer(self, row: Delivery, tasks: asyncio.TaskGroup) -> None:
        """Take a row in, and start the task where none runs."""
        self.queue.offer(row)
        self._go_on(tasks)

    def release(self, alert_id: str, tasks: asyncio.TaskGroup) -> None:
        """Give what waits for an alert's message its turn: the message is there, or will never be."""
        self.queue.release(alert_id)
        self._go_on(tasks)

    def stop(self) -> None:
        """Begin nothing more."""
        self._stop.set()
        self._changed.set()

    def _go_on(self, tasks: asyncio.TaskGroup) -> None:
        self._changed.set()
        if not self._running and not self._stop.is_set() and self.queue:
            self._running = True
            tasks.create_task(self._run(), name=f"lane {self.address}")

    async def _run(self) -> None:
        try:
            while self.queue and not self._stop.is_set():
                self._changed.clear()
                await self._step()
        finally:
            self._running = False

    async def _step(self) -> None:
        """Fold what is too much; then send the first row that may go, or wait until one may or something changes."""
        try:
            through = not self._failures and self._shared.gate.delay(Call.POST, self.address) < _SOON_S
            folding = self._shared.folding
            earliest = await folding.step(self.address, self.queue, self.allowance, gets_through=through)
        except StoreUnavailableError:
            earliest = _STORE_AGAIN_S
        for call, row, due_in in self.queue.turns(self._shared.clock.now_ms(), self._now()):
            wait = max(due_in, self._delay(call))
            if wait <= 0:
                await self._send(call, row)
                return
            earliest = min(earliest, wait)
        await pause(earliest, self._changed)

    async def _send(self, call: Call | None, row: Delivery) -> None:
        why = self._shared.destinations.is_refused(row)
        if why is not None:
            await self._park(row, why)
            return
        channel = self._shared.channel_at(row, self.address)
        turn = Turn(row, call, channel, in_thread=self._shared.destinations.in_thread(row))
        self._take(call)
        try:
            ways = Ways(lambda: self._permit(call), self._shared.destinations.reason)
            sent = await self._shared.delivering.send(turn, ways)
        except StoreUnavailableError:
            self._give_back(call)
            self._resume_at = self._now() + _STORE_AGAIN_S
            return
        if isinstance(sent, Idle):
            self._give_back(call)
            self._put_away(row, sent)
            return
        await self._conclude(turn, sent)

    async def _park(self, row: Delivery, why: str) -> None:
        """Set a row aside without a call: its channel was refused a moment ago, and there is no other."""
        try:
            await self._shared.delivering.park(row, why)
        except StoreUnavailableError:
            self._resume_at = self._now() + _STORE_AGAIN_S
            return
        self.queue.remove(row)
        self._shared.report(Trouble(Verdict.DESTINATION_REFUSED, row.channel, row.delivery_id, why))

    async def _conclude(self, turn: Turn, sent: Sent) -> None:
        """Learn from an answer, record what became of the row, and pass it on where it must go."""
        row, answer = turn.row, sent.answer
        wait = self._learn(turn.call, answer)
        has_another_way = self._learn_of_channel(turn, sent)
        after = await self._shared.delivering.settle(sent, wait, has_another_way=has_another_way)
        if after is None or after.state is DeliveryState.UNKNOWN or has_another_way:
            self.queue.remove(row)
        else:
            self.queue.offer(after)  # in its old place
        self._pass_on(row, sent, after, has_another_way=has_another_way)
        if answer.verdict in _WORTH_TELLING:
            self._shared.report(Trouble(answer.verdict, row.channel, row.delivery_id, answer.detail))

    def _pass_on(self, row: Delivery, sent: Sent, after: Delivery | None, *, has_another_way: bool) -> None:
        if sent.answer.verdict is Verdict.DELIVERED:
            self.queue.shown(row.alert_id, self._now())
            if row.reason.is_post and row.body is None:
                self.allowance.posted(self._now())
            self._shared.landed(sent.claimed)
        elif after is not None and after.state is DeliveryState.UNKNOWN:
            self._shared.doubtful(after)
        elif after is not None and has_another_way:
            self._shared.route(after)
        elif after is None:
            self._shared.landed(sent.claimed)  # dead or parked: what waits for its message must look again

    def _learn_of_channel(self, turn: Turn, sent: Sent) -> bool:
        """Take from an answer what it says of the channel; return whether a refused row has another way."""
        row, answer, known = turn.row, sent.answer, self._shared.destinations
        if answer.verdict is Verdict.DELIVERED and turn.channel == row.channel:
            known.passed(row.channel, row)
        if answer.verdict is not Verdict.DESTINATION_REFUSED:
            return False
        if sent.job.thread is not None and answer.code in THREAD_REFUSALS:
            known.refused_thread(row)
            return True
        had = known.fallback_of(row.channel) is not None
        has = known.refused(turn.channel, answer.detail, row)
        if has and turn.channel == row.channel:
            for waiting in self.queue.posts():
                if waiting.channel == row.channel and waiting.delivery_id != row.delivery_id:
                    self.queue.remove(waiting)
                    self._shared.route(waiting)
        return has and had

    def _put_away(self, row: Delivery, why: Idle) -> None:
        if why is Idle.HELD:
            self.queue.hold(row)
        else:
            self.queue.remove(row)

    def _learn(self, call: Call | None, answer: Answer) -> float:
        """Take from an answer what it says of the credentials, the pace and the lane; return seconds to wait."""
        now, circuit = self._now(), self._shared.gate.circuit
        if answer.verdict is Verdict.CREDENTIALS_REFUSED:
            circuit.refused(now, answer.detail)
            return circuit.delay(now)
        circuit.passed()
        if answer.verdict not in _SLOWS_THE_LANE:
            self._failures = 0
            return 0.0
        if answer.wait is not None and call is not None:
            self._shared.gate.pace.refused(call, self.address, now + answer.wait)
            return answer.wait
        self._failures += 1
        wait = backoff(self._failures, self._shared.random)
        self._resume_at = now + wait
        return wait

    def _delay(self, call: Call | None) -> float:
        """Return seconds until the pace, the circuit and the lane's own back-off let a call through."""
        if call is None:
            return 0.0
        return max(self._shared.gate.delay(call, self.address), self._resume_at - self._now())

    def _take(self, call: Call | None) -> None:
        if call is not None:
            self._shared.gate.take(call, self.address)

    def _give_back(self, call: Call | None) -> None:
        if call is not None:
            self._shared.gate.give_back(call, self.address)

    async def _permit(self, call: Call | None) -> bool:
        """Wait for one more call within a turn: a plainer form is a request like any other. False once stopping."""
        pace = self._shared.gate.pace
        while call is not None and not self._stop.is_set():
            wait = pace.delay(call, self.address, self._now())
            if wait <= 0:
                pace.take(call, self.address, self._now())
                return True
            await pause(wait, self._stop)
        return False

    def _now(self) -> float:
        return self._shared.gate.now()
