"""The example runner: what it lets happen, how strictly it compares, and what it says."""

from __future__ import annotations

from pathlib import Path
from shutil import copy
from textwrap import indent

import pytest

from bot.rulepack.examples import ExampleResult
from tests.tools.samples import FOLDER
from tests.unit.rulepack.written import CONFIG, rules_in, tried

RULE = """\
defaults: {notify: doc-alerts}
rules:
  r:
    title: "{company}: {count}"
    when: exceeded_retries
    per: job
    show: [stage, errors, file_count]
    resolved_by: finished
    examples:
      e:
"""


def example(text: str, rule: str = RULE) -> str:
    return rule + indent(text, " " * 8)


def run(folder: Path, text: str, rule: str = RULE, config: str = CONFIG) -> ExampleResult:
    return tried(folder, example(text, rule), config)[0]


FIRES = "events: [{type: alfred.job.exceeded_retries, job: J1, company: Acme, file_count: 3, errors: [a, b]}]\n"

PASSING = {
    "what fires": FIRES + "expect: [{fires: J1}]",
    "every check": FIRES + "expect: [{at: 0m, fires: [J1], title: 'Acme: 1', count: 1, notify: [doc-alerts]}]",
    "what is shown": FIRES + "expect: [{at: mon 09:00, fires: J1, shows: {errors: 'a, b', file_count: 3}}]",
    "an end before the expiry": FIRES + "expect: [{fires: J1}]\nuntil: 6d",
    "an expiry at the end": FIRES + "expect: [{fires: J1}, {at: 7d, expires: J1}]",
    "an outcome that the content tells": """\
events: [{type: alfred.job.failed, job: J1, exceeded_retries: yes}]
expect: [{fires: J1}]
""",
    "an outcome that the content denies": """\
events: [{type: alfred.job.failed, job: J1, exceeded_retries: no}]
expect: []
""",
    "copies": """\
events: [{type: alfred.job.exceeded_retries, job: 'J{n}', times: 2, every: 1m}]
expect: [{fires: J1}, {at: 1m, fires: J2}]
""",
    "an entry without a time follows the last copy": """\
events:
  - {type: alfred.job.exceeded_retries, job: J1, times: 3, every: 1m}
  - {type: alfred.job.finished, job: J1}
expect: [{fires: J1}, {at: 2m, resolves: J1}]
""",
    "weekdays": """\
events:
  - {at: mon 08:00, type: alfred.job.exceeded_retries, job: J1}
  - {at: fri 17:45, type: alfred.job.finished, job: J1}
expect: [{at: mon 08:00, fires: J1}, {at: fri 17:45, resolves: J1}]
""",
    "job memory": """\
events:
  - {type: alfred.job.stage_update, job: J1, stage: ocr}
  - {at: 1m, type: alfred.job.exceeded_retries, job: J1}
expect: [{at: 1m, fires: J1, shows: {stage: ocr}}]
""",
    "an acknowledgement": """\
events:
  - {type: alfred.job.exceeded_retries, job: J1}
  - {at: 5m, ack: J1, by: ana}
  - {at: 6m, type: alfred.job.finished, job: J1}
expect: [{fires: J1}, {at: 6m, resolves: J1}]
""",
}


@pytest.mark.parametrize("text", PASSING.values(), ids=PASSING)
def test_an_example_that_says_what_happens_passes(tmp_path: Path, text: str) -> None:
    result = run(tmp_path, text)
    assert result.message == ""
    assert result.ok


