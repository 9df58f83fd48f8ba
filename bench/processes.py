"""Processes pinned to a core: the bot (or another target) on core 0, everything else on core 1."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from bench.events import SECRET
from bench.load import Order, Report
from bot.service.reloading import FIRST_AFTER_S

TARGET_CORE: Final = 0
LOAD_CORE: Final = 1
ROOT: Final = Path(__file__).parents[1]
_START_LIMIT_S: Final = 30.0
_DECIDE_LIMIT_S: Final = 120.0
_CHECK_LIMIT_S: Final = 60.0
_ANSWER_LIMIT_S: Final = 10.0
_LAG: Final = re.compile(rb"^tocsin_pipeline_lag_inputs (\S+)$", re.MULTILINE)
CONFIG: Final = """\
server: {{host: 127.0.0.1, port: {port}}}
store: sqlite:///tocsin.db
sources:
  extend: {{kind: extend, secrets: [env:EXTEND_SIGNING_SECRET], company: [metadata.company]}}
slack:
  bot_token: env:SLACK_BOT_TOKEN
  api_url: http://127.0.0.1:{slack}/api/
  admin_channel: doc-ops
rules: ["{rules}"]
"""


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def load(order: Order) -> Report:
    """Carry an order out from the load core, in a process of its own. Every answer must be 200."""
    with pinned_to(LOAD_CORE):
        done = subprocess.run(
            [sys.executable, "-m", "bench.load"], input=msgspec.json.encode(order), capture_output=True, cwd=ROOT,
            check=False,
        )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"the load failed: {done.stderr.decode()[-2_000:]}")
    report = msgspec.json.decode(done.stdout, type=Report)
    assert set(report.statuses) == {200}, report.statuses
    return report


@dataclass(frozen=True, slots=True)
class Server:
    """A running process that listens on `port`."""

    process: subprocess.Popen[bytes]
    port: int
    started_in_s: float = 0.0

    def get(self, path: str) -> bytes:
        """Return the body of a 200, whatever it takes."""
        status, body = _get(self.port, path)
        assert status == 200, (path, status, body)
        return body

    def arrivals(self) -> dict[str, int]:
        """Return when messages arrived (fake Slack only), in ns of the monotonic clock, by run id."""
        found: dict[str, Any] = json.loads(self.get("/arrivals"))
        return {str(run): int(at) for run, at in found["arrivals"].items()}

    def wait_decided(self) -> None:
        """Wait until everything that was accepted has been decided (the bot only)."""
        until = time.monotonic() + _DECIDE_LIMIT_S
        while time.monotonic() < until:
            found = _LAG.search(self.get("/metrics"))
            assert found, "no gauge for what is not decided yet"
            if float(found[1]) == 0:
                return
            time.sleep(0.02)
        raise SystemExit("the pipeline did not catch up")

    def wait_settled(self) -> None:
        """Wait until a child of the bot has run its rules' examples, once after a new store's first seconds."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        began, was_there = time.monotonic(), False
        while children.exists() and (waited := time.monotonic() - began) < _CHECK_LIMIT_S:
            is_there = bool(children.read_text().strip())
            was_there = was_there or is_there
            if not is_there and (was_there or waited > FIRST_AFTER_S + 1):
                return
            time.sleep(0.05)

    def resident_mib(self) -> float:
        """Return the resident memory of the process in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1]) / 1024

    def processor_s(self) -> float:
        """Return the processor time that the process took so far, in seconds; neighbours on the core do not count."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop the process and wait for it."""
        self.process.send_signal(how)
        try:
            self.process.wait(_START_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(_START_LIMIT_S)


@contextmanager
def bot(folder: Path, *, slack: int, rules: Path, through: Sequence[str] = ("-m", "bot")) -> Iterator[Server]:
    """Run the bot on a config of its own in `folder`. `through` is how Python is told to start it."""
    server = start_bot(folder, slack=slack, rules=rules, through=through)
    try:
        yield server
    finally:
        server.stop()


def start_bot(folder: Path, *, slack: int, rules: Path, through: Sequence[str] = ("-m", "bot")) -> Server:
    """Start the bot; return it when it is ready. Stopping it is the caller's."""
    port = free_port()
    config = folder / "config.yaml"
    config.write_text(CONFIG.format(port=port, slack=slack, rules=rules))
    environment = {"EXTEND_SIGNING_SECRET": SECRET, "SLACK_BOT_TOKEN": "xoxb-bench"}
    command = [sys.executable, *through, "run", "--config", str(config)]
    return _start(command, port, TARGET_CORE, folder / "log", environment)


@contextmanager
def module_server(module: str, folder: Path, core: int) -> Iterator[Server]:
    """Run `python -m module PORT` on a core."""
    port = free_port()
    server = _start([sys.executable, "-m", module, str(port)], port, core, folder / f"{module}.log", {})
    try:
        yield server
    finally:
        server.stop()


def _start(command: list[str], port: int, core: int, log: Path, environment: dict[str, str]) -> Server:
    began = time.monotonic()
    with log.open("ab") as out, pinned_to(core):
        process = subprocess.Popen(  # noqa: S603
            command, cwd=ROOT, env=os.environ | environment, stdout=out, stderr=out, stdin=subprocess.DEVNULL
        )
    while not _ready(port):
        if process.poll() is not None or time.monotonic() - began > _START_LIMIT_S:
            process.kill()
            raise SystemExit(f"{' '.join(command)} did not start:\n{log.read_text()[-3_000:]}")
        time.sleep(0.002)
    return Server(process, port, time.monotonic() - began)


def _ready(port: int) -> bool:
    try:
        return _get(port, "/readyz")[0] == 200
    except OSError:
        return False


def _get(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWER_LIMIT_S)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@contextmanager
def pinned_to(core: int) -> Iterator[None]:
    """Have a process started in here inherit one core; where the system cannot pin, it roams."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core} & before or before)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
