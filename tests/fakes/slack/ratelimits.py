"""Slack's rate limits, and a ledger of impoliteness: requests on a refused bucket before its time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.fakes.slack.state import Switches

_TIER_2 = {"conversations.list"}
_READS = {"conversations.history", "conversations.replies"}
_TIER_3 = {"chat.update", "chat.delete", "conversations.info", *_READS}
_SPECIAL = {"auth.test", "chat.getPermalink"}
_PUNISHED_AFTER = 3
_BANNED_AFTER = 10
_FLOAT = 1e-5  # seconds since 1970 are exact to a quarter of a microsecond only


@dataclass(frozen=True, slots=True)
class Violation:
    """A request that came `early` seconds before its bucket was due."""

    at: float
    bucket: str
    early: float


@dataclass(slots=True)
class _Bucket:
    rate: float
    burst: float
    tokens: float
    at: float
    refused_until: float = 0.0


@dataclass(slots=True)
class RateLimits:
    """Continuous token buckets by key."""

    switches: Callable[[], Switches]
    violations: list[Violation] = field(default_factory=list)
    _buckets: dict[str, _Bucket] = field(default_factory=dict)
    _in_a_row: dict[str, int] = field(default_factory=dict)

    def refuse(self, method: str, token: str, channel: str, now: float) -> int | None:
        """Take a token of every bucket of this call; return whole seconds to wait when one has none."""
        waits = [
            wait
            for key, rate, burst in self._rules(method, token, channel)
            if (wait := self._look(key, rate, burst, now))
        ]
        if waits:
            return max(waits)
        for key, _, _ in self._rules(method, token, channel):
            self._buckets[key].tokens -= 1
        return None

    def shut(self, method: str, token: str, channel: str, until: float) -> None:
        """Note an injected refusal, so that a request before its time counts as a violation."""
        key, rate, burst = self._rules(method, token, channel)[0]
        bucket = self._buckets.setdefault(key, _Bucket(rate, burst, burst, until))
        bucket.refused_until = until

    @property
    def is_banned(self) -> bool:
        return self.switches().ban and len(self.violations) >= _BANNED_AFTER

    def _look(self, key: str, rate: float, burst: float, now: float) -> int:
        bucket = self._buckets.setdefault(key, _Bucket(rate, burst, burst, now))
        bucket.tokens = min(burst, bucket.tokens + max(0.0, now - bucket.at) * rate)
        bucket.at = max(now, bucket.at)
        early = bucket.refused_until - now
        if early > 0.001:
            self.violations.append(Violation(now, key, early))
            self._in_a_row[key] = self._in_a_row.get(key, 0) + 1
        if bucket.tokens >= 1 - _FLOAT and early <= 0.001:
            self._in_a_row[key] = 0
            return 0
        seconds = max(1, math.ceil(max((1 - bucket.tokens) / rate, early)))
        if self.switches().punish and self._in_a_row.get(key, 0) >= _PUNISHED_AFTER:
            seconds *= 2
        if early <= 0.001 or self.switches().punish:
            bucket.refused_until = now + seconds
        return seconds

    def _rules(self, method: str, token: str, channel: str) -> list[tuple[str, float, float]]:
        """Return (key, rate a second, burst) of every bucket that a call draws on."""
        switches = self.switches()
        strict = switches.strict_bursts
        shared = method == "webhook" and switches.share_webhook_bucket
        if method == "chat.postMessage" or shared:
            return [
                (f"post {token} {channel}", 1.0, 1 if strict else 25),
                (f"workspace {token}", switches.workspace_per_minute / 60, 30 if strict else 60),
            ]
        if method == "webhook":
            return [(f"webhook {channel}", 1.0, 1 if strict else 5)]
        if method in _READS and switches.profile == "unlisted":
            return [(f"{method} {token}", 1 / 60, 1)]
        per_minute = 20 if method in _TIER_2 else 50 if method in _TIER_3 else 300 if method in _SPECIAL else 100
        burst = 20 if method in _SPECIAL else 3 if strict else 10
        return [(f"{method} {token}", per_minute / 60, burst)]