# (example, part of the message)
FAILING = [
    (FIRES + "expect: []", "fires J1 at mon 09:00:00 (+0s) was not expected"),
    (
        FIRES + "expect: [{at: 1m, fires: J1}]",
        "expected fires J1 at mon 09:01:00 (+1m), but that happened at mon 09:00:00",
    ),
    (FIRES + "expect: [{fires: J2}]", "expected fires J2 at mon 09:00:00 (+0s), but fires J1 happened then"),
    (
        FIRES + "expect: [{fires: J1}, {at: 1h, resolves: J1}]",
        "expected resolves J1 at mon 10:00:00 (+1h), but that did not",
    ),
    (FIRES + "expect: [{fires: J1, title: x}]", "expected title 'x' but it is 'Acme: 1'"),
    (FIRES + "expect: [{fires: J1, count: 2}]", "expected count 2 but it is 1"),
    (
        FIRES + "expect: [{fires: J1, notify: [doc-alerts, b]}]",
        "expected notify ['b', 'doc-alerts'] but it is ['doc-alerts']",
    ),
    (FIRES + "expect: [{fires: J1, shows: {stage: ocr}}]", "expected shows stage 'ocr' but it is 'nothing'"),
    (FIRES + "expect: [{fires: J1}]\nuntil: 7d", "expires J1 at 2026-01-12 mon 09:00:00 (+1w) was not expected"),
    (FIRES + "expect: [{fires: J1}, {fires: J1}]", "expected fires J1"),
    ("events: [{type: alfred.job.start, job: J1}, {ack: J1}]\nexpect: []", "no alert of J1 is open"),
]


@pytest.mark.parametrize(("text", "part"), FAILING)
def test_an_example_that_says_something_else_fails(tmp_path: Path, text: str, part: str) -> None:
    result = run(tmp_path, text)
    assert not result.ok
    assert part in result.message


def test_copies_have_ids_of_their_own_and_one_id_is_one_event(tmp_path: Path) -> None:
    rule = RULE.replace("per: job\n", "per: job\n    at_least: 3\n    within: 5m\n").replace(
        "    resolved_by: finished\n", ""
    )
    events = "events: [{{type: alfred.job.exceeded_retries, job: J1, times: 3{id}}}]\n"
    fires = "expect: [{fires: J1, count: 3}]\nuntil: 1m"
    assert run(tmp_path, events.format(id="") + fires, rule).ok
    assert not run(tmp_path, events.format(id=", id: same") + fires, rule).ok
    assert run(tmp_path, events.format(id=", id: 'E{n}'") + fires, rule).ok


def test_keys_of_several_fields_stand_in_the_order_of_per(tmp_path: Path) -> None:
    rule = RULE.replace("per: job", "per: [company, job]\n    if_unknown: separate").replace(
        "    resolved_by: finished\n", ""
    )
    events = """\
events:
  - {type: alfred.job.exceeded_retries, job: J1, company: Acme}
  - {type: alfred.job.exceeded_retries, job: J2}
"""
    assert run(tmp_path, events + "expect: [{fires: [Acme, J1]}, {fires: [unknown, J2]}]", rule).ok
    assert not run(tmp_path, events + "expect: [{fires: [J1, Acme]}, {fires: [unknown, J2]}]", rule).ok


def test_one_bucket_is_called_all(tmp_path: Path) -> None:
    rule = RULE.replace("per: job", "per: all").replace("    resolved_by: finished\n", "")
    assert run(tmp_path, "events: [{type: alfred.job.exceeded_retries, job: J1}]\nexpect: [{fires: all}]", rule).ok


def test_a_shadow_rule_is_tried_as_if_it_were_live(tmp_path: Path) -> None:
    for mode in ("shadow", "off"):
        rule = RULE.replace("per: job", f"per: job\n    mode: {mode}")
        assert run(tmp_path, FIRES + "expect: [{fires: J1, notify: doc-alerts}]", rule).ok


def test_a_body_is_read_by_the_real_parser_with_plain_values_as_json(tmp_path: Path) -> None:
    body = """\
events:
  - source: alfred
    times: 2
    every: 1m
    body:
      event_id: E
      event_type: job_event_type
      event: {event_name: job_exceeded_retries_event, job_id: "J{n}", retries: "6", file_count: 3, company_name: null}
expect:
  - {fires: J1, title: "unknown: 1", shows: {file_count: "3"}}
  - {at: 1m, fires: J2}
"""
    assert run(tmp_path, body).message == ""


