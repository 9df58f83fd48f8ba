"""What config.yaml may say of digests."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from zoneinfo import ZoneInfo

import pytest

from bot.config.digest import SECTIONS
from bot.config.load import examine_config
from bot.config.model import Config
from bot.core.conditions import Clause, Op
from bot.core.rule import ALWAYS
from bot.digests.plan import Plan, read_plans
from bot.errors import Problem

BASE = """\
sources: {extend: {kind: extend, secrets: [env:A]}}
rules: [rules/]
timezone: America/Santo_Domingo
hours: {office: {days: mon-fri, from: "08:00", to: "18:00"}}
people: {oncall: S1AB}
digests:
"""


def examined(tmp_path: Path, text: str) -> tuple[Config, list[Problem]]:
    path = tmp_path / "config.yaml"
    path.write_text(BASE + "".join(f"  {line}\n" for line in dedent(text).splitlines()), encoding="utf-8")
    config, problems = examine_config(path, {"A": "x"}, dev=False, secrets_required=True)
    assert config is not None
    return config, [problem for problem in problems if problem.level == "error"]


def plan(tmp_path: Path, text: str) -> Plan:
    config, problems = examined(tmp_path, f"d: {{notify: a, {text}}}")
    plans, more = read_plans(config)
    assert [*problems, *more] == []
    return plans["d"]


def test_a_time_and_a_channel_are_enough(tmp_path: Path) -> None:
    found = plan(tmp_path, 'at: "08:30"')

    assert (found.digest.at, found.digest.days, found.digest.notify) == (30_600, frozenset(range(7)), ("a",))
    assert (found.digest.cover, found.digest.sections, found.digest.when_empty) == ("since_last", SECTIONS, "all_quiet")
    assert (found.zone.key, found.where, found.filters) == ("America/Santo_Domingo", ALWAYS, False)
    assert found.hours is not None  # the only ones there are


def test_every_key_is_read(tmp_path: Path) -> None:
    text = """\
    d:
      at: "23:59:30"
      monthly: last
      timezone: Europe/Madrid
      notify: [a, b]
      cover: week
      where: {company: Acme}
      sections: [ledger, chart]
      when_empty: silent
      during: office
      mention: oncall
    """
    config, problems = examined(tmp_path, text)
    plans, more = read_plans(config)
    found = plans["d"]

    assert [*problems, *more] == []
    assert (found.digest.at, found.digest.day_of_month, found.zone) == (86_370, 31, ZoneInfo("Europe/Madrid"))
    assert (found.digest.notify, found.digest.cover) == (("a", "b"), "week")
    assert found.where == Clause("company", Op.IS, "Acme")
    assert (found.digest.sections, found.digest.when_empty) == (("ledger", "chart"), "silent")
    assert (found.digest.mention, found.hours and found.hours.name) == ("oncall", "office")


def test_weekly_is_one_day_and_a_duration_is_a_cover(tmp_path: Path) -> None:
    found = plan(tmp_path, 'at: "08:30", weekly: fri, cover: 36h').digest

    assert (found.days, found.cover) == (frozenset({4}), 36 * 3_600_000)


def test_figures_of_other_conditions_another_time_or_another_zone_are_not_comparable(tmp_path: Path) -> None:
    texts = (
        'at: "08:30"',
        'at: "08:31"',
        'at: "08:30", timezone: UTC',
        'at: "08:30", where: {company: Acme}',
        'at: "08:30", where: {company: Beta}',
    )
    scopes = {plan(tmp_path, text).scope for text in texts}

    assert len(scopes) == len(texts)
    assert plan(tmp_path, 'at: "08:30", cover: day').scope in scopes


@pytest.mark.parametrize(
    ("text", "word", "hint"),
    [
        ("at: 8:30", "8:30", ""),
        ('at: "24:00"', "24:00", ""),
        ('at: "08:30", weekly: mon-fri', "mon-fri", ""),
        ('at: "08:30", monthly: 32', "32", ""),
        ('at: "08:30", days: mon, weekly: tue', "weekly", ""),
        ('at: "08:30", weekly: mon, monthly: 1', "monthly", ""),
        ('at: "08:30", cover: yesterday', "yesterday", ""),
        ('at: "08:30", cover: since-last', "since-last", "since_last"),
        ('at: "08:30", cover: weak', "weak", "week"),
        ('at: "08:30", cover: 36 hours', "36 hours", "36h"),
        ('at: "08:30", sections: [causes, compnies]', "compnies", "companies"),
        ('at: "08:30", sections: []', "[…]", ""),
        ('at: "08:30", when_empty: quiet', "quiet", "all_quiet"),
        ('at: "08:30", during: offce', "offce", "office"),
        ('at: "08:30", mention: oncal', "oncal", "oncall"),
        ('at: "08:30", timezone: Mars', "Mars", ""),
    ],
)
def test_a_mistake_is_named_with_the_nearest_word(tmp_path: Path, text: str, word: str, hint: str) -> None:
    _, problems = examined(tmp_path, f"d: {{notify: a, {text}}}")

    assert [problem.word for problem in problems] == [word]
    assert not hint or problems[0].hint == hint


@pytest.mark.parametrize(
    ("where", "word"),
    [
        ("{compny: Acme}", "compny"),
        ("{}", "{…}"),
        ("{raw.status: x}", "raw.status"),
        ("{retries: {at_least: many}}", "many"),
    ],
)
def test_conditions_are_the_rule_languages_and_look_at_stored_fields_only(
    tmp_path: Path, where: str, word: str
) -> None:
    config, problems = examined(tmp_path, f'd: {{notify: a, at: "08:30", where: {where}}}')
    _, more = read_plans(config)

    assert [problem.word for problem in [*problems, *more]] == [word]
    assert all(problem.line == 7 for problem in more)
