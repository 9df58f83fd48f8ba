"""A rule set is known again from its stored text: the same version, the same rules, without the files."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from bot.errors import InvalidInputError, TocsinError
from bot.service.checker import Order, checked, fixed_parts
from bot.service.ruletexts import RuleTexts, pack, rule_set_of, unpack
from bot.service.setup import load_setup, read_config
from tests.e2e.bots import ENV, ROOT, SOURCES

SAMPLED = """
rules:
  gives-up:
    title: "{job} gives up"
    when: exceeded_retries
    notify: doc-alerts
    examples:
      a sample that lies elsewhere:
        events: [{sample: there.json, source: alfred}]
        expect: []
"""


def settle(folder: Path, rules: str, more: str = "") -> Path:
    (folder / "rules.yaml").write_text(rules, "utf-8")
    (folder / "config.yaml").write_text(f"{SOURCES}rules: [rules.yaml]\n{more}", "utf-8")
    return folder / "config.yaml"


@pytest.mark.parametrize("more", ["", "slack: {webhooks: {doc-alerts: env:HOOK}, admin_channel: doc-alerts}\n"])
def test_the_shipped_rules_are_the_same_set_from_their_text(tmp_path: Path, more: str) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(f"{SOURCES}rules: ['{ROOT / 'rules'}']\n{more}", "utf-8")
    setup = load_setup(config, env={**ENV, "HOOK": "https://hooks.example.com/x"})
    texts = unpack(pack(RuleTexts(config=setup.config_text, rules=setup.contents)))
    again = rule_set_of(texts)
    assert again.version == setup.rule_set.version
    assert again.rules.keys() == setup.rule_set.rules.keys()
    assert (again.channels, again.storm, again.admin_channel) == (
        setup.rule_set.channels,
        setup.rule_set.storm,
        setup.rule_set.admin_channel,
    )


def test_a_text_whose_sample_is_gone_is_compiled_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "there.json").write_text("{}")
    setup = load_setup(settle(tmp_path, SAMPLED), env=ENV)
    again = rule_set_of(RuleTexts(config=setup.config_text, rules=setup.contents))
    assert "gives-up" in again.rules


def test_a_text_that_this_program_does_not_take_is_refused_with_its_problems() -> None:
    with pytest.raises(InvalidInputError, match="severty"):
        rule_set_of(RuleTexts(config=f"{SOURCES}rules: [x]", rules=(SAMPLED.replace("notify:", "severty:"),)))


@pytest.mark.parametrize("body", [b"", b"x", zlib.compress(b"x"), zlib.compress(b"\x80")])
def test_what_is_no_stored_text_is_an_error_of_ours(body: bytes) -> None:
    with pytest.raises(TocsinError):
        unpack(body)


def test_a_checked_set_is_put_together_from_its_pieces_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "there.json").write_text('{"event_type": "other"}')
    setup = load_setup(settle(tmp_path, SAMPLED.split("    examples:", maxsplit=1)[0]), env=ENV)
    verdict = checked(Order(config=str(tmp_path / "config.yaml")))
    assert verdict.complaints == []
    again = verdict.rule_set(setup.rule_set)
    assert again == setup.rule_set


def test_what_only_a_start_reads_is_known_to_have_changed(tmp_path: Path) -> None:
    def parts(more: str) -> dict[str, str]:
        return fixed_parts(read_config(settle(tmp_path, SAMPLED, more)))

    (tmp_path / "there.json").write_text("{}")
    before = parts("")
    assert parts("") == before
    for more, changed in [
        ("server: {port: 9}\n", {"server"}),
        ("keep: {bodies: 1d}\n", {"keep"}),
        ("storm: {messages: 3}\n", set()),
        ("channels: {doc-alerts: C0123456789}\n", set()),
        ("people: {ana: U0123456789}\n", {"people"}),
    ]:
        after = parts(more)
        assert {name for name in after if after[name] != before.get(name)} == changed
