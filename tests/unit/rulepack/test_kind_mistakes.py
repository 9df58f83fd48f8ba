"""What is wrong with the condition of a rule, its clock and whom it tells. Lines count from the first key."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config.hours import hours_of, known_hours
from bot.errors import InvalidInputError
from tests.unit.rulepack.written import (
    CONFIG,
    NAMES,
    config_in,
    errors_of,
    one_rule,
    rules_in,
    tried,
    warnings_of,
)

SHOWN = "when: failed\nexamples: {e: {events: [{type: alfred.job.failed}],\n  expect: [{fires: a, "
SHARE = "at_least: 20%\nof: [finished, failed]\nwithin: 1h\n"

# keys, then line, column, word and hint
MISTAKES = [
    # one kind, with what belongs to it
    ("when: failed\nat_least: 5\nwithin: 5m\nconsecutive: 3\n", 4, 14, "consecutive", ""),
    ("when: failed\nabsent_for: 2h\nnot_followed_by: finished\nwithin: 5m\n", 2, 13, "absent_for", ""),
    ("when: failed\nnot_followed_by: finished\n", 2, 18, "not_followed_by", ""),
    ("when: failed\nnew_value: cause\n", 2, 12, "new_value", ""),
    ("when: failed\nconsecutive: 3\nwithin: 5m\n", 3, 9, "within", ""),
    ("when: failed\nabsent_for: 3h\nwithin: 5m\n", 3, 9, "within", ""),
    ("when: failed\nat_least: 5\nwithin: 5m\nof: failed\n", 4, 5, "of", ""),
    ("when: failed\nat_least: 5\nwithin: 5m\nminimum: 20\n", 4, 10, "minimum", ""),
    ("when: failed\nat_least: 5\nwithin: 5m\nunless: finished\n", 4, 9, "unless", ""),
    ("when: failed\nunless: finished\n", 2, 9, "unless", ""),
    ("when: failed\nat_least: 20%\nwithin: 5m\n", 2, 11, "at_least", ""),
    ("when: failed\nat_least: 20%\nof: failed\n", 2, 11, "at_least", ""),
    ("when: failed\n" + SHARE + "distinct: run\n", 5, 11, "distinct", ""),
    ("when: failed\nduring: office\n", 2, 9, "during", ""),
    # what ends it is what begins it
    ("when: failed\nconsecutive: 3\nunless: failed\n", 3, 9, "failed", ""),
    ("when: [failed]\nnot_followed_by: failed\nwithin: 1h\n", 2, 18, "failed", ""),
    ("when: alfred.job.failed\nper: job\nresolved_by: alfred.job.failed\n", 3, 14, "alfred.job.failed", ""),
    # fields of an example's message
    (SHOWN + "shows: {stge: x}}]}}\n", 3, 31, "stge", "stage"),
    ("when: failed\nat_least: 5\nwithin: 5m\nduring: offce\n", 4, 9, "offce", "office"),
    # values
    ("when: failed\nat_least: 0%\nof: failed\nwithin: 1h\n", 2, 11, "0%", ""),
    ("when: failed\nat_least: 101%\nof: failed\nwithin: 1h\n", 2, 11, "101%", ""),
    ("when: failed\nat_least: 20 %\nof: failed\nwithin: 1h\n", 2, 11, "20 %", ""),
    ("when: failed\nat_least: -5%\nof: failed\nwithin: 1h\n", 2, 11, "-5%", ""),
    ("when: failed\n" + SHARE + "minimum: 0\n", 5, 10, "0", ""),
    ("when: failed\nconsecutive: 0\n", 2, 14, "0", ""),
    ("when: failed\nconsecutive: three\n", 2, 14, "three", ""),
    ("when: failed\nconsecutive: 3\nunless: finishd\n", 3, 9, "finishd", "finished"),
    ("when: failed\nnot_followed_by: finishd\nwithin: 5m\n", 2, 18, "finishd", "finished"),
    ("when: failed\nabsent_for: 2 h\n", 2, 13, "2 h", "2h"),
    ("when: failed\nabsent_for: 0h\n", 2, 13, "0h", ""),
    ("when: failed\nnew_value: cuase\nwithin: 30d\n", 2, 12, "cuase", "cause"),
    ("when: failed\nrepeat: 4\n", 2, 9, "4", ""),
    ("when: failed\nrepeat: 0h\n", 2, 9, "0h", ""),
    ("when: failed\ngroup_wait: soon\n", 2, 13, "soon", ""),
    # names of the config and of the set
    ("when: failed\nnotify_during: offices\n", 2, 16, "offices", "office"),
    ("when: failed\nthen: [{after: 2h, mention: anna}]\n", 2, 29, "anna", "ana"),
    ("when: failed\nthen: [{notify: doc-leads}]\n", 2, 8, "after", ""),
    ("when: failed\nthen: [{after: 2h, unless: acknowleged}]\n", 2, 28, "acknowleged", "acknowledged"),
    ("when: failed\nthen: [{for: 2h}]\n", 2, 9, "for", "after"),
    ('when: failed\nthen: [{after: 2h, notify: "#leads"}]\n', 2, 28, "#leads", "leads"),
    ("when: failed\nthen: []\n", 2, 7, "[…]", ""),
    ("when: failed\ninhibited_by: r\n", 2, 15, "r", ""),
    ("when: failed\ninhibited_by: [rr]\n", 2, 16, "rr", ""),
    # a share of something else
    ("when: failed\nat_least: 20%\nof: finished\nwithin: 1h\n", 3, 5, "finished", ""),
    ("when: [failed, step_failed]\nat_least: 20%\nof: [finished, failed]\nwithin: 1h\n", 3, 5, "[…]", ""),
    (
        "when: extend.workflow_run.step_run.processed\nat_least: 20%\nof: step_failed\nwithin: 1h\n",
        3,
        5,
        "step_failed",
        "",
    ),
    ("when: any\nat_least: 20%\nof: failed\nwithin: 1h\n", 3, 5, "failed", ""),
    # a deadline that nothing can meet
    (
        "when: alfred.job.start\nnot_followed_by: extend.workflow_run.completed\nwithin: 1h\n",
        2,
        18,
        "extend.workflow_run.completed",
        "",
    ),
    ("when: alfred.job.start\nnot_followed_by: alfred.file.done\nwithin: 1h\n", 2, 18, "alfred.file.done", ""),
    (
        "when: needs_review\nnot_followed_by: extend.extract_run.processed\nwithin: 1h\n",
        2,
        18,
        "extend.extract_run.processed",
        "",
    ),
    ("when: extend.workflow.created\nnot_followed_by: finished\nwithin: 1h\n", 2, 18, "finished", ""),
    (
        "when: [alfred.job.start, needs_review]\nnot_followed_by: extend.workflow_run.completed\nwithin: 1h\n",
        2,
        18,
        "extend.workflow_run.completed",
        "",
    ),
    (
        "when: alfred.job.start\nper: job\nnot_followed_by: alfred.file.done\nwithin: 1h\n",
        3,
        18,
        "alfred.file.done",
        "",
    ),
    (
        "when: alfred.job.start\nper: job\nnot_followed_by: extend.workflow_run.completed\nwithin: 1h\n",
        3,
        18,
        "extend.workflow_run.completed",
        "",
    ),
    (
        "when: extend.workflow_run.failed\nconsecutive: 3\nper: run\nunless: alfred.job.finished\n",
        4,
        9,
        "alfred.job.finished",
        "",
    ),
    # what no event can be
    ("when: alfred.job.failed\nat_least: 2\nwithin: 1h\ndistinct: source\n", 2, 11, "2", ""),
    ("when: alfred.job.failed\nnew_value: workflow\nwithin: 30d\n", 2, 12, "workflow", ""),
    ("when: alfred.job.failed\nat_least: 3\nwithin: 1h\ndistinct: workflow\n", 4, 11, "workflow", ""),
]


@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: case[0])
def test_a_mistake_is_shown_at_its_place(tmp_path: Path, case: tuple[str, int, int, str, str]) -> None:
    keys, *expected = case
    assert errors_of(tmp_path, keys, CONFIG + NAMES) == [tuple(expected)]


GOOD = [
    "when: progress\nnot_followed_by: [finished, failed]\nwithin: 1h\n",
    "when: alfred.file.add_to_job\nnot_followed_by: alfred.job.finished\nwithin: 1h\n",
    "when: extend.workflow_run.step_run.processed\nnot_followed_by: extend.workflow_run.completed\nwithin: 1h\n",
    "when: extend.extract_run.failed\nnot_followed_by: extend.processor_run.processed\nwithin: 1h\n",
    "when: needs_review\nper: workflow\nif_unknown: skip\nnot_followed_by: extend.extract_run.processed\nwithin: 1h\n",
    "when: step_failed\nat_least: 20%\nof: extend.workflow_run.step_run.processed\nwithin: 1h\n",
    "when: any\nat_least: 20%\nof: any\nwithin: 1h\n",
    'when: "extend.*_run.failed"\nat_least: 20%\nof: "extend.*"\nwithin: 1h\n',
    "when: failed\nconsecutive: 3\nper: source\n",
]


@pytest.mark.parametrize("keys", GOOD)
def test_what_can_happen_is_no_mistake(tmp_path: Path, keys: str) -> None:
    assert warnings_of(tmp_path, keys) == []


def test_a_deadline_that_some_of_many_types_cannot_meet_is_one_warning(tmp_path: Path) -> None:
    (said,) = warnings_of(tmp_path, "when: failed\nnot_followed_by: alfred.job.finished\nwithin: 1h\n")
    assert "after alfred.file.failed, extend.batch_parse_run.failed" in said
    assert "(11 in all) no event of `not_followed_by` can come" in said


def test_one_misspelt_key_of_a_kind_is_one_problem(tmp_path: Path) -> None:
    for keys in (
        "when: failed\nat_lest: 20%\nof: [finished, failed]\nwithin: 1h\nminimum: 20\n",
        "when: failed\nnot_folowed_by: finished\nwithin: 30m\n",
        "when: failed\nconsecutve: 3\nunless: finished\n",
        "when: failed\nnew_value: cause\nfor: 30d\n",
    ):
        assert len(errors_of(tmp_path, keys)) == 1, keys


def test_defaults_name_hours_and_owners_that_there_are(tmp_path: Path) -> None:
    text = "defaults: {notify: d, owner: anna, notify_during: offce}\nrules: {r: {title: t, when: failed}}\n"
    problems = [
        (p.line, p.word, p.hint) for p in rules_in(tmp_path, text, CONFIG + NAMES).problems if p.level == "error"
    ]
    assert problems == [(1, "anna", "ana"), (1, "offce", "office")]


def test_office_is_known_without_config_and_no_other_hours_are(tmp_path: Path) -> None:
    loaded = rules_in(tmp_path, one_rule("when: failed\nrepeat: 4h\nduring: office\nnotify_during: night\n"))
    assert [(p.word, p.message) for p in loaded.problems if p.level == "error"] == [
        ("night", "`night` is no name of `hours:` in the config; there are office")
    ]


def test_office_is_monday_to_friday_from_8_to_18_in_the_zone_of_the_config(tmp_path: Path) -> None:
    config = config_in(tmp_path, CONFIG + "timezone: America/Santo_Domingo\n")
    office = known_hours(config)["office"]
    assert office.week == (((480, 1080),),) * 5 + ((),) * 2
    assert (str(office.zone), office.holidays) == ("America/Santo_Domingo", frozenset())
    assert hours_of(config) == {}


def test_an_office_of_the_config_replaces_the_usual_one(tmp_path: Path) -> None:
    own = 'hours: {office: {days: sun, from: "07:00", to: "13:00", holidays: [2026-01-18]}}\n'
    config = config_in(tmp_path, CONFIG + own)
    assert known_hours(config) == hours_of(config)
    text = one_rule("""\
        when: alfred.job.start
        not_followed_by: finished
        within: 1h
        per: job
        during: office
        examples:
          half an hour is left on sunday, and the next one is a holiday:
            events: [{type: alfred.job.start, at: "sun 12:30", job: J1}]
            expect: [{at: "2026-01-25 07:30", fires: J1}]
    """)
    assert [result.message for result in tried(tmp_path, text, CONFIG + own)] == [""]


def test_examples_may_name_the_usual_office(tmp_path: Path) -> None:
    text = one_rule("""\
        when: failed
        notify_during: office
        examples:
          in the evening:
            events: [{type: alfred.job.failed, at: "mon 20:00", job: J1}]
            expect: [{at: "mon 20:00", fires: J1, held_by: office}, {at: "tue 08:00", hands_over: office}]
    """)
    assert [result.message for result in tried(tmp_path, text)] == [""]


def test_a_digest_may_name_the_usual_office_and_nothing_unset(tmp_path: Path) -> None:
    with_during = CONFIG + "digests: {daily: {at: '08:30', notify: d, during: %s}}\n"
    assert config_in(tmp_path, with_during % "office").digests["daily"].during == "office"
    with pytest.raises(InvalidInputError, match="`offce` is no name of `hours:`; there are office"):
        config_in(tmp_path, with_during % "offce")


CIRCLE = """\
defaults: {notify: d}
rules:
  a: {title: t, when: failed, inhibited_by: b}
  b: {title: t, when: failed, inhibited_by: [d, c]}
  c: {title: t, when: failed, inhibited_by: a}
  d: {title: t, when: failed}