def test_a_body_may_be_the_text_of_a_delivery(tmp_path: Path) -> None:
    body = """\
events:
  - source: alfred
    body: '{"event": {"event_name": "job_exceeded_retries_event", "job_id": "J1"}}'
"""
    assert run(tmp_path, body + "expect: [{fires: J1}]").message == ""


def test_a_body_that_cannot_be_read_fails_the_example_and_nothing_else(tmp_path: Path) -> None:
    result = run(tmp_path, "events: [{source: alfred, body: [1, 2]}]\nexpect: []")
    assert not result.ok
    assert result.message


def test_a_sample_is_found_from_the_folder_of_the_file(tmp_path: Path) -> None:
    copy(FOLDER / "alfred" / "job_exceeded_retries_event.json", tmp_path / "gives-up.json")
    text = "events: [{source: alfred, sample: gives-up.json}]\nexpect: [{fires: 23456789-2345-2345-2345-2345678901de}]"
    assert run(tmp_path, text).message == ""


def test_raw_is_typed_as_json_and_quoted_text_stays_text(tmp_path: Path) -> None:
    rule = RULE.replace("per: job", 'per: job\n    where: {raw.pages: {more_than: 2}, raw.kind: "7"}')
    event = "events: [{{type: alfred.job.exceeded_retries, job: J1, raw: {{pages: {pages}, kind: '7'}}}}]\n"
    assert run(tmp_path, event.format(pages=3) + "expect: [{fires: J1}]", rule).ok
    assert run(tmp_path, event.format(pages="null") + "expect: []", rule).ok


# (example, line counted from `events`, column counted from it, word, hint)
MISTAKES = [
    ("events: [{type: alfred.job.faild, job: J1}]\nexpect: []", 1, 17, "alfred.job.faild", "alfred.job.failed"),
    ("events: [{type: job_failed_event}]\nexpect: []", 1, 17, "job_failed_event", "alfred.job.failed"),
    ("events: [{type: failed}]\nexpect: []", 1, 17, "failed", ""),
    ("events: [{job: J1}]\nexpect: []", 1, 10, "{…}", ""),
    ("events: [{type: alfred.job.failed, ack: J1}]\nexpect: []", 1, 10, "{…}", ""),
    ("events: [{type: alfred.job.failed, jobb: J1}]\nexpect: []", 1, 36, "jobb", "job"),
    ("events: [{type: alfred.job.failed, subject: J1}]\nexpect: []", 1, 36, "subject", "run"),
    ("events: [{type: alfred.job.failed, by: ana}]\nexpect: []", 1, 40, "by", ""),
    ("events: [{type: alfred.job.failed, retries: many}]\nexpect: []", 1, 45, "many", ""),
    ("events: [{type: alfred.job.failed, job: [a, b]}]\nexpect: []", 1, 41, "[…]", ""),
    ("events: [{type: alfred.job.failed, at: later}]\nexpect: []", 1, 40, "later", ""),
    ("events: [{type: alfred.job.failed, times: 0}]\nexpect: []", 1, 43, "0", ""),
    ("events: [{at: 2m, type: alfred.job.failed}, {at: 1m, type: alfred.job.failed}]\nexpect: []", 1, 50, "1m", ""),
    ("events: [{type: alfred.job.failed, at: mun 09:00}]\nexpect: []", 1, 40, "mun 09:00", "mon 09:00"),
    ("events: [{type: alfred.job.failed, at: monday 09:00}]\nexpect: []", 1, 40, "monday 09:00", "mon 09:00"),
    ("events: [{body: {}}]\nexpect: []", 1, 17, "body", ""),
    ("events: [{body: {}, source: alfrd}]\nexpect: []", 1, 29, "alfrd", "alfred"),
    ("events: [{sample: none.json, source: alfred}]\nexpect: []", 1, 19, "none.json", ""),
    ("events: []\nexpect: []", 1, 9, "[…]", ""),
    ("events: [{type: alfred.job.failed}]\n", 1, 1, "expect", ""),
    ("events: [{type: alfred.job.failed}]\nexpect: [{at: 1m}]", 2, 10, "{…}", ""),
    ("events: [{type: alfred.job.failed}]\nexpect: [{fires: J1, resolves: J1}]", 2, 10, "{…}", ""),
    ("events: [{type: alfred.job.failed}]\nexpect: [{fire: J1}]", 2, 11, "fire", "fires"),
    ("events: [{type: alfred.job.failed, at: 1h}]\nexpect: []\nuntil: 5m", 3, 8, "5m", ""),
    ("events: [{type: alfred.job.failed}]\nexpect: [{at: 2h, fires: J1}]\nuntil: 1h", 2, 10, "", ""),
]


