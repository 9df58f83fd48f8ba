"""How long `tocsin check` takes for many rules with examples, as a person who edits them waits for it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

from bench.processes import ROOT

_RULES_PER_FILE: Final = 50
_LIMIT_S: Final = 120.0
_CONFIG: Final = """\
sources:
  extend: {kind: extend, secrets: [env:SECRET]}
  alfred: {kind: alfred, token: env:SECRET}
rules: [rules/]
hours: {office: {days: mon-fri, from: "08:00", to: "18:00"}}
people: {doc-oncall: S0000BENCH}
"""
# One rule of each kind, with two examples, as people write them; {number} and {name} make a thousand of them.
_KINDS: Final = (
    """\
  {name}-every:
    title: "{{company}}: {{cause}}"
    description: Look at the last error, then start the job again.
    when: exceeded_retries
    where: {{company: Company {number}}}
    per: job
    show: [stage, last_error]
    resolved_by: finished
    notify_during: office
    then: [{{after: 2h, mention: doc-oncall}}]
    examples:
      told and ended:
        events:
          - {{type: alfred.job.exceeded_retries, job: J1, company: Company {number}, cause: TIMEOUT}}
          - {{type: alfred.job.finished, at: 1h, job: J1}}
        expect: [{{fires: J1, title: "Company {number}: TIMEOUT"}}, {{at: 1h, resolves: J1}}]
      another company:
        events: [{{type: alfred.job.exceeded_retries, job: J1, company: other}}]
        expect: []
""",
    """\
  {name}-many:
    title: "{{workflow}}: {{count}} runs failed within {{within}}"
    description: Look at the set-up of the workflow.
    when: extend.workflow_run.failed
    where: {{cause: {{is_not: [CORRUPT_FILE, PASSWORD_PROTECTED_FILE]}}, company: Company {number}}}
    at_least: 5
    within: 15m
    distinct: run
    per: workflow
    if_unknown: separate
    examples:
      five:
        events:
          - {{type: extend.workflow_run.failed, run: "R{{n}}", workflow: W, company: Company {number}, times: 5}}
        expect: [{{at: 0m, fires: W, count: 5}}]
      four:
        events:
          - {{type: extend.workflow_run.failed, run: "R{{n}}", workflow: W, company: Company {number}, times: 4}}
        expect: []
""",
    """\
  {name}-overdue:
    title: "Review overdue: {{document}}"
    description: Review it.
    when: needs_review
    where: {{company: Company {number}}}
    not_followed_by: [finished, rejected, cancelled, failed]
    within: 30m
    during: office
    per: run
    group_wait: 5m
    examples:
      over the weekend:
        events: [{{type: extend.workflow_run.needs_review, at: "fri 17:45", run: R1, company: Company {number}}}]
        expect: [{{at: "mon 08:15", fires: R1}}]
      in time:
        events:
          - {{type: extend.workflow_run.needs_review, run: R1, company: Company {number}}}
          - {{type: extend.workflow_run.completed, at: 25m, run: R1}}
        expect: []
""",
    """\
  {name}-share:
    title: "{{percent}} of runs fail"
    description: Look at the set-up.
    when: extend.workflow_run.failed
    at_least: 20%
    of: [extend.workflow_run.completed, extend.workflow_run.failed]
    within: 1h
    minimum: 10
    per: company
    if_unknown: skip
    examples:
      two of ten:
        events:
          - {{type: extend.workflow_run.completed, run: "C{{n}}", company: Company {number}, times: 8}}
          - {{type: extend.workflow_run.failed, at: 1m, run: "F{{n}}", company: Company {number}, times: 2}}
        expect: [{{at: 1m, fires: Company {number}, title: "20% of runs fail"}}]
      one of nine:
        events:
          - {{type: extend.workflow_run.completed, run: "C{{n}}", company: Company {number}, times: 8}}
          - {{type: extend.workflow_run.failed, at: 1m, run: F1, company: Company {number}}}
        expect: []
""",
)


def seconds_to_check(folder: Path, rules: int) -> float:
    """Write so many rules with two examples each into an empty folder, and return how long `check` of them takes."""
    write_rules(folder, rules)
    began = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - the interpreter itself
        [sys.executable, "-m", "bot", "check", "--json", "--config", str(folder / "config.yaml")],
        capture_output=True, cwd=ROOT, check=False, timeout=_LIMIT_S,
    )  # fmt: skip
    seconds = time.perf_counter() - began
    said: dict[str, Any] = json.loads(done.stdout)
    assert said["ok"], [problem for problem in said["problems"] if problem["level"] == "error"]
    assert len(said["examples"]) == 2 * rules, len(said["examples"])
    return seconds


def write_rules(folder: Path, rules: int) -> None:
    """Write a config and so many rules of all kinds in turn, 50 a file."""
    (folder / "config.yaml").write_text(_CONFIG)
    (folder / "rules").mkdir()
    for first in range(0, rules, _RULES_PER_FILE):
        texts = (_rule(number) for number in range(first, min(first + _RULES_PER_FILE, rules)))
        text = "defaults: {notify: doc-alerts}\nrules:\n" + "".join(texts)
        (folder / "rules" / f"pack-{first:04}.yaml").write_text(text)


def _rule(number: int) -> str:
    return _KINDS[number % len(_KINDS)].format(number=number, name=f"rule-{number}")
