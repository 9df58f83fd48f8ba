"""`tocsin check` as a person and as a program meet it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli.check import command
from bot.errors import UsageError
from tests.unit.rulepack.written import CONFIG, NAMES

RULES = """\
defaults: {notify: doc-alerts}
rules:
  overdue:
    title: "Review overdue: {document}"
    when: needs_review
    not_followed_by: finished
    within: 30m
    during: office
    examples:
      overdue:
        events: [{type: extend.workflow_run.needs_review, run: R1}]
        expect: [{at: 30m, fires: R1}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.yaml").write_text(CONFIG + NAMES, encoding="utf-8")
    (tmp_path / "rules.yaml").write_text(RULES, encoding="utf-8")
    return tmp_path


def check(folder: Path, *options: str) -> tuple[int, str]:
    told = ["--config", str(folder / "config.yaml"), *options]
    result = CliRunner().invoke(command, told, standalone_mode=False, catch_exceptions=False)
    return int(result.return_value), result.stdout


def test_explain_prints_each_rule_before_the_problems(folder: Path) -> None:
    code, said = check(folder, "--explain")
    lines = said.splitlines()
    assert code == 0
    assert lines[0] == f"overdue ({folder / 'rules.yaml'}:3)"
    assert "  clock:       runs only in office (mon-fri 08:00 to 18:00, UTC, not on 1 holiday)" in lines
    assert lines[-1].startswith("0 errors, ")


def test_explain_says_also_what_can_be_used_of_a_set_with_an_error(folder: Path) -> None:
    (folder / "rules.yaml").write_text(RULES + "  broken: {title: t, when: faild}\n", encoding="utf-8")
    code, said = check(folder, "--explain")
    assert code == 1
    assert "overdue (" in said
    assert "did you mean failed?" in said


def test_explain_is_for_people_and_json_for_programs(folder: Path) -> None:
    with pytest.raises(UsageError):
        check(folder, "--explain", "--json")


def test_a_failed_example_is_told_with_its_timeline(folder: Path) -> None:
    (folder / "rules.yaml").write_text(RULES.replace("at: 30m, fires", "at: 31m, fires"), encoding="utf-8")
    code, said = check(folder, "--json")
    assert code == 1
    (example,) = json.loads(said)["examples"]
    assert example["message"] == (
        "expected fires R1 at mon 09:31:00 (+31m), but that happened at mon 09:30:00 (+30m); "
        "fires R1 at mon 09:30:00 (+30m) was not expected"
    )
    assert [line.split("  ", 1)[1] for line in example["timeline"][:2]] == [
        "extend.workflow_run.needs_review run=R1  (waits 30m for what should follow)",
        '  -> fires R1: "Review overdue: R1" to doc-alerts',
    ]
