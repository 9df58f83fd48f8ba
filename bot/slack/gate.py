"""What stands before every call: the pace, the circuit, and whether anything may begin at all."""

from __future__ import annotations

import asyncio

from bot.clock import Clock
from bot.slack.buckets import Call, Pace
from bot.slack.circuit import Circuit
from bot.slack.waits import pause


class Gate:
    """Shared by all that calls one workspace. Seconds on the monotonic clock."""

    def __init__(self, pace: Pace, circuit: Circuit, clock: Clock) -> None:
        self.pace, self.circuit, self._clock = pace, circuit, clock
        self.stopped = asyncio.Event()
        self.reading = asyncio.Lock()  # one read at a time: a refusal of one must hold for the next

    def now(self) -> float:
        """Return the monotonic clock."""
        return self._clock.monotonic()

    def now_ms(self) -> int:
        """Return the wall clock in ms since 1970 UTC."""
        return self._clock.now_ms()

    def delay(self, call: Call, address: str) -> float:
        """Return how long a call must wait; 0: it may be made now."""
        now = self.now()
        return max(self.pace.delay(call, address, now), self.circuit.delay(now))

    def take(self, call: Call, address: str) -> None:
        """Count a call that is being made."""
        self.pace.take(call, address, self.now())
        self.circuit.take()

    def give_back(self, call: Call, address: str) -> None:
        """Uncount a call that is not made after all."""
        self.pace.give_back(call, address)
        self.circuit.give_back()

    async def permit(self, call: Call, address: str = "") -> bool:
        """Wait until a call may be made, and count it. False once stopping: then it must not be made."""
        while not self.stopped.is_set():
            wait = self.delay(call, address)
            if wait <= 0:
                self.take(call, address)
                return True
            await pause(wait, self.stopped)
        return False
