"""The cases (a) to (g): each adds a value to its rows in every round, so that rounds interleave."""

from __future__ import annotations

import json
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from bench.accepting import against_bare, against_bot, folder_on_disk, order
from bench.checking import seconds_to_check
from bench.deciding import events_per_second
from bench.events import COMPANIES, Batch
from bench.load import Order, Report
from bench.processes import LOAD_CORE, ROOT, Server, bot, load, module_server, start_bot
from bench.reloading import reload_under_load
from bench.replaying import replayed
from bench.steps import steps
from bench.table import Row

SIZES: Final = {"2 KB": 2_000, "20 KB": 20_000}
SLOW_COMMIT_MS: Final = 2


@dataclass(frozen=True, slots=True)
class Scale:
    """How much to send in one round. `small` bodies are 2 KB, `large` ones 20 KB."""

    small: int = 30_000
    large: int = 8_000
    decided: int = 20_000
    paced: int = 12_000
    pace: float = 200.0
    filling: int = 100_000
    slow: int = 6_000
    slow_single: int = 1_500
    stepped: int = 10_000
    checked: int = 1_000
    reloaded: int = 1_000
    while_reloading: int = 6_000
    replayed: int = 1_000_000
    digested: int = 1_000_000


QUICK: Final = Scale(
    small=400,
    large=200,
    decided=2_000,
    paced=200,
    pace=200.0,
    filling=1_000,
    slow=200,
    slow_single=100,
    stepped=500,
    checked=40,
    reloaded=40,
    while_reloading=200,
    replayed=5_000,
    digested=5_000,
)


@dataclass(slots=True)
class Rows:
    """The rows of the table by name, in the order in which they were first asked for."""

    scale: Scale
    rows: dict[str, Row] = field(default_factory=dict)

    def add(
        self, what: str, unit: str, value: float, *, at_least: float | None = None, under: float | None = None
    ) -> None:
        """Add one round's value to a row."""
        self.rows.setdefault(what, Row(what, unit, at_least=at_least, under=under)).values.append(value)


def accept(rows: Rows) -> None:
    """(a) and (b): the bot with everything on, beside a bare aiohttp handler, same client and same loop."""
    for size, length in SIZES.items():
        count = rows.scale.small if length < 10_000 else rows.scale.large
        batch = Batch(name="accept", count=count, size=length)
        bare = against_bare(batch)
        ours = against_bot(batch)
        quiet = against_bot(replace(batch, fires=0))
        target = 0.25 if length < 10_000 else None
        rows.add(f"(a) accepted durably, {size}", "events/s", ours.report.rate)
        rows.add(f"(a) p99 of an answer, {size}", "ms", ours.report.latency_ms(0.99))
        rows.add(f"(a) accepted and decided, {size}", "events/s", count / ours.decided_s)
        rows.add(f"(a) processor time an event, {size}", "µs", ours.processor_us)
        rows.add(f"(b) bare aiohttp handler, {size}", "answers/s", bare.report.rate)
        rows.add(f"(b) p99 of a bare answer, {size}", "ms", bare.report.latency_ms(0.99))
        rows.add(f"(b) processor time an answer, {size}", "µs", bare.processor_us)
        rows.add(f"(a) accepted durably, none fires, {size}", "events/s", quiet.report.rate)
        rows.add(f"(a) processor time an event, none fires, {size}", "µs", quiet.processor_us)
        rows.add(f"(a) / (b), none fires, {size}", "", quiet.report.rate / bare.report.rate, at_least=target)
        rows.add(f"(a) / (b), one in 100 fires, {size}", "", ours.report.rate / bare.report.rate, at_least=target)


def decide(rows: Rows) -> None:
    """(c): the core alone."""
    rates = {n: events_per_second(n, rows.scale.decided) for n in (10, 100, 1_000)}
    for rules, rate in rates.items():
        rows.add(f"(c) decide, {rules:,} rules over all types", "events/s", rate)
    rows.add("(c) 1,000 rules / 10 rules", "", rates[1_000] / rates[10], at_least=0.5)
    one_type = events_per_second(1_000, rows.scale.decided, one_type=True)
    rows.add("(c) decide, 1,000 rules on one type", "events/s", one_type)


def tell(rows: Rows) -> None:
    """(d): from accept to Slack at a steady pace; one in 100 fires, over 50 channels."""
    with folder_on_disk() as folder, module_server("bench.slack", folder, LOAD_CORE) as slack:
        with bot(folder, slack=slack.port, rules=_channel_rules(folder)) as server:
            load(order(Batch(name="warm", count=COMPANIES, fires=0), server))
            batch = Batch(name="tell", count=rows.scale.paced)
            told = load(order(batch, server, rate=rows.scale.pace))
            arrivals = _wait_arrivals(slack, told)
        from_answer = sorted((arrivals[run] - answered) / 1e6 for run, (_, answered) in told.fired.items())
        from_sent = sorted((arrivals[run] - sent) / 1e6 for run, (sent, _) in told.fired.items())
    rows.add("(d) accepted to Slack, median", "ms", statistics.median(from_answer), under=5.0)
    rows.add("(d) accepted to Slack, p99", "ms", _p99(from_answer), under=20.0)
    rows.add("(d) sent by the platform to Slack, median", "ms", statistics.median(from_sent))
    rows.add("(d) sent by the platform to Slack, p99", "ms", _p99(from_sent))


