"""Every expectation of the grammar, each with a rule for which it holds, and strictly failing where it does not."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest

from bot.rulepack import examples
from bot.rulepack.examples import ExampleResult
from tests.unit.rulepack.written import CONFIG, NAMES, rules_in, tried

RULES = """\
defaults: {notify: doc-alerts}
rules:
  cause: {title: t, when: alfred.job.invalid, per: all, resolved_by: alfred.job.finished}
  r:
    title: "{job}"
    when: alfred.job.failed
    per: [source, job]
    resolved_by: finished
"""


def failed(*jobs: str, at: str = "0m") -> str:
    return "".join(f"  - {{at: {at}, type: alfred.job.failed, job: {job}}}\n" for job in jobs)


def run(folder: Path, keys: str, example: str) -> ExampleResult:
    text = RULES + indent(keys, "    ") + "    examples:\n      e:\n" + indent(example, "        ")
    (result,) = tried(folder, text, CONFIG + NAMES)
    return result


STEPS = """\
repeat: 1h
then:
  - {after: 90m, notify: doc-leads, mention: review-owner}
  - {after: 2h30m}
"""
TOLD_STEPS = """\
expect:
  - {fires: [alfred, J1], notify: doc-alerts, notified_at: 0m, together: 1}
  - {at: 1h, reminds: [alfred, J1], notify: doc-alerts, count: 1}
  - {at: 90m, escalates: [alfred, J1], notify: doc-leads, mention: review-owner}
  - {at: 2h, reminds: [alfred, J1]}
  - {at: 2h30m, escalates: [alfred, J1], notify: [doc-alerts, doc-leads], title: J1}
"""
NIGHT = """\
events:
  - {at: "mon 20:00", type: alfred.job.failed, job: "J{n}", times: 3}
  - {at: "mon 21:00", type: alfred.job.finished, job: J2}
expect:
  - {at: "mon 20:00", fires: [alfred, J1], held_by: office, notified_at: "wed 08:00", together: 2}
  - {at: "mon 20:00", fires: [alfred, J2], held_by: office}
  - {at: "mon 20:00", fires: [alfred, J3], held_by: office}
  - {at: "mon 21:00", resolves: [alfred, J2]}
  - at: "wed 08:00"
    hands_over: office
    still_open: [[alfred, J1], [alfred, J3]]
    ended: [[alfred, J2]]
    notify: doc-alerts
    together: 3
"""
GROUP = """\
expect:
  - {fires: [alfred, J1], notified_at: 5m, together: 2}
  - {fires: [alfred, J2], notified_at: 5m, together: 2}
"""
HELD = """\
events:
  - {type: alfred.job.invalid, job: X}
  - {at: 1m, type: alfred.job.failed, job: J1}
  - {at: 2m, type: alfred.job.finished, job: X}
expect:
  - {at: 1m, fires: [alfred, J1], held_by: cause, notified_at: 2m}
  - {at: 2m, releases: [alfred, J1], notify: doc-alerts}
