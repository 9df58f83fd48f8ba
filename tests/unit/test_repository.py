"""What a clone must keep: locks without addresses, a wheel with everything, entries for who follows."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import bot

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock")
PIN = re.compile(r"([a-z0-9-]+)==(\S+)( ; [^\\]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")


def _pins(lock: str) -> dict[str, str]:
    found = (PIN.fullmatch(line) for line in (ROOT / lock).read_text().splitlines())
    return {match[1]: match[2] for match in found if match}


def _wanted(requirements: list[str]) -> set[str]:
    return {re.split(r"[^A-Za-z0-9-]", requirement)[0].lower() for requirement in requirements}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_names_versions_and_hashes_and_nothing_else(lock: str) -> None:
    lines = (ROOT / lock).read_text().splitlines()

    assert [line for line in lines if not (PIN.fullmatch(line) or HASH.fullmatch(line))] == []


def test_what_tests_need_agrees_with_what_the_bot_runs_on() -> None:
    assert _pins("requirements.lock").items() <= _pins("requirements-dev.lock").items()


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())

    assert _wanted(project["project"]["dependencies"]) <= _pins("requirements.lock").keys()
    assert _wanted(project["dependency-groups"]["dev"]) <= _pins("requirements-dev.lock").keys()


def test_runtime_and_development_are_apart() -> None:
    assert not {"pytest", "mypy", "ruff", "uv", "extend-ai", "setuptools"} & _pins("requirements.lock").keys()


def test_every_dependency_of_the_bot_has_its_reason_on_record() -> None:
    record = (ROOT / "docs/adr/0008-dependencies.md").read_text()
    named = set(re.findall(r"^\| ([a-z0-9-]+) \|", record, re.MULTILINE)) - {"package"}

    assert _wanted(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]) == named


def test_the_changelog_tells_of_this_version() -> None:
    assert f"## {bot.__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_ci_runs_what_a_developer_runs() -> None:
    commands = [line for line in (ROOT / ".ci/run").read_text().splitlines() if line and not line.startswith("#")]

    assert commands == ["set -e", 'cd "$(dirname "$0")/.."', "make test"]