def grow(rows: Rows) -> None:
    """(e) and (f): memory idle and after the load; start-up on no store, and after kill -9 on a full one."""
    with folder_on_disk() as folder, module_server("bench.slack", folder, LOAD_CORE) as slack:
        rules = ROOT / "rules"
        server = start_bot(folder, slack=slack.port, rules=rules)
        rows.add("(f) start-up, new store", "s", server.started_in_s, under=1.0)
        try:
            time.sleep(1)
            rows.add("(e) memory, idle", "MiB", server.resident_mib(), under=100)
            _fill(server, rows.scale.filling)
            rows.add(f"(e) memory, after {rows.scale.filling:,} events", "MiB", server.resident_mib(), under=140)
        finally:
            server.stop(signal.SIGKILL)
        with bot(folder, slack=slack.port, rules=rules) as again:
            rows.add("(f) start-up, full store, after kill -9", "s", again.started_in_s, under=1.0)
        with bot(folder, slack=slack.port, rules=rules) as again:
            rows.add("(f) start-up, full store, after SIGTERM", "s", again.started_in_s, under=1.0)


def wait_for_disk(rows: Rows) -> None:
    """(g): (a) on a disk that takes 2 ms longer for each commit, against one commit for each request."""
    slow = ("-m", "bench.slow_commit", str(SLOW_COMMIT_MS))
    grouped = against_bot(Batch(name="slow", count=rows.scale.slow), through=(*slow, "grouped")).report
    single = against_bot(Batch(name="slow", count=rows.scale.slow_single), through=(*slow, "single")).report
    rows.add("(g) +2 ms a commit, group commit, 2 KB", "events/s", grouped.rate)
    rows.add("(g) +2 ms a commit, one commit a request, 2 KB", "events/s", single.rate)
    rows.add("(g) group commit / one a request", "", grouped.rate / single.rate, at_least=5)


def trace(rows: Rows) -> None:
    """(w): where an event's processor time goes, step by step; the rest of (a) is HTTP in and the way to Slack."""
    with folder_on_disk() as folder:
        found = steps(folder, Batch(name="steps", count=rows.scale.stepped))
    for step, taken in found.items():
        rows.add(f"(w) {step}, 2 KB", "µs", taken)


def check(rows: Rows) -> None:
    """(k) `tocsin check` of many rules of all kinds with two examples each, as a person waits for it."""
    with folder_on_disk() as folder:
        seconds = seconds_to_check(folder, rows.scale.checked)
    rows.add(f"(k) check of {rows.scale.checked:,} rules with their examples", "s", seconds, under=5.0)


def reload(rows: Rows) -> None:
    """(l) the p99 of accepting while a thousand rules with examples are loaded, over and over, on the bot's core."""
    with folder_on_disk() as folder:
        found = reload_under_load(folder, rows.scale.reloaded, rows.scale.while_reloading, rows.scale.pace)
    name = f"while {rows.scale.reloaded:,} rules are reloaded"
    rows.add(f"(l) p99 of an answer {name}", "ms", found.report.latency_ms(0.99), under=100.0)
    rows.add("(l) p99 of an answer at the same pace without", "ms", found.calm.latency_ms(0.99))
    rows.add(f"(l) longest answer {name}", "ms", found.report.latency_ms(1.0))
    rows.add(f"(l) one reload of {rows.scale.reloaded:,} rules", "s", statistics.median(found.seconds))


def replay(rows: Rows) -> None:
    """(r) replay of a million stored events against fifty rules, on one core."""
    with folder_on_disk() as folder:
        taken = replayed(folder, rows.scale.replayed)
    name = f"replay of {rows.scale.replayed:,} events, 50 rules"
    rows.add(f"(r) {name}", "events/s", taken.rows / taken.seconds, at_least=15_000)
    rows.add(f"(r) {name}, memory at a tenth", "MiB", taken.early_mib)
    rows.add(f"(r) {name}, memory at most after that", "MiB", taken.most_mib)


def digest(rows: Rows) -> None:
    """(s) a digest over a million events of a day, while more are accepted."""
    command = [sys.executable, "-m", "bench.digesting", "--events", str(rows.scale.digested)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=True)  # noqa: S603
    measured: dict[str, float] = json.loads(run.stdout)
    name = f"a digest over {rows.scale.digested:,} events"
    rows.add(f"{name}, until it is in the outbox", "s", measured["seconds"], under=5.0)
    rows.add(f"{name}, memory of the process", "MB", measured["memory_mb"], under=200.0)
    rows.add(f"{name}, 99 of 100 events accepted meanwhile within", "ms", measured["append_p99_ms"])


CASES: Final[dict[str, Callable[[Rows], None]]] = {
    "a": accept,
    "c": decide,
    "d": tell,
    "e": grow,
    "g": wait_for_disk,
    "k": check,
    "l": reload,
    "r": replay,
    "s": digest,
    "w": trace,
}


def _fill(server: Server, events: int) -> None:
    for first in range(0, events, 20_000):
        count = min(20_000, events - first)
        load(Order(batch=Batch(name="fill", count=count, first=first, port=server.port)))
        server.wait_decided()


def _channel_rules(folder: Path) -> Path:
    """Write one rule that tells each company's failed runs in a channel of its own."""
    rules = folder / "rules.yaml"
    rules.write_text(
        "rules:\n"
        "  failed-runs:\n"
        "    when: failed\n"
        "    title: '{workflow} failed for {company}'\n"
        "    show: [run, cause]\n"
        "    notify: {channel: '{company}', otherwise: doc-alerts}\n"
    )
    return rules


def _wait_arrivals(slack: Server, told: Report) -> dict[str, int]:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        arrivals = slack.arrivals()
        if told.fired.keys() <= arrivals.keys():
            return arrivals
        time.sleep(0.1)
    missing = len(told.fired.keys() - slack.arrivals().keys())
    raise SystemExit(f"{missing} of {len(told.fired)} messages did not arrive")


def _p99(values: list[float]) -> float:
    return values[min(int(len(values) * 0.99), len(values) - 1)]
