"""Every kind of condition, every clock and every way of telling: what the keys of a rule become."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from bot.core.catalogue import Outcome
from bot.core.hours import recurring
from bot.core.kinds import EVERY_MATCH, AbsentFor, AtLeast, Consecutive, NewValue, NotFollowedBy, Share
from bot.core.rule import MS_PER_DAY, Escalation, IfUnknown, Target
from bot.core.ruleset import Storm
from bot.core.selector import Selector
from tests.unit.rulepack.written import CONFIG, NAMES, config_in, errors_of, rule_of, rules_in

MINUTE = 60_000
HOUR = 60 * MINUTE
FINISHED = Selector(outcomes=frozenset({Outcome.FINISHED}))
OF = Selector(outcomes=frozenset({Outcome.FINISHED, Outcome.FAILED}))

# (keys beside `when: failed`, the kind, the default of `per`)
KINDS = [
    ("", EVERY_MATCH, None),
    ("at_least: 5\nwithin: 15m\n", AtLeast(5, 15 * MINUTE), ()),
    ("at_least: 5\nwithin: 15m\ndistinct: company\n", AtLeast(5, 15 * MINUTE, "company"), ()),
    (
        "at_least: 20%\nof: [finished, failed]\nwithin: 1h\nminimum: 20\n",
        Share(Fraction(1, 5), OF, HOUR, 20),
        (),
    ),
    ("at_least: 0.5%\nof: [finished, failed]\nwithin: 1h\n", Share(Fraction(1, 200), OF, HOUR, 1), ()),
    ("at_least: 100%\nof: [finished, failed]\nwithin: 1h\n", Share(Fraction(1), OF, HOUR, 1), ()),
    ("consecutive: 3\n", Consecutive(3, FINISHED), ()),
    (
        "consecutive: 3\nunless: [finished, cancelled]\n",
        Consecutive(3, Selector(outcomes=frozenset({Outcome.FINISHED, Outcome.CANCELLED}))),
        (),
    ),
    ("not_followed_by: finished\nwithin: 30m\n", NotFollowedBy(FINISHED, 30 * MINUTE), None),
    ("absent_for: 2h\n", AbsentFor(2 * HOUR), ()),
    ("new_value: cause\nwithin: 30d\n", NewValue("cause", 30 * MS_PER_DAY), ("cause",)),
]


@pytest.mark.parametrize(("keys", "kind", "per"), KINDS)
def test_the_keys_of_a_kind_become_it_with_its_own_default_of_per(
    tmp_path: Path, keys: str, kind: object, per: object
) -> None:
    rule, _ = rule_of(tmp_path, "when: failed\n" + keys)
    assert rule.kind == kind
    assert rule.per == per


@pytest.mark.parametrize(("keys", "kind", "_per"), KINDS)
def test_per_says_otherwise_for_every_kind(tmp_path: Path, keys: str, kind: object, _per: object) -> None:
    rule, _ = rule_of(tmp_path, "when: failed\nper: [source, environment]\n" + keys)
    assert (rule.kind, rule.per) == (kind, ("source", "environment"))
    assert errors_of(tmp_path, "when: failed\nper: job\n" + keys) == [(2, 6, "job", "")]


def test_a_value_that_is_missing_is_no_new_one_unless_the_rule_says_so(tmp_path: Path) -> None:
    keys = "when: failed\nnew_value: cause\nwithin: 30d\n"
    assert rule_of(tmp_path, keys)[0].if_unknown is IfUnknown.SKIP
    assert rule_of(tmp_path, keys + "if_unknown: separate\n")[0].if_unknown is IfUnknown.SEPARATE


@pytest.mark.parametrize(("keys", "text"), [("absent_for: 2h\n", "2h"), ("at_least: 2\nwithin: 1h30m\n", "1h30m")])
def test_within_in_a_title_is_written_as_in_the_rule(tmp_path: Path, keys: str, text: str) -> None:
    assert rule_of(tmp_path, "when: failed\n" + keys)[0].within_text == text


def test_every_key_of_telling_arrives(tmp_path: Path) -> None:
    keys = """\
        when: failed
        absent_for: 2h
        during: office
        notify_during: nights
        group_wait: 5m
        repeat: 4h
        then:
          - {after: 3h}
          - {after: 2h, unless: acknowledged, notify: [a, {channel: "x-{company}", otherwise: b}], mention: ana}
        """
    rule, _ = rule_of(tmp_path, keys, CONFIG + NAMES)
    zone = config_in(tmp_path, CONFIG + NAMES).timezone
    office = recurring("office", days=range(5), start=480, end=1080, zone=zone, holidays=[date(2026, 1, 6)])
    assert rule.during == office
    assert rule.notify_during is not None
    assert (rule.notify_during.name, rule.notify_during.week[0], rule.notify_during.week[6]) == (
        "nights",
        ((1320, 1800),),
        ((1320, 1800),),
    )
    assert str(rule.notify_during.zone) == "Europe/Madrid"
    assert (rule.group_wait_ms, rule.repeat_ms) == (5 * MINUTE, 4 * HOUR)
    assert rule.then == (
        Escalation(after_ms=2 * HOUR, notify=(Target("a"), Target("x-{company}", "b")), mention="ana"),
        Escalation(after_ms=3 * HOUR),
    )


def test_one_step_needs_no_list(tmp_path: Path) -> None:
    assert rule_of(tmp_path, "when: failed\nthen: {after: 2h}\n")[0].then == (Escalation(after_ms=2 * HOUR),)


def test_a_rule_undoes_what_defaults_say(tmp_path: Path) -> None:
    text = """\
        defaults: {notify: d, repeat: 4h, notify_during: office}
        rules:
          a: {title: t, when: failed}
          b: {title: t, when: failed, repeat: never, notify_during: always}
          c: {title: t, when: failed, repeat: 1h, notify_during: nights}
        """
    loaded = rules_in(tmp_path, text, CONFIG + NAMES + "defaults: {repeat: 2h}\n")
    assert not loaded.has_errors, loaded.problems
    found = {
        name: (rule.repeat_ms, rule.notify_during and rule.notify_during.name)
        for name, rule in loaded.rule_set.rules.items()
    }
    assert found == {"a": (4 * HOUR, "office"), "b": (None, None), "c": (HOUR, "nights")}


def test_storm_and_admin_channel_of_the_config_arrive(tmp_path: Path) -> None:
    config = CONFIG + "storm: {messages: 7, within: 2m}\nslack: {bot_token: env:SECRET, admin_channel: ops}\n"
    rule_set = rules_in(tmp_path, "rules: {}\n", config).rule_set
    assert (rule_set.storm, rule_set.admin_channel) == (Storm(messages=7, within_ms=2 * MINUTE), "ops")
    rule_set = rules_in(tmp_path, "rules: {}\n").rule_set
    assert (rule_set.storm, rule_set.admin_channel) == (Storm(messages=20, within_ms=5 * MINUTE), None)


@pytest.mark.parametrize(
    "more", ["storm: {messages: 7}\n", "slack: {admin_channel: ops}\n", "timezone: Europe/Madrid\n"]
)
def test_the_version_changes_with_what_decides(tmp_path: Path, more: str) -> None:
    text = "rules: {r: {title: t, when: failed, notify: d}}\n"
    assert rules_in(tmp_path, text).rule_set.version != rules_in(tmp_path, text, CONFIG + more).rule_set.version


def test_the_version_changes_with_the_hours(tmp_path: Path) -> None:
    text = "rules: {r: {title: t, when: failed, notify: d, notify_during: office}}\n"
    moved = NAMES.replace('from: "08:00"', 'from: "07:00"')
    holiday = NAMES.replace("2026-01-06", "2026-01-07")
    versions = {rules_in(tmp_path, text, CONFIG + names).rule_set.version for names in (NAMES, moved, holiday)}
    assert len(versions) == 3


def test_rules_may_inhibit_each_other_across_files(tmp_path: Path) -> None:
    text = """\
        defaults: {notify: d}
        rules:
          symptom: {title: t, when: failed, inhibited_by: [cause, deeper]}
          cause: {title: t, when: invalid, inhibited_by: deeper}
          deeper: {title: t, when: rejected}
        """
    loaded = rules_in(tmp_path, text)
    assert not loaded.has_errors, loaded.problems
    assert loaded.rule_set.rules["symptom"].inhibited_by == ("cause", "deeper")
