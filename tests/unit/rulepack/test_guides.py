"""The pages on rules and config: their tables are the code's, and every snippet works as printed.

What docs/writing-rules.md has one do step by step is followed by tests/e2e/test_guide.py.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from bot.config.load import load_config
from bot.core.catalogue import Outcome
from bot.core.fields import FIELDS
from bot.core.kinds import Kind
from tests.tools.key_tables import DOCS, PAGES, SECTIONS, operators, renewed, tables_in
from tests.unit.rulepack.written import CONFIG, NAMES, rules_in, tried

RULES_PAGE = (DOCS / "rules.md").read_text(encoding="utf-8")
CONFIG_PAGE = (DOCS / "config.md").read_text(encoding="utf-8")
RECIPES = (DOCS / "writing-rules.md").read_text(encoding="utf-8").split("\n## Which kind of rule?\n")[1]


def snippets(page: str) -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", PAGES)
def test_the_tables_of_keys_are_those_of_the_code(name: str) -> None:
    page = (DOCS / name).read_text(encoding="utf-8")
    assert page == renewed(page), "run: python -m tests.tools.key_tables --write"


def test_every_table_of_keys_is_on_a_page() -> None:
    assert tables_in(RULES_PAGE) | tables_in(CONFIG_PAGE) == set(SECTIONS)


@pytest.mark.parametrize("snippet", snippets(RULES_PAGE), ids=lambda text: text.split("\n")[1].strip())
def test_every_snippet_of_rules_loads_and_its_examples_pass(tmp_path: Path, snippet: str) -> None:
    loaded = rules_in(tmp_path, snippet, CONFIG + NAMES)
    assert [problem.message for problem in loaded.problems if problem.level == "error"] == []
    assert [result.message for result in tried(tmp_path, snippet, CONFIG + NAMES) if not result.ok] == []


@pytest.mark.parametrize("snippet", snippets(RECIPES), ids=lambda text: text.split("\n")[1].strip())
def test_every_recipe_loads_with_the_smallest_config_without_a_warning_and_its_examples_pass(
    tmp_path: Path, snippet: str
) -> None:
    assert [problem.message for problem in rules_in(tmp_path, snippet).problems] == []
    results = tried(tmp_path, snippet)
    assert [result.message for result in results if not result.ok] == []
    assert len(results) > 1


def test_there_is_a_recipe_for_every_kind_of_rule(tmp_path: Path) -> None:
    shown = {type(rule.kind) for text in snippets(RECIPES) for rule in rules_in(tmp_path, text).rule_set.rules.values()}
    assert shown == set(get_args(Kind))


@pytest.mark.parametrize("snippet", snippets(CONFIG_PAGE))
def test_every_snippet_of_the_config_loads(tmp_path: Path, snippet: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(snippet, encoding="utf-8")
    assert load_config(path, {}, secrets_required=False).sources


def test_the_guide_names_every_operator_outcome_and_field() -> None:
    words = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`]*)`", RULES_PAGE))))
    assert operators() | {outcome.value for outcome in Outcome} | set(FIELDS) <= words


def test_every_rule_of_the_page_has_examples() -> None:
    assert all("examples:" in snippet for snippet in snippets(RULES_PAGE))
