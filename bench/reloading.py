"""How soon deliveries are answered while a thousand rules with examples are loaded again and again."""

from __future__ import annotations

import http.client
import json
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.events import Batch
from bench.load import Order, Report
from bench.processes import LOAD_CORE, Server, bot, load, module_server

_ANSWER_LIMIT_S: Final = 120.0
_FAILED: Final = "extend.workflow_run.failed"


@dataclass(frozen=True, slots=True)
class Reloads:
    """The load's report without and with reloads, and how long each reload took (s)."""

    calm: Report
    report: Report
    seconds: list[float]


def reload_under_load(folder: Path, rules: int, count: int, rate: float) -> Reloads:
    """Send `count` events at `rate` a second to a bot with so many rules, and load other rules all the while.

    The bot and the process that checks its rules share one core.
    """
    file = folder / "rules.yaml"
    file.write_text(rules_with_examples(rules))
    seconds: list[float] = []
    with module_server("bench.slack", folder, LOAD_CORE) as slack, bot(folder, slack=slack.port, rules=file) as server:
        load(Order(batch=Batch(name="warm", count=500, fires=0, port=server.port)))
        _reload(server, folder)  # the first set's examples have run by then
        calm = Batch(name="calm", count=max(100, count // 4), port=server.port)
        before = load(Order(batch=calm, rate=rate))
        sending = _Sending(Order(batch=Batch(name="reload", count=count, port=server.port), rate=rate))
        sending.start()
        while sending.is_alive():
            file.write_text(rules_with_examples(rules, mark=f"set {len(seconds)}"))
            began = time.monotonic()
            assert _reload(server, folder)["outcome"] == "loaded"
            seconds.append(time.monotonic() - began)
        sending.join()
    assert sending.report is not None
    return Reloads(before, sending.report, seconds)


def rules_with_examples(count: int, mark: str = "") -> str:
    """Return the text of a file with so many rules, each with an example; `mark` makes it another set."""
    return f"# {mark}\nrules:\n" + "".join(_rule(number) for number in range(count))


def _rule(number: int) -> str:
    company = f"company-{number:04d}"
    event = f"type: {_FAILED}, run: R1, company: {company}, workflow: intake"
    return (
        f"  rule-{number:04d}:\n"
        f'    title: "{{workflow}} failed for {{company}}"\n'
        f"    description: Look at its last error.\n"
        f"    when: failed\n"
        f"    where: {{company: {company}, cause: {{is_not: [CORRUPT_FILE, PASSWORD_PROTECTED_FILE]}}}}\n"
        f"    per: run\n"
        f"    if_unknown: skip\n"
        f"    notify: doc-alerts\n"
        f"    resolved_by: finished\n"
        f"    examples:\n"
        f"      a run that failed is told once, and its end:\n"
        f"        events:\n"
        f"          - {{{event}}}\n"
        f"          - {{at: 1m, {event}}}\n"
        f"          - {{at: 2m, type: extend.workflow_run.completed, run: R1}}\n"
        f"        expect: [{{at: 0m, fires: R1}}, {{at: 2m, resolves: R1}}]\n"
    )


class _Sending(threading.Thread):
    """The load, while this process asks for reloads."""

    def __init__(self, order: Order) -> None:
        super().__init__(daemon=True)
        self._order = order
        self.report: Report | None = None

    def run(self) -> None:
        """Carry the order out."""
        self.report = load(self._order)


def _reload(server: Server, folder: Path) -> dict[str, Any]:
    token = (folder / "var" / "cli-token").read_text().strip()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=_ANSWER_LIMIT_S)
    try:
        connection.request("POST", "/api/v1/reload", headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        said: dict[str, Any] = json.loads(answer.read())
        assert answer.status == 200, said
        return said
    finally:
        connection.close()