"""

# (keys of the rule, an example that passes)
PASSING = {
    "reminders and steps": (STEPS, f"events:\n{failed('J1')}{TOLD_STEPS}"),
    "an acknowledgement ends both": (
        STEPS,
        f"events:\n{failed('J1')}  - {{at: 30m, ack: [alfred, J1]}}\nexpect: [{{fires: [alfred, J1]}}]\nuntil: 1d\n",
    ),
    "hours that hold and hand over": ("notify_during: office\n", NIGHT),
    "hours that are open": (
        "notify_during: office\n",
        f"events:\n{failed('J1')}expect: [{{fires: [alfred, J1], notified_at: 0m}}]\n",
    ),
    "a group": ("group_wait: 5m\n", f"events:\n{failed('J1', 'J2')}{GROUP}"),
    "a cause that holds": ("inhibited_by: cause\n", HELD),
    "a storm": (
        "",
        'events: [{type: alfred.job.failed, job: "J{n}", times: 21}]\nexpect:\n'
        + "".join(f"  - {{fires: [alfred, J{n}]}}\n" for n in range(1, 21))
        + "  - {fires: [alfred, J21], held_by: storm}\n",
    ),
}


@pytest.mark.parametrize(("keys", "example"), PASSING.values(), ids=PASSING)
def test_an_example_that_says_what_happens_passes(tmp_path: Path, keys: str, example: str) -> None:
    result = run(tmp_path, keys, example)
    assert result.message == "", "\n".join(result.timeline)
    assert result.ok


# (which of those, what is changed into what, part of the message)
FAILING = [
    ("reminders and steps", ("  - {at: 2h, reminds: [alfred, J1]}\n", ""), "J1] at mon 11:00:00 (+2h) was not"),
    ("reminders and steps", ("90m, escalates", "91m, escalates"), "that happened at mon 10:30:00"),
    ("reminders and steps", ("mention: review-owner}\n", "mention: ana}\n"), "expected mention 'ana'"),
    (
        "reminders and steps",
        ("notify: doc-leads, mention: review-owner}\n", "notify: doc-alerts}\n"),
        "expected notify ['doc-alerts'] but it is ['doc-leads']",
    ),
    (
        "reminders and steps",
        ("notified_at: 0m", "notified_at: 1m"),
        "'mon 09:01:00 (+1m)' but it is 'mon 09:00:00 (+0s)'",
    ),
    ("hours that hold and hand over", (", held_by: office}\n", "}\n"), "expected held_by 'nothing' but it is 'office'"),
    (
        "hours that hold and hand over",
        ("J1], held_by: office", "J1], held_by: storm"),
        "expected held_by 'storm' but it is 'office'",
    ),
    (
        "hours that hold and hand over",
        ("still_open: [[alfred, J1], [alfred, J3]]", "still_open: [[alfred, J1]]"),
        "expected still_open",
    ),
    (
        "hours that hold and hand over",
        ("ended: [[alfred, J2]]", "ended: []"),
        "expected ended [] but it is ['[alfred, J2]']",
    ),
    (
        "hours that hold and hand over",
        ("hands_over: office", "hands_over: nights"),
        "hands_over office at wed 08:00:00 (+1d23h) was",
    ),
    ("hours that hold and hand over", ("together: 3", "together: 2"), "expected together 2 but it is 3"),
    ("hours that hold and hand over", ("together: 2", "together: 1"), "expected together 1 but it is 2"),
    ("hours that are open", ("notified_at: 0m", "held_by: office"), "expected held_by 'office' but it is 'nothing'"),
    ("a group", ("notified_at: 5m", "notified_at: 0m"), "expected notified_at"),
    ("a group", ("together: 2", "together: 1"), "expected together 1 but it is 2"),
    ("a cause that holds", ("  - {at: 2m, releases: [alfred, J1], notify: doc-alerts}\n", ""), "releases [alfred, J1]"),
    ("a cause that holds", (", held_by: cause", ""), "expected held_by 'nothing' but it is 'cause'"),
    ("a storm", (", held_by: storm", ""), "expected held_by 'nothing' but it is 'storm'"),
]


@pytest.mark.parametrize(("name", "change", "part"), FAILING)
def test_an_example_that_says_something_else_fails(
    tmp_path: Path, name: str, change: tuple[str, str], part: str
) -> None:
    keys, example = PASSING[name]
    assert change[0] in example
    result = run(tmp_path, keys, example.replace(*change))
    assert not result.ok
    assert part in result.message, result.message


OVERDUE = """\
defaults: {notify: doc-alerts}
rules:
  r:
    title: t
    when: needs_review
    not_followed_by: finished
    within: 30m
    examples:
      e:
        events: [{type: extend.workflow_run.needs_review, run: R1}]
"""


def test_a_deadline_that_is_still_open_comes_due_after_the_end(tmp_path: Path) -> None:
    (result,) = tried(tmp_path, OVERDUE + "        expect: []\n")
    assert "fires R1 at mon 09:30:00 (+30m) was not expected" in result.message
    (result,) = tried(tmp_path, OVERDUE + "        expect: [{at: 30m, fires: R1}]\n")
    assert result.ok, result.message


def test_until_is_the_end_also_before_a_deadline(tmp_path: Path) -> None:
    (result,) = tried(tmp_path, OVERDUE + "        expect: []\n        until: 29m\n")
    assert result.ok, result.message
    (result,) = tried(tmp_path, OVERDUE + "        expect: []\n        until: 30m\n")
    assert not result.ok


def test_a_deadline_in_hours_is_awaited_over_the_weekend(tmp_path: Path) -> None:
    text = OVERDUE.replace("within: 30m", "within: 30m\n    during: office").replace(
        "needs_review, run", 'needs_review, at: "fri 17:45", run'
    )
    (result,) = tried(tmp_path, text + "        expect: []\n", CONFIG + NAMES)
    assert "fires R1 at 2026-01-12 mon 08:15:00" in result.message


SILENT = """\
defaults: {notify: doc-alerts}
rules:
  r:
    title: t
    when: extend.workflow_run.completed
    absent_for: 2h
    examples:
      e:
        events: [{EVENT}]
        expect: [{EXPECT}]
