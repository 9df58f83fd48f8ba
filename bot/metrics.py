"""What /metrics says. One registry of our own, so that tests and two bots in one process do not meet.

Names and labels are part of the outside: docs/operations.md lists them all, and a test compares.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Gauge, Info, ProcessCollector, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Count:
    """How often one thing happened. Counted in the loop's thread only."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0

    def inc(self) -> None:
        """Count one more."""
        self.value += 1


class Counter(Collector):
    """Counts by labels. prometheus_client's own takes four calls and a lock to add one (measured: 7 times as long)."""

    def __init__(self, registry: CollectorRegistry, name: str, text: str, *labels: str) -> None:
        self._name, self._text, self._labels = name, text, labels
        self._counts: dict[tuple[str, ...], Count] = {}
        registry.register(self)

    def labels(self, *values: str) -> Count:
        """Return the count for these values, one for each label; it is shown from now on."""
        count = self._counts.get(values)
        if count is None:
            count = self._counts[values] = Count()
        return count

    def collect(self) -> Iterable[CounterMetricFamily]:
        """Return all counts, as the registry asks for them."""
        family = CounterMetricFamily(self._name, self._text, labels=self._labels)
        for values, count in self._counts.items():
            family.add_metric(values, count.value)
        return [family]


class Metrics:
    """All metrics of one running bot. Counters start at zero with the process; gauges are set when asked for."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(namespace="tocsin", registry=registry)
        self.accepted = _counter(registry, "events_accepted", "Events stored for the first time", "source")
        self.duplicates = _counter(registry, "events_duplicate", "Deliveries of events stored before", "source")
        self.quarantined = _counter(
            registry, "events_quarantined", "Authentic bodies that could not be read as an event", "source"
        )
        self.refused = _counter(registry, "requests_refused", "Requests that changed nothing, by cause", "reason")
        self.transitions = _counter(registry, "alert_transitions", "Decided changes of alerts", "change")
        self.notifications = _counter(registry, "notifications_decided", "Decided messages and edits", "reason")
        self.rule_faults = _counter(registry, "rule_faults", "Times a rule raised and was set aside", "rule")
        self.actions = _counter(registry, "actions", "What people asked for, and what became of it", "way", "outcome")
        self.fetches = _counter(registry, "payload_fetches", "Tries to fetch a payload by reference", "outcome")
        self.pipeline_lag = _gauge(registry, "pipeline_lag_inputs", "Stored inputs that are not decided yet")
        self.set_aside = _gauge(registry, "inputs_set_aside", "Stored inputs that could not be decided")
        self.quarantined_rules = _gauge(registry, "rules_quarantined", "Rules that raised and are set aside")
        self.deliveries = _gauge(registry, "deliveries", "Messages and edits to Slack, by state", "state")
        self.settled = _counter(registry, "deliveries_settled", "Doubtful posts, and what was made of each", "outcome")
        self.alerts_open = _gauge(registry, "alerts_open", "Alerts that stand")
        self.rules = _gauge(registry, "rules", "Loaded rules, by mode", "mode")
        self.socket_up = _gauge(registry, "socket_up", "1 while clicks arrive over Socket Mode")
        self.connections = _gauge(registry, "connections", "Open HTTP connections")
        self.store_bytes = _gauge(registry, "store_bytes", "Size of the store's files")
        self.ready = _gauge(registry, "ready", "1 when an event can be accepted durably")
        self.rules_live = _gauge(
            registry, "rules_live_since_seconds", "Unix time at which the rule set in force came into force", "version"
        )
        self.reloads = _counter(registry, "rules_reloads", "Times changed rules were looked at", "outcome")
        self.rule_set = Info("tocsin_rule_set", "The rule set in force", registry=registry)
        self.build = Info("tocsin_build", "The program", registry=registry)

    def text(self) -> bytes:
        """Return everything in Prometheus' text form (`CONTENT_TYPE`)."""
        return generate_latest(self.registry)


def set_all(gauge: Gauge, values: Mapping[str, int]) -> None:
    """Set a gauge with one label to exactly these values; labels that are gone must not go stale."""
    gauge.clear()
    for label, value in values.items():
        gauge.labels(label).set(value)


def _counter(registry: CollectorRegistry, name: str, text: str, *labels: str) -> Counter:
    return Counter(registry, f"tocsin_{name}", text, *labels)


def _gauge(registry: CollectorRegistry, name: str, text: str, *labels: str) -> Gauge:
    return Gauge(f"tocsin_{name}", text, labels, registry=registry)
