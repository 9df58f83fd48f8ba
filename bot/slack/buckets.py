"""Politeness as values: token buckets on a clock that the caller reads. Pure; seconds throughout."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

import msgspec


class TokenBucket:
    """`burst` tokens at most, refilled by `rate` a second; can be shut until a time, as a 429 asks."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst, self._tokens = rate, burst, burst
        self._at = self._shut_until = float("-inf")

    def delay(self, now: float, reserve: float = 0) -> float:
        """Return how long until a token is there beyond `reserve` tokens that are kept for others; 0: now."""
        missing = 1 + reserve - self._at_time(now)
        return max(self._shut_until - now, missing / self._rate if missing > _EPSILON else 0.0, 0.0)

    def whole(self, now: float) -> int:
        """Return how many tokens are there."""
        return max(0, int(self._at_time(now) + _EPSILON))

    def take(self, now: float) -> None:
        """Take one token; the caller has asked `delay` before."""
        self._tokens, self._at = self._at_time(now) - 1, now

    def give_back(self) -> None:
        """Return a token that was taken for nothing."""
        self._tokens = min(self._burst, self._tokens + 1)

    def shut(self, until: float) -> None:
        """Let nothing through before `until`; an earlier end never shortens a later one."""
        self._shut_until = max(self._shut_until, until)

    def is_idle(self, now: float) -> bool:
        """Say whether forgetting this bucket would change nothing."""
        return self._shut_until <= now and self._at_time(now) >= self._burst

    def _at_time(self, now: float) -> float:
        return min(self._burst, self._tokens + max(0.0, now - self._at) * self._rate)


_EPSILON: Final = 1e-9  # a wait that was slept exactly must not leave a billionth of a token missing


class Call(Enum):
    """What is called: each has its own budget. COUNTER edits leave tokens for edits that say a state changed."""

    POST = "post"
    EDIT = "edit"
    COUNTER = "counter"
    READ = "read"
    DELETE = "delete"


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Rates a second, each with its burst.

    Slack takes about one message a second and channel, several hundred a minute and workspace, and 50 chat.update a
    minute of the whole app (docs.slack.dev, rate limits). `counter_reserve` tokens are kept from counters.
    `counter_every` is the least time between two counter edits of one message.
    """

    channel: tuple[float, float] = (1.0, 3)
    workspace: tuple[float, float] = (300 / 60, 30)
    edits: tuple[float, float] = (50 / 60, 10)
    reads: tuple[float, float] = (50 / 60, 10)
    deletes: tuple[float, float] = (50 / 60, 3)
    counter_reserve: float = 3
    counter_every: float = 10.0


SLACK: Final = Limits()
UNLIMITED: Final = Limits(
    channel=(1e6, 1e6),
    workspace=(1e6, 1e6),
    edits=(1e6, 1e6),
    reads=(1e6, 1e6),
    deletes=(1e6, 1e6),
    counter_reserve=0,
    counter_every=0.0,
)


@dataclass(slots=True)
class Pace:
    """All buckets of one workspace: one per channel (by its address), one for all posts, edits, reads and deletes."""

    limits: Limits = SLACK
    _workspace: TokenBucket = field(init=False)
    _of_method: dict[Call, TokenBucket] = field(init=False)
    _channels: dict[str, TokenBucket] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._workspace = TokenBucket(*self.limits.workspace)
        edits = TokenBucket(*self.limits.edits)
        self._of_method = {
            Call.EDIT: edits,
            Call.COUNTER: edits,
            Call.READ: TokenBucket(*self.limits.reads),
            Call.DELETE: TokenBucket(*self.limits.deletes),
        }

    def delay(self, call: Call, address: str, now: float) -> float:
        """Return seconds until this call may be made; 0 when it may be made now."""
        if call is Call.POST:
            return max(self._channel(address).delay(now), self._workspace.delay(now))
        return self._of_method[call].delay(now, self.limits.counter_reserve if call is Call.COUNTER else 0)

    def take(self, call: Call, address: str, now: float) -> None:
        """Count a call that is being made."""
        for bucket in self._buckets(call, address):
            bucket.take(now)

    def give_back(self, call: Call, address: str) -> None:
        """Uncount a call that was not made after all."""
        for bucket in self._buckets(call, address):
            bucket.give_back()

    def refused(self, call: Call, address: str, until: float) -> None:
        """Obey a 429: it holds for posts to that channel, or for that method in the whole workspace."""
        bucket = self._channel(address) if call is Call.POST else self._of_method[call]
        bucket.shut(until)

    def forget_idle(self, now: float) -> None:
        """Drop the buckets of channels that nothing was sent to for a while."""
        self._channels = {address: b for address, b in self._channels.items() if not b.is_idle(now)}

    def _buckets(self, call: Call, address: str) -> tuple[TokenBucket, ...]:
        return (self._channel(address), self._workspace) if call is Call.POST else (self._of_method[call],)

    def _channel(self, address: str) -> TokenBucket:
        return self._channels.setdefault(address, TokenBucket(*self.limits.channel))
