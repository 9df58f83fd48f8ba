"""Metrics are part of the outside: documented by name, and never stale."""

from __future__ import annotations

import re
from pathlib import Path

from bot.metrics import Metrics, set_all

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"


def names_in_docs() -> set[str]:
    return set(re.findall(r"^\| `(tocsin_\w+)`", OPERATIONS.read_text("utf-8"), re.MULTILINE))


def names_in_code() -> set[str]:
    families = {family.name: family.type for family in Metrics().registry.collect()}
    suffix = {"counter": "_total", "info": "_info"}
    return {name + suffix.get(kind, "") for name, kind in families.items() if not name.startswith("tocsin_process_")}


def test_every_metric_is_documented_and_every_documented_one_exists() -> None:
    assert names_in_docs() == names_in_code()


def test_a_label_that_is_gone_is_not_kept() -> None:
    metrics = Metrics()
    set_all(metrics.deliveries, {"ready": 3, "parked": 1})
    set_all(metrics.deliveries, {"ready": 2})
    assert metrics.registry.get_sample_value("tocsin_deliveries", {"state": "ready"}) == 2
    assert metrics.registry.get_sample_value("tocsin_deliveries", {"state": "parked"}) is None


def test_two_bots_in_one_process_do_not_share_counters() -> None:
    one, other = Metrics(), Metrics()
    one.accepted.labels("extend").inc()
    assert other.registry.get_sample_value("tocsin_events_accepted_total", {"source": "extend"}) is None


def test_counts_are_told_as_prometheus_reads_them() -> None:
    metrics = Metrics()
    metrics.duplicates.labels("extend")
    for _ in range(3):
        metrics.actions.labels("cli", 'a "b"\n').inc()
    lines = metrics.text().decode().splitlines()
    assert "# TYPE tocsin_events_duplicate_total counter" in lines
    assert 'tocsin_events_duplicate_total{source="extend"} 0.0' in lines
    assert 'tocsin_actions_total{outcome="a \\"b\\"\\n",way="cli"} 3.0' in lines
    assert not [line for line in lines if "_created" in line]
