"""What a good rule becomes."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core import troubles
from bot.core.catalogue import Outcome
from bot.core.conditions import All, AnyOf, Clause, Not, Op, lookup
from bot.core.fields import FieldType
from bot.core.kinds import EVERY_MATCH, AtLeast
from bot.core.rule import IfUnknown, Mode, Severity, Target
from tests.unit.rulepack.written import CONFIG, config_in, errors_of, rule_of, rules_in, warnings_of

TEXT = FieldType.TEXT


def test_a_rule_needs_a_title_and_when_and_has_defaults_for_the_rest(tmp_path: Path) -> None:
    rule, _ = rule_of(tmp_path, "when: failed\n")
    assert rule.when.outcomes == {Outcome.FAILED}
    assert (rule.kind, rule.per, rule.severity, rule.mode) == (EVERY_MATCH, None, Severity.WARNING, Mode.LIVE)
    assert (rule.show, rule.top, rule.resolved_by, rule.expiry_ms) == (None, None, None, 24 * 3_600_000)
    assert rule.notify == (Target("doc-alerts"),)
    assert (rule.file, rule.line) == (str(tmp_path / "rules.yaml"), 3)


def test_every_key_arrives(tmp_path: Path) -> None:
    keys = """\
        when: [failed, alfred.job.retry, "extend.*.created"]
        at_least: 5
        within: 1h30m
        distinct: subject
        per: [source, company]
        if_unknown: skip
        severity: critical
        show: [stage, raw.a.b]
        top: cause
        resolved_by: finished
        resolved_after: 30m
        expires_after: 2d
        mode: shadow
        runbook: https://wiki.t.test/x
        description: Look at it.
        notify: [a, {channel: "ops-{company}", otherwise: b}]
        """
    rule, _ = rule_of(tmp_path, keys)
    assert rule.when.types == {"alfred.job.retry"}
    assert rule.when.globs == ("extend.*.created",)
    assert rule.kind == AtLeast(5, 5_400_000, "subject")
    assert (rule.per, rule.if_unknown) == (("source", "company"), IfUnknown.SKIP)
    assert (rule.show, rule.top, rule.within_text) == (("stage", "raw.a.b"), "cause", "1h30m")
    assert rule.resolved_by is not None
    assert rule.resolved_by.outcomes == {Outcome.FINISHED}
    assert (rule.resolved_after_ms, rule.expires_after_ms) == (1_800_000, 172_800_000)
    assert (rule.mode, rule.severity, rule.description) == (Mode.SHADOW, Severity.CRITICAL, "Look at it.")
    assert rule.notify == (Target("a"), Target("ops-{company}", "b"))


def test_counting_rules_count_over_all_unless_told_otherwise(tmp_path: Path) -> None:
    assert rule_of(tmp_path, "when: failed\nat_least: 5\nwithin: 5m\n")[0].per == ()
    assert rule_of(tmp_path, "when: failed\nper: all\n")[0].per == ()


@pytest.mark.parametrize(
    ("when", "per"),
    [
        ("any", "[source, environment]"),
        ("failed", "source"),
        ("exceeded_retries", "job"),
        ("alfred.job.failed", "subject"),
        ("needs_review", "run"),
        ('"extend.*_run.failed"', "run"),
        ("step_failed", "run"),
        ("alfred.file.failed", "file"),
        ("alfred.file.add_to_job", "[job, file]"),
        ("extend.batch_parse_run.failed", "batch"),
    ],
)
def test_a_field_that_is_always_there_needs_no_if_unknown(tmp_path: Path, when: str, per: str) -> None:
    assert errors_of(tmp_path, f"when: {when}\nper: {per}\n") == []


def test_defaults_of_the_file_win_over_the_configs_and_a_rules_own_key_over_both(tmp_path: Path) -> None:
    config = CONFIG + "defaults: {notify: from-config, severity: info, show: [cause]}\n"
    text = """\
        defaults: {severity: error, mode: shadow, if_unknown: skip}
        rules:
          a: {title: t, when: failed, per: job}
          b: {title: t, when: failed, severity: critical, notify: own, mode: live, show: []}
        """
    rules = rules_in(tmp_path, text, config).rule_set.rules
    a, b = rules["a"], rules["b"]
    assert (a.notify, a.severity, a.show, a.mode) == ((Target("from-config"),), Severity.ERROR, ("cause",), Mode.SHADOW)
    assert a.if_unknown is IfUnknown.SKIP
    assert (b.notify, b.severity, b.show, b.mode) == ((Target("own"),), Severity.CRITICAL, (), Mode.LIVE)


def test_wrong_defaults_in_the_config_are_told_in_the_config(tmp_path: Path) -> None:
    loaded = rules_in(tmp_path, "rules: {r: {title: t, when: failed}}\n", CONFIG + "defaults: {notfy: x}\n")
    first = next(problem for problem in loaded.problems if problem.level == "error")
    assert (first.file, first.line, first.column, first.hint) == (str(tmp_path / "config.yaml"), 5, 12, "notify")


def test_more_types_of_a_source_may_be_named(tmp_path: Path) -> None:
    config = CONFIG.replace("secrets: [env:SECRET]", "secrets: [env:SECRET], more_types: [extend.verify_run.failed]")
    assert errors_of(tmp_path, "when: extend.verify_run.failed\n", config) == []
    assert errors_of(tmp_path, 'when: "*verify*"\n', config) == []
    assert errors_of(tmp_path, "when: extend.verify_run.failed\n") != []


# (where, the condition)
CONDITIONS = [
    ("{company: Acme}", Clause("company", Op.IS, "Acme", TEXT)),
    ("{company: 0123}", Clause("company", Op.IS, "0123", TEXT)),
    ("{company: no}", Clause("company", Op.IS, "no", TEXT)),
    ("{company: [A, B]}", Clause("company", Op.IS, ("A", "B"), TEXT)),
    ("{company: {is_not: [A, B]}}", Clause("company", Op.IS_NOT, ("A", "B"), TEXT)),
    ("{retries: 6}", Clause("retries", Op.IS, 6, FieldType.NUMBER)),
    ('{retries: {at_least: "3"}}', Clause("retries", Op.AT_LEAST, 3, FieldType.NUMBER)),
    ("{score: {less_than: 0.5}}", Clause("score", Op.LESS_THAN, 0.5, FieldType.NUMBER)),
    ("{valid: no}", Clause("valid", Op.IS, operand=False, field_type=FieldType.YES_NO)),
    ("{valid: [yes, true]}", Clause("valid", Op.IS, (True, True), FieldType.YES_NO)),
    ("{company: {exists: no}}", Clause("company", Op.EXISTS, operand=False)),
    ("{errors: {contains: OCR}}", Clause("errors", Op.CONTAINS, "OCR", FieldType.LIST)),
    ("{raw.a.b: 5}", Clause("raw.a.b", Op.IS, "5", FieldType.RAW)),
    ("{raw.a.b: {more_than: 5}}", Clause("raw.a.b", Op.MORE_THAN, 5, FieldType.RAW)),
    (
        "{company: A, stage: B}",
        All((Clause("company", Op.IS, "A", TEXT), Clause("stage", Op.IS, "B", TEXT))),
    ),
    (
        "{company: {starts_with: A, ends_with: B}}",
        All((Clause("company", Op.STARTS_WITH, "A", TEXT), Clause("company", Op.ENDS_WITH, "B", TEXT))),
    ),
    (
        "{any: [{company: A}, {stage: B}]}",
        AnyOf((Clause("company", Op.IS, "A", TEXT), Clause("stage", Op.IS, "B", TEXT))),
    ),
    (
        "{any: {company: A, stage: B}}",
        AnyOf((Clause("company", Op.IS, "A", TEXT), Clause("stage", Op.IS, "B", TEXT))),
    ),
    (
        "{not: {company: A, stage: B}}",
        Not(All((Clause("company", Op.IS, "A", TEXT), Clause("stage", Op.IS, "B", TEXT)))),
    ),
    (
        "{company: {any: [A, {contains: B}], not: C}}",
        All(
            (
                AnyOf((Clause("company", Op.IS, "A", TEXT), Clause("company", Op.CONTAINS, "B", TEXT))),
                Not(Clause("company", Op.IS, "C", TEXT)),
            )
        ),
    ),
    ("{all: [{company: A}]}", All((Clause("company", Op.IS, "A", TEXT),))),
]


@pytest.mark.parametrize(("where", "condition"), CONDITIONS)
def test_where_becomes_the_tree_that_the_core_asks(tmp_path: Path, where: str, condition: object) -> None:
    assert rule_of(tmp_path, f"when: any\nwhere: {where}\n")[0].where == condition


def test_not_of_two_means_not_both(tmp_path: Path) -> None:
    test = rule_of(tmp_path, "when: any\nwhere: {not: {company: A, stage: B}}\n")[0].where.compiled()
    assert test(lookup({"company": "A", "stage": "C"}, None))
    assert not test(lookup({"company": "A", "stage": "B"}, None))


# (keys, part of the warning)
WARNED = [
    ("when: failed\nwhere: {company: {matches: Acme}}\n", "`contains`"),
    ("when: failed\nwhere: {company: {matches: '^Acme$'}}\n", "`is`"),
    ("when: failed\nwhere: {company: {matches: '^Ac\\.me'}}\n", "`starts_with`"),
    ("when: failed\nwhere: {company: {matches: 'Acme$'}}\n", "`ends_with`"),
    ("when: failed\nper: job\nif_unknown: skip\n", "only events of alfred have `job`"),
    ("when: failed\nwhere: {any: [{workflow: A}]}\n", "only events of extend have `workflow`"),
]


@pytest.mark.parametrize(("keys", "part"), WARNED)
def test_what_is_doubtful_is_a_warning(tmp_path: Path, keys: str, part: str) -> None:
    warnings = warnings_of(tmp_path, keys)
    assert len(warnings) == 1
    assert part in warnings[0]


@pytest.mark.parametrize(
    "keys", ["when: failed\nwhere: {company: {matches: 'A.*e'}}\n", "when: needs_review\nper: run\n"]
)
def test_what_is_well_written_gives_no_warning(tmp_path: Path, keys: str) -> None:
    assert warnings_of(tmp_path, keys) == []


def test_a_platform_without_a_source_is_a_warning_so_that_packs_can_be_shared(tmp_path: Path) -> None:
    config = "sources: {extend: {kind: extend, secrets: [env:SECRET]}}\nrules: [r]\n"
    assert "no source of kind alfred" in warnings_of(tmp_path, "when: alfred.job.failed\n", config)[0]


@pytest.mark.parametrize("examples", ["", "examples: {}\n"])
def test_no_examples_is_a_warning(tmp_path: Path, examples: str) -> None:
    _, problems = rule_of(tmp_path, "when: failed\n" + examples)
    assert [(p.level, p.word) for p in problems] == [("warning", "r")]


def test_the_version_is_the_content_and_nothing_else(tmp_path: Path) -> None:
    text = "rules: {r: {title: t, when: failed, notify: d}}\n"
    first = rules_in(tmp_path, text).rule_set.version
    assert rules_in(tmp_path, text).rule_set.version == first
    assert rules_in(tmp_path, text + "# a word\n").rule_set.version != first
    assert rules_in(tmp_path, text, CONFIG + "channels: {d: C1}\n").rule_set.version != first
    assert rules_in(tmp_path, text, CONFIG + "defaults: {severity: info}\n").rule_set.version != first


def test_webhooks_are_the_channels_that_there_are(tmp_path: Path) -> None:
    config = CONFIG + "slack: {webhooks: {doc-alerts: env:SECRET, other: env:UNSET}}\n"
    loaded = rules_in(tmp_path, "rules: {r: {title: t, when: failed, notify: other}}\n", config)
    assert loaded.rule_set.channels == {"doc-alerts": "doc-alerts", "other": "other"}
    assert errors_of(tmp_path, "when: failed\nnotify: othr\n", config) == [(2, 9, "othr", "other")]
    assert config_in(tmp_path, config).preview is False


def test_every_trouble_of_the_bots_own_may_be_named(tmp_path: Path) -> None:
    types = [troubles.RULE_SET_ASIDE, troubles.RULE_OVERFLOWS, troubles.DELIVERY_PARKED, troubles.RULES_REFUSED]
    rule, _ = rule_of(tmp_path, f"when: [{', '.join(types)}]\n")
    assert rule.when.types == set(types)
    assert errors_of(tmp_path, "when: tocsin.rule.set_asid\n") == [
        (1, 7, "tocsin.rule.set_asid", troubles.RULE_SET_ASIDE)
    ]
