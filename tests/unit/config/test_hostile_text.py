"""Whatever bytes a config or a rule file holds: problems come out, never an exception."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.config.load import examine_config
from bot.config.schema import CONFIG
from bot.errors import Problem
from bot.rulepack.example_schema import EXAMPLES, EXPECTATION
from bot.rulepack.load import LoadedRules, read_rules
from bot.rulepack.schema import RULE
from tests.laws import LAW
from tests.unit.rulepack.written import CONFIG as GOOD_CONFIG
from tests.unit.rulepack.written import config_in, tried_rules

KEYS = sorted(
    {key.name for section in (CONFIG, RULE) for key in section.keys} | {"defaults", "events", "expect", "any"}
)
SCALARS = st.one_of(
    st.sampled_from(
        ["failed", "alfred.job.failed", "5m", "3", "20%", "{company}", "*", "doc", "all", "mon 09:00", "yes"]
    ),
    st.text(max_size=12),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(KEYS), st.text(max_size=6)), inner, max_size=4),
    ),
    max_leaves=25,
)
KINDS: list[dict[str, Any]] = [
    {},
    {"at_least": 2, "within": "5m", "distinct": "run"},
    {"at_least": "20%", "of": "any", "within": "5m", "per": "all"},
    {"consecutive": 2, "repeat": "1h"},
    {"not_followed_by": "finished", "within": "5m", "group_wait": "5m"},
    {"absent_for": "5m", "per": "all"},
    {"new_value": "stage", "within": "5m", "then": [{"after": "3m"}]},
]
STILL = settings(LAW, suppress_health_check=[HealthCheck.function_scoped_fixture])


def examined_config(tmp_path: Path, content: bytes) -> list[Problem]:
    path = tmp_path / "config.yaml"
    path.write_bytes(content)
    return examine_config(path, {}, dev=False, secrets_required=True)[1]


def examined_rules(tmp_path: Path, content: bytes) -> LoadedRules:
    path = tmp_path / "rules.yaml"
    path.write_bytes(content)
    return read_rules([path], config_in(tmp_path, GOOD_CONFIG))


def well_formed(problems: list[Problem] | tuple[Problem, ...]) -> bool:
    return all(p.line >= 0 and p.column >= 0 and p.message and p.level in {"error", "warning"} for p in problems)


@given(st.binary(max_size=200))
@example(b"\xff\xfe")
@example(b"a: \xed\xa0\x80")
@STILL
def test_arbitrary_bytes(tmp_path: Path, content: bytes) -> None:
    assert well_formed(examined_config(tmp_path, content))
    assert well_formed(examined_rules(tmp_path, content).problems)


@given(st.text(alphabet=st.sampled_from("abk:-[]{}\"'#&*!|>%@`,?\n  \\~."), max_size=60))
@STILL
def test_arbitrary_yaml_text(tmp_path: Path, content: str) -> None:
    found = examined_config(tmp_path, content.encode())
    assert found
    assert well_formed(found)


@given(TREES)
@STILL
def test_arbitrary_trees_as_config(tmp_path: Path, tree: Any) -> None:
    assert well_formed(examined_config(tmp_path, yaml.safe_dump(tree, allow_unicode=True).encode()))


@given(st.dictionaries(st.sampled_from([key.name for key in RULE.keys]), TREES, max_size=8))
@STILL
def test_arbitrary_trees_as_rule(tmp_path: Path, rule: dict[str, Any]) -> None:
    written = {"defaults": {"notify": "doc"}, "rules": {"r": {"title": "t", "when": "any", **rule}}}
    loaded = examined_rules(tmp_path, yaml.safe_dump(written, allow_unicode=True).encode())
    assert well_formed(loaded.problems)
    assert loaded.has_errors or "r" in loaded.rule_set.rules


@given(
    st.sampled_from(KINDS),
    st.lists(
        st.dictionaries(st.sampled_from(["type", "at", "job", "times", "every", "ack", "id", "raw"]), SCALARS),
        max_size=3,
    ),
    st.lists(st.dictionaries(st.sampled_from([key.name for key in EXPECTATION.keys]), TREES, max_size=4), max_size=3),
)
@STILL
def test_arbitrary_examples(tmp_path: Path, kind: dict[str, Any], events: list[Any], expect: list[Any]) -> None:
    rule = {"title": "t", "when": "failed", "per": "job", "if_unknown": "skip", "notify": "doc", **kind}
    written = {"rules": {"r": {**rule, "examples": {"e": {"events": events, "expect": expect}}}}}
    loaded = examined_rules(tmp_path, yaml.safe_dump(written, allow_unicode=True).encode())
    assert well_formed(loaded.problems)
    for result in tried_rules(loaded, config_in(tmp_path, GOOD_CONFIG)):
        assert result.ok is not bool(result.message)


@pytest.mark.parametrize("depth", [33, 5_000])
def test_deep_nesting_is_refused_and_not_recursed_into(tmp_path: Path, depth: int) -> None:
    found = examined_config(tmp_path, b"a: " + b"[" * depth + b"]" * depth)
    assert ["deeper than 32" in problem.message for problem in found] == [True]


def test_the_table_of_examples_takes_part_in_the_rules() -> None:
    assert any(key.shape is EXAMPLES for key in RULE.keys)