@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: case[0])
def test_a_mistake_in_an_example_is_a_problem_with_a_place(
    tmp_path: Path, case: tuple[str, int, int, str, str]
) -> None:
    text, *expected = case
    loaded = rules_in(tmp_path, example(text))
    errors = [(p.line - 10, p.column - 8, p.word, p.hint) for p in loaded.problems if p.level == "error"]
    assert errors == [tuple(expected)]


def test_a_local_time_that_the_clocks_skip_is_a_mistake(tmp_path: Path) -> None:
    text = example("events: [{type: alfred.job.failed, at: 2026-03-29 02:30}]\nexpect: []")
    loaded = rules_in(tmp_path, text, CONFIG + "timezone: Europe/Madrid\n")
    assert ["clocks skip" in p.message for p in loaded.problems if p.level == "error"] == [True]


def test_a_type_that_nobody_listed_may_happen_in_an_example(tmp_path: Path) -> None:
    assert run(tmp_path, "events: [{type: alfred.bulk_task_created_x1}]\nexpect: []").ok


def test_the_timeline_tells_what_happened_in_order(tmp_path: Path) -> None:
    text = FIRES.replace(
        "}]", "}, {at: 1m, type: alfred.job.exceeded_retries}, {at: 2m, type: alfred.job.failed, job: J2}]"
    )
    result = run(
        tmp_path,
        text + "expect: [{fires: J1}, {at: 3m, fires: J3}]",
        RULE.replace("per: job", "per: job\n    if_unknown: skip"),
    )
    assert result.timeline == (
        "mon 09:00:00 (+0s)  alfred.job.exceeded_retries company=Acme errors=a, b file_count=3 job=J1",
        'mon 09:00:00 (+0s)    -> fires J1: "Acme: 1" to doc-alerts',
        "mon 09:01:00 (+1m)  alfred.job.exceeded_retries   (not a match: per: job is missing)",
        "mon 09:02:00 (+2m)  alfred.job.failed job=J2  (not a match: when: alfred.job.failed is not meant)",
        "mon 09:03:00 (+3m)  MISSING fires J3",
        f"mon 09:03:00 (+3m)  end {result.file}:11",
    )


def test_every_example_of_a_file_is_run(tmp_path: Path) -> None:
    text = (
        example(FIRES + "expect: [{fires: J1}]")
        + "\n      second:\n        events: [{type: alfred.job.start}]\n        expect: []\n"
    )
    assert [(result.rule, result.name, result.ok) for result in tried(tmp_path, text)] == [
        ("r", "e", True),
        ("r", "second", True),
    ]


def test_a_first_event_before_the_clock_is_told_so(tmp_path: Path) -> None:
    loaded = rules_in(tmp_path, example('events: [{type: alfred.job.failed, at: "2026-01-04 09:00"}]\nexpect: []'))
    (message,) = [problem.message for problem in loaded.problems if problem.level == "error"]
    assert "before the start of the clock" in message
    assert "above" not in message
