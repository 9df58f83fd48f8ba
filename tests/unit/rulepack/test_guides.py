"""docs/rules.md and docs/config.md: their tables are the code's, and every snippet works as printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.config.load import load_config
from bot.core.catalogue import Outcome
from bot.core.fields import FIELDS
from tests.tools.key_tables import DOCS, PAGES, SECTIONS, operators, renewed, tables_in
from tests.unit.rulepack.written import rules_in, tried

RULES_PAGE = (DOCS / "rules.md").read_text(encoding="utf-8")
CONFIG_PAGE = (DOCS / "config.md").read_text(encoding="utf-8")


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
    loaded = rules_in(tmp_path, snippet)
    assert [problem.message for problem in loaded.problems if problem.level == "error"] == []
    assert [result.message for result in tried(tmp_path, snippet) if not result.ok] == []


@pytest.mark.parametrize("snippet", snippets(CONFIG_PAGE))
def test_every_snippet_of_the_config_loads(tmp_path: Path, snippet: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(snippet, encoding="utf-8")
    assert load_config(path, {}, secrets_required=False).sources


def test_the_guide_names_every_operator_outcome_and_field() -> None:
    words = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`]*)`", RULES_PAGE))))
    assert operators() | {outcome.value for outcome in Outcome} | set(FIELDS) <= words


def test_the_first_rule_of_the_guide_is_whole() -> None:
    assert all("examples:" in snippet for snippet in snippets(RULES_PAGE)[1:])
