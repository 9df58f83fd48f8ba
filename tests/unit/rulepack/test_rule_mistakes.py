"""What is wrong with a rule: line, column, word and hint. Lines count from the first key after the title."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config.words import OTHER_WORDS
from tests.unit.rulepack.written import errors_of, one_rule, rules_in

# (keys of a rule, line, column, word, hint)
MISTAKES = [
    # keys
    ("when: failed\nseverty: error\n", 2, 1, "severty", "severity"),
    ("when: failed\nseverity: eror\n", 2, 11, "eror", "error"),
    ("when: failed\nmode: shadwo\n", 2, 7, "shadwo", "shadow"),
    ("when: failed\nresolved_after: 30\n", 2, 17, "30", ""),
    ("when: failed\nresolved_after: 30 m\n", 2, 17, "30 m", "30m"),
    ("when: failed\nrunbook: wiki/page\n", 2, 10, "wiki/page", ""),
    ("when: failed\nowner: doc-oncall\n", 2, 8, "doc-oncall", ""),
    ("when: failed\nwhen: failed\n", 2, 1, "when", ""),
    ("when: failed\ndescription:\n", 2, 13, "", ""),
    ('when: failed\ndescription: " "\n', 2, 14, " ", ""),
    ("when: failed\nrepeat: nevr\n", 2, 9, "nevr", "never"),
    ("when: failed\nrepeat: Never\n", 2, 9, "Never", "never"),
    ("when: failed\nrepeat: off\n", 2, 9, "off", "never"),
    ("when: failed\nrepeat: 4 hours\n", 2, 9, "4 hours", "4h"),
    ("when: failed\nrepeat: 4\n", 2, 9, "4", ""),
    # when
    ("when: failedd\n", 1, 7, "failedd", "failed"),
    ("when: [failed, extend.workflow_run.faild]\n", 1, 16, "extend.workflow_run.faild", "extend.workflow_run.failed"),
    ("when: job_failed_event\n", 1, 7, "job_failed_event", "alfred.job.failed"),
    ("when: alfred_event_job_failed\n", 1, 7, "alfred_event_job_failed", "alfred.job.failed"),
    ("when: file_added_to_job_event\n", 1, 7, "file_added_to_job_event", "alfred.file.add_to_job"),
    ("when: workflow_run.failed\n", 1, 7, "workflow_run.failed", "extend.workflow_run.failed"),
    ("when: processor_run.failed\n", 1, 7, "processor_run.failed", "extend.extract_run.failed"),
    ("when: parser_run.failed\n", 1, 7, "parser_run.failed", "extend.parse_run.failed"),
    ("when: extend.parser_run.failed\n", 1, 7, "extend.parser_run.failed", "extend.parse_run.failed"),
    ("when: alfred.job_failed_event\n", 1, 7, "alfred.job_failed_event", "alfred.job.failed"),
    ('when: "extnd.*.failed"\n', 1, 7, "extnd.*.failed", "extend.edit_run.failed"),
    ('when: "Extend.*"\n', 1, 7, "Extend.*", ""),
    ('when: "tocsin.*"\n', 1, 7, "tocsin.*", ""),
    ("when: []\n", 1, 7, "[…]", ""),
    ("when:\n", 1, 6, "", ""),
    ("when: {a: b}\n", 1, 7, "{…}", ""),
    # where
    ("when: failed\nwhere: {}\n", 2, 8, "{…}", ""),
    ("when: failed\nwhere: failed\n", 2, 8, "failed", ""),
    ("when: failed\nwhere: {compny: A}\n", 2, 9, "compny", "company"),
    ("when: failed\nwhere: {customer: A}\n", 2, 9, "customer", "company"),
    ("when: failed\nwhere: {raw: A}\n", 2, 9, "raw", ""),
    ("when: failed\nwhere: {raw.: A}\n", 2, 9, "raw.", ""),
    ("when: failed\nwhere: {raw.a..b: A}\n", 2, 9, "raw.a..b", ""),
    ("when: failed\nwhere: {company: {}}\n", 2, 18, "{…}", ""),
    ("when: failed\nwhere: {company: []}\n", 2, 18, "company", ""),
    ("when: failed\nwhere: {company: }\n", 2, 18, "", ""),
    ("when: failed\nwhere: {any: []}\n", 2, 14, "any", ""),
    ("when: failed\nwhere: {not: {}}\n", 2, 14, "{…}", ""),
    ("when: failed\nwhere: {not: [{company: A}]}\n", 2, 14, "not", ""),
    ("when: failed\nwhere: {company: {not: [A]}}\n", 2, 24, "not", ""),
    ("when: failed\nwhere: {company: {any: A}}\n", 2, 24, "any", ""),
    ("when: failed\nwhere: {company: {contain: A}}\n", 2, 19, "contain", "contains"),
    ("when: failed\nwhere: {company: {regex: A}}\n", 2, 19, "regex", "matches"),
    ("when: failed\nwhere: {company: {at_least: 3}}\n", 2, 19, "at_least", "is"),
    ("when: failed\nwhere: {errors: {more_than: 3}}\n", 2, 18, "more_than", "is"),
    ("when: retrying\nwhere: {retries: {contains: 3}}\n", 2, 19, "contains", "is"),
    ("when: retrying\nwhere: {retries: many}\n", 2, 18, "many", ""),
    ("when: retrying\nwhere: {retries: {at_least: 3x}}\n", 2, 29, "3x", ""),
    ("when: retrying\nwhere: {retries: {at_least: [3]}}\n", 2, 29, "at_least", ""),
    ("when: retrying\nwhere: {exceeded_retries: maybe}\n", 2, 27, "maybe", ""),
    ("when: failed\nwhere: {company: {exists: maybe}}\n", 2, 27, "maybe", ""),
    ('when: failed\nwhere: {company: {contains: ""}}\n', 2, 29, "contains", ""),
    ("when: failed\nwhere: {company: {matches: 'a(?=b)'}}\n", 2, 30, "(?=", ""),
    ("when: failed\nwhere: {company: {matches: '(a)\\1'}}\n", 2, 32, "\\1", ""),
    ("when: failed\nwhere: {company: {matches: " + "a" * 1025 + "}}\n", 2, 28, "a" * 79 + "…", ""),
    ("when: failed\nwhere: {company: #Acme\n    }\n", 3, 5, "", ""),
    # per, if_unknown
    ("when: failed\nper: jobs\n", 2, 6, "jobs", "job"),
    ("when: failed\nper: [job, job]\nif_unknown: skip\n", 2, 12, "job", ""),
    ("when: failed\nper: [all, job]\nif_unknown: skip\n", 2, 6, "all", ""),
    ("when: failed\nper: job\n", 2, 6, "job", ""),
    ("when: extend.workflow_run.failed\nper: [source, workflow]\n", 2, 15, "workflow", ""),
    ("when: any\nper: run\n", 2, 6, "run", ""),
    ("when: failed\nper: job\nif_unknown: seperate\n", 3, 13, "seperate", "separate"),
    # counting
    ("when: failed\nat_least: 5\n", 2, 11, "at_least", ""),
    ("when: failed\nwithin: 5m\n", 2, 9, "within", ""),
    ("when: failed\ndistinct: job\n", 2, 11, "distinct", ""),
    ("when: failed\nat_least: 0\nwithin: 5m\n", 2, 11, "0", ""),
    ("when: failed\nat_least: 10001\nwithin: 5m\n", 2, 11, "10001", ""),
    ("when: failed\nat_least: five\nwithin: 5m\n", 2, 11, "five", ""),
    ("when: failed\nat_least: 20%\nwithin: 5m\n", 2, 11, "at_least", ""),
    ("when: failed\nat_least: 5\nwithin: 5 minutes\n", 3, 9, "5 minutes", "5m"),
    # show, top, notify
    ("when: failed\nshow: [stage, lst_error]\n", 2, 15, "lst_error", "last_error"),
    ("when: failed\ntop: [cause]\n", 2, 6, "[…]", ""),
    ("when: failed\nnotify: #doc-alerts\n", 2, 9, "#doc-alerts", ""),
    ('when: failed\nnotify: "#doc-alerts"\n', 2, 9, "#doc-alerts", "doc-alerts"),
    ("when: failed\nnotify: doc alerts\n", 2, 9, "doc alerts", ""),
    ('when: failed\nnotify: "ops-{company}"\n', 2, 9, "ops-{company}", ""),
    ('when: failed\nnotify: {channel: "ops-{compny}", otherwise: doc}\n', 2, 25, "compny", "company"),
    ('when: failed\nnotify: {channel: "ops-{company}"}\n', 2, 9, "otherwise", ""),
    ("when: failed\nnotify: []\n", 2, 9, "[…]", ""),
    # what no event can reach or end
    ("when: extend.workflow_run.failed\nper: job\nif_unknown: skip\n", 2, 6, "job", ""),
    ('when: ["extend.*.failed"]\nper: [source, job]\nif_unknown: skip\n', 2, 15, "job", ""),
    ("when: exceeded_retries\nper: workflow\nif_unknown: skip\nresolved_after: 1h\n", 2, 6, "workflow", ""),
    ("when: alfred.job.failed\nwhere: {workflow: A}\n", 2, 9, "workflow", ""),
    ("when: alfred.job.failed\nwhere: {source: extend}\n", 2, 9, "extend", ""),
    ("when: failed\nwhere: {source: alfrd}\n", 2, 9, "alfrd", "alfred"),
    ("when: failed\nwhere: {environment: test}\n", 2, 9, "test", ""),
    ("when: failed\nwhere: {company: {is: A, is_not: A}}\n", 2, 9, "company", ""),
    ("when: failed\nwhere: {company: {is: A, starts_with: B}}\n", 2, 9, "company", ""),
    ("when: failed\nwhere: {company: A, all: [{company: B}]}\n", 2, 9, "company", ""),
    ("when: retrying\nwhere: {retries: {at_least: 5, less_than: 5}}\n", 2, 9, "retries", ""),
    ("when: failed\nwhere: {company: {exists: no, contains: A}}\n", 2, 9, "company", ""),
    (
        "when: alfred.job.failed\nresolved_by: extend.workflow_run.completed\n",
        2,
        14,
        "extend.workflow_run.completed",
        "",
    ),
    (
        "when: alfred.job.failed\nper: job\nresolved_by: extend.workflow_run.completed\n",
        3,
        14,
        "extend.workflow_run.completed",
        "",
    ),
    ("when: failed\nat_least: 3\nwithin: 1h\ndistinct: source\n", 2, 11, "3", ""),
    ("when: failed\nat_least: 3\nwithin: 1h\ndistinct: reviewed\n", 2, 11, "3", ""),
    ("when: failed\nat_least: 2\nwithin: 1h\ndistinct: company\nper: company\nif_unknown: skip\n", 2, 11, "2", ""),
    ("when: failed\nat_least: 3\nwithin: 1h\ndistinct: cause\nwhere: {cause: [A, B]}\n", 2, 11, "3", ""),
]


@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: case[0])
def test_a_mistake_is_shown_at_its_place(tmp_path: Path, case: tuple[str, int, int, str, str]) -> None:
    keys, *expected = case
    assert errors_of(tmp_path, keys) == [tuple(expected)]


# (keys of a rule, what the problem says is needed)
NEEDED = [
    ("when: failed\ndescription:\n", "nothing is written here; a description is needed"),
    ('when: failed\ndescription: ""\n', "the text is empty; a description is needed"),
    ('when: failed\nresolved_after: ""\n', "the text is empty; a duration such as"),
    ("when: failed\nrepeat: nevr\n", "above 0), or never"),
    ("when: failed\nrepeat:\n", "above 0), or never is needed"),
]


@pytest.mark.parametrize(("keys", "part"), NEEDED)
def test_a_problem_says_what_is_needed_instead(tmp_path: Path, keys: str, part: str) -> None:
    (problem,) = (one for one in rules_in(tmp_path, one_rule(keys)).problems if one.level == "error")
    assert part in problem.message


# (a title as written, column of the problem counted from the quote, word, hint)
TITLES = [
    ('"{compny} failed"', 3, "compny", "company"),
    ('"failed {}"', 9, "{}", ""),
    ('"failed {company"', 9, "{", ""),
    ('"failed company}"', 16, "}", ""),
    ('"{raw.}"', 3, "raw.", ""),
    ('"{error}"', 3, "error", "last_error"),
    ("{company} failed", 1, "{company} failed", ""),
    ("{company}", 1, "{…}", ""),
    ('" "', 1, " ", ""),
    ('"a\\nb"', 1, "a", ""),
]


@pytest.mark.parametrize(("title", "column", "word", "hint"), TITLES)
def test_a_title_names_fields_that_there_are(tmp_path: Path, title: str, column: int, word: str, hint: str) -> None:
    loaded = rules_in(tmp_path, f"rules:\n  r:\n    when: failed\n    notify: doc\n    title: {title}\n")
    found = [(p.line, p.column - 11, p.word, p.hint) for p in loaded.problems if p.level == "error"]
    assert found == [(5, column, word, hint)]


def test_braces_written_twice_are_braces(tmp_path: Path) -> None:
    title = "{{x}} {count} {within} {percent} {age} {type} {rule} {raw.a.b}"
    text = f'rules: {{r: {{title: "{title}", when: failed, notify: d}}}}\n'
    assert not rules_in(tmp_path, text).has_errors


@pytest.mark.parametrize(("other", "ours"), OTHER_WORDS.items())
def test_a_word_from_elsewhere_is_answered_with_ours(tmp_path: Path, other: str, ours: str) -> None:
    assert errors_of(tmp_path, f"when: failed\n{other}: x\n") == [(2, 1, other, ours)]


def test_a_rule_that_would_tell_nobody_is_an_error(tmp_path: Path) -> None:
    loaded = rules_in(tmp_path, "rules:\n  r: {title: t, when: failed}\n")
    assert [(p.line, p.column, p.word, p.hint) for p in loaded.problems if p.level == "error"] == [(2, 3, "r", "")]


def test_one_misspelt_key_is_one_problem(tmp_path: Path) -> None:
    loaded = rules_in(tmp_path, "rules:\n  r: {titel: t, wen: failed, channel: d}\n")
    errors = [(p.line, p.word, p.hint) for p in loaded.problems if p.level == "error"]
    assert errors == [(2, "titel", "title"), (2, "wen", "when"), (2, "channel", "notify")]


def test_a_default_that_cannot_be_read_is_told_once_and_not_at_every_rule(tmp_path: Path) -> None:
    text = 'defaults: {notify: "#doc"}\nrules:\n  a: {title: t, when: failed}\n  b: {title: t, when: failed}\n'
    loaded = rules_in(tmp_path, text)
    assert [(p.line, p.word) for p in loaded.problems if p.level == "error"] == [(1, "#doc")]


CHANNELS = """\
sources: {alfred: {kind: alfred, token: env:SECRET}}
rules: [r]
channels: {doc-alerts: C1}
people: {ana: ana@t.test}
"""


def test_a_channel_that_the_config_does_not_name_is_an_error(tmp_path: Path) -> None:
    assert errors_of(tmp_path, "when: failed\nnotify: doc-alert\n", CHANNELS) == [(2, 9, "doc-alert", "doc-alerts")]
    made = 'when: failed\nnotify: [doc-alerts, {channel: "x-{company}", otherwise: doc-alrts}]\n'
    assert errors_of(tmp_path, made, CHANNELS) == [(2, 58, "doc-alrts", "doc-alerts")]


def test_an_owner_is_a_name_of_people(tmp_path: Path) -> None:
    assert errors_of(tmp_path, "when: failed\nowner: anna\n", CHANNELS) == [(2, 8, "anna", "ana")]
    assert errors_of(tmp_path, "when: failed\nowner: ana\n", CHANNELS) == []


def test_names_of_rules_are_unique_over_the_whole_set_and_none_is_the_bots_own(tmp_path: Path) -> None:
    text = "rules:\n  a b: {title: t, when: failed, notify: d}\n  tocsin-x: {title: t, when: failed, notify: d}\n"
    words = [problem.word for problem in rules_in(tmp_path, text).problems if problem.level == "error"]
    assert words == ["a b", "tocsin-x"]


FILES = [
    ("", "empty"),
    ("# only a comment\n", "empty"),
    ("- a\n", "is a map"),
    ("rulez: {}\n", "unknown key `rulez`"),
    ("rules: []\n", "a map of rules"),
    ("defaults: {when: failed}\nrules: {}\n", "unknown key `when`"),
]


@pytest.mark.parametrize(("text", "part"), FILES)
def test_a_file_that_is_no_file_of_rules_says_so(tmp_path: Path, text: str, part: str) -> None:
    assert part in rules_in(tmp_path, text).problems[0].message