"""


@pytest.mark.parametrize(
    ("event", "expect"),
    [
        ("type: alfred.job.start", "at: 2h, fires: all"),
        ("type: alfred.job.start, at: 1h", "at: 2h, fires: all"),
        ("type: alfred.job.start, at: 'mon 08:00'", "at: 'mon 10:00', fires: all"),
        ("type: extend.workflow_run.completed, run: R1, at: 1h", "at: 3h, fires: all"),
    ],
)
def test_an_absence_begins_when_the_rules_are_loaded_at_the_start_of_the_story(
    tmp_path: Path, event: str, expect: str
) -> None:
    text = SILENT.replace("EVENT", event).replace("EXPECT", expect)
    (result,) = tried(tmp_path, text)
    assert result.ok, (result.message, result.timeline)


def test_only_the_rules_own_alerts_and_those_that_inhibit_it_take_part(tmp_path: Path) -> None:
    text = RULES + "    inhibited_by: cause\n" + "    examples:\n      e:\n" + indent(HELD, "        ")
    text += "  other: {title: t, when: alfred.job.failed}\n"
    text = text.replace("per: all, resolved_by", "per: all, mode: off, resolved_by")
    (result,) = tried(tmp_path, text)
    assert result.ok, result.message
    assert "fires all of cause" in "\n".join(result.timeline)
    assert "of other" not in "\n".join(result.timeline)


def test_the_timeline_tells_what_held_a_message_and_when_it_went_out(tmp_path: Path) -> None:
    keys, example = PASSING["hours that hold and hand over"]
    lines = "\n".join(run(tmp_path, keys, example).timeline)
    for part in (
        "-> held [alfred, J1]: by hours office",
        "-> hands_over office: still open [alfred, J1], [alfred, J3], ended [alfred, J2] to doc-alerts",
        "-> told [alfred, J1]: 2 together to doc-alerts",
    ):
        assert part in lines, lines
    keys, example = PASSING["reminders and steps"]
    assert '-> escalates [alfred, J1]: "J1" to doc-leads, mentions review-owner' in "\n".join(
        run(tmp_path, keys, example).timeline
    )


# (an expectation, column counted from it, word, hint)
MISTAKES = [
    ("{at: 1m}", 1, "{…}", ""),
    ("{fires: J1, hands_over: office}", 1, "{…}", ""),
    ("{hands_over: offce}", 14, "offce", "office"),
    ("{hands_over: office, title: x}", 29, "title", ""),
    ("{hands_over: office, held_by: office}", 31, "held_by", ""),
    ("{fires: J1, still_open: [J1]}", 25, "still_open", ""),
    ("{fires: J1, held_by: cuase}", 22, "cuase", "cause"),
    ("{fires: J1, held_by: other}", 22, "other", ""),
    ("{fires: J1, held_by: strom}", 22, "strom", "storm"),
    ("{fires: J1, hidden_by: cause}", 13, "hidden_by", "held_by"),
    ("{fires: J1, together: 0}", 23, "0", ""),
    ("{fires: J1, notified_at: soon}", 26, "soon", ""),
    ("{hands_over: office, still_open: [{a: b}]}", 35, "{…}", ""),
    ("{reminds: []}", 11, "[…]", ""),
]


@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: case[0])
def test_a_mistake_in_an_expectation_is_a_problem_with_a_place(tmp_path: Path, case: tuple[str, int, str, str]) -> None:
    expectation, *expected = case
    text = RULES + (
        "    inhibited_by: cause\n    examples:\n      e:\n        events: [{type: alfred.job.failed}]\n"
        f"        expect:\n          - {expectation}\n"
    )
    problems = rules_in(tmp_path, text, CONFIG + NAMES).problems
    assert [(p.column - 12, p.word, p.hint) for p in problems if p.level == "error"] == [tuple(expected)]


def test_an_example_without_an_end_in_sight_fails_and_holds_nothing_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examples, "_MOST_TURNS", 2_000)
    result = run(
        tmp_path,
        "repeat: 1s\nexpires_after: 3000d\n",
        f"events:\n{failed('J1')}expect: [{{fires: [alfred, J1]}}]\nuntil: 2000d\n",
    )
    assert "more than 2,000 timers come due" in result.message
    assert len(result.timeline) < 1_100


def test_very_many_differences_are_summed_up(tmp_path: Path) -> None:
    result = run(tmp_path, "", 'events: [{type: alfred.job.failed, job: "J{n}", times: 100}]\nexpect: []\n')
    assert result.message.count("was not expected") == 20
    assert result.message.endswith("; and 80 more")
