"""How the bot is, asked of all floors: for /readyz, and the gauges of /metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

import msgspec

from bot import __version__
from bot.clock import Clock
from bot.core.ruleset import RuleSet
from bot.errors import StoreError
from bot.metrics import Metrics, set_all
from bot.pipeline import Pipeline
from bot.slack.relay import Relay
from bot.store import Store
from bot.store.values import Counts, DeliveryState
from bot.web import Readiness

_FRESH_S: Final = 1.0  # one look a second, however often strangers ask
_FAR_BEHIND: Final = 10_000


class Watched(msgspec.Struct):
    """The parts that are looked at."""

    store: Store
    pipeline: Pipeline
    relay: Relay
    rules_trouble: Callable[[], list[str]]
    connections: Callable[[], int]


class Status:
    """Collects what there is to say. `obstacle` is set by the service while it starts or drains."""

    def __init__(self, watched: Watched, clock: Clock, metrics: Metrics) -> None:
        self._watched, self._clock, self._metrics = watched, clock, metrics
        self._looked_at = float("-inf")
        self._seen = Readiness("starting")
        self.obstacle: str | None = "starting"

    async def look(self) -> Readiness:
        """Return how the bot is, at most a second old."""
        now = self._clock.monotonic()
        if self.obstacle is not None:
            return Readiness(self.obstacle)
        if now - self._looked_at >= _FRESH_S:
            self._seen = await self._look()
            self._looked_at = now
        return self._seen

    async def refresh(self) -> None:
        """Set the gauges from the same look."""
        seen = await self.look()
        self._metrics.ready.set(seen.obstacle is None)
        self._metrics.connections.set(self._watched.connections())
        self._metrics.quarantined_rules.set(len(self._watched.pipeline.view.quarantined))

    def describe_rules(self, rule_set: RuleSet, since_ms: int) -> None:
        """Set what changes with the rule set only, which is in force since a time."""
        rules = [rule for rule in rule_set.rules.values() if rule.file]
        set_all(self._metrics.rules, Counter(rule.mode.value for rule in rules))
        set_all(self._metrics.rules_live, {rule_set.version: since_ms // 1_000})
        self._metrics.rule_set.info({"version": rule_set.version})
        self._metrics.build.info({"version": __version__})

    async def _look(self) -> Readiness:
        try:
            counts = await self._watched.store.read(lambda reads: reads.counts())
            health = await self._watched.relay.health()
        except StoreError:
            return Readiness("the store cannot be read")
        self._count(counts)
        return Readiness(self._watched.store.trouble, (*self._degraded(counts), *health.troubles))

    def _count(self, counts: Counts) -> None:
        metrics = self._metrics
        metrics.pipeline_lag.set(counts.behind)
        metrics.set_aside.set(counts.set_aside)
        metrics.store_bytes.set(counts.size)
        metrics.alerts_open.set(counts.open_alerts)
        set_all(metrics.deliveries, dict.fromkeys((state.value for state in DeliveryState), 0) | counts.deliveries)

    def _degraded(self, counts: Counts) -> list[str]:
        lines = [f"rule {name} raised and is set aside" for name in sorted(self._watched.pipeline.view.quarantined)]
        lines += self._watched.rules_trouble()
        if counts.set_aside:
            lines.append(f"{counts.set_aside} stored events could not be decided and are set aside")
        if counts.behind > _FAR_BEHIND:
            lines.append(f"{counts.behind} stored events wait to be decided")
        return lines