"""


def test_an_inhibitor_that_is_no_rule_is_answered_with_the_nearest(tmp_path: Path) -> None:
    text = CIRCLE.replace("inhibited_by: a}", "inhibited_by: vendor-dwn}").replace("  d:", "  vendor-down:")
    problems = [(p.line, p.word, p.hint) for p in rules_in(tmp_path, text).problems if p.level == "error"]
    assert problems == [(4, "d", ""), (5, "vendor-dwn", "vendor-down")]


def test_a_circle_of_inhibitions_is_told_once_with_its_way(tmp_path: Path) -> None:
    (problem,) = [p for p in rules_in(tmp_path, CIRCLE).problems if p.level == "error"]
    assert (problem.line, problem.column, problem.word) == (5, 45, "a")
    assert "c -> a -> b -> c" in problem.message


def test_a_rule_with_an_error_and_a_file_that_cannot_be_read_are_not_told_as_missing(tmp_path: Path) -> None:
    text = (
        "defaults: {notify: d}\nrules:\n  a: {title: t, when: failed, inhibited_by: b}\n  b: {title: t, when: faild}\n"
    )
    assert [p.word for p in rules_in(tmp_path, text).problems if p.level == "error"] == ["faild"]


@pytest.mark.parametrize(
    ("title", "part"),
    [("{compny} failed", "in quotes"), ("Acme: failed", "in quotes"), ("%5 failed", "in quotes")],
)
def test_a_title_that_yaml_reads_otherwise_is_told_to_be_put_in_quotes(tmp_path: Path, title: str, part: str) -> None:
    loaded = rules_in(tmp_path, f"rules:\n  r:\n    when: failed\n    notify: doc\n    title: {title}\n")
    assert part in " ".join(p.message for p in loaded.problems if p.level == "error")


@pytest.mark.parametrize("keys", ["when: *.failed\n", "when: failed\nnotify: #doc\n"])
def test_a_bare_glob_and_a_channel_with_a_hash_are_told_to_be_put_in_quotes(tmp_path: Path, keys: str) -> None:
    loaded = rules_in(tmp_path, one_rule(keys))
    said = " ".join(p.message for p in loaded.problems if p.level == "error")
    assert "quotes" in said
