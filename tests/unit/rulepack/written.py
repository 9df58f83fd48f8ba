"""Rule files and configs written in a test, and read as the bot reads them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent, indent

from bot.config.load import load_config
from bot.config.model import Config
from bot.core.inputs import Event
from bot.core.rule import Rule
from bot.errors import Problem
from bot.rulepack.examples import ExampleResult, run_examples
from bot.rulepack.load import LoadedRules, read_rules
from bot.sources import build

CONFIG = """\
sources:
  extend: {kind: extend, secrets: [env:SECRET]}
  alfred: {kind: alfred, token: env:SECRET}
rules: [rules.yaml]
"""
# To be appended to CONFIG by those who need names of hours and people.
NAMES = """\
hours:
  office: {days: mon-fri, from: "08:00", to: "18:00", holidays: [2026-01-06]}
  nights: {days: mon-sun, from: "22:00", to: "06:00", timezone: Europe/Madrid}
people: {ana: ana@t.test, review-owner: S0000TEST}
"""
ENV: Mapping[str, str] = {"SECRET": "made up for a test"}


def config_in(folder: Path, text: str = CONFIG, env: Mapping[str, str] = ENV) -> Config:
    path = folder / "config.yaml"
    path.write_text(dedent(text), encoding="utf-8")
    return load_config(path, env, secrets_required=False)


def rules_in(folder: Path, text: str, config: str = CONFIG) -> LoadedRules:
    path = folder / "rules.yaml"
    path.write_text(dedent(text), encoding="utf-8")
    return read_rules([path], config_in(folder, config))


def rule_of(folder: Path, keys: str, config: str = CONFIG) -> tuple[Rule, list[Problem]]:
    """Read one rule whose title, notify and examples need not be said; problems without the file's name."""
    loaded = rules_in(folder, one_rule(keys), config)
    assert not loaded.has_errors, loaded.problems
    return loaded.rule_set.rules["r"], list(loaded.problems)


def one_rule(keys: str) -> str:
    return 'defaults: {notify: doc-alerts}\nrules:\n  r:\n    title: "t"\n' + indent(dedent(keys), "    ")


def errors_of(folder: Path, keys: str, config: str = CONFIG) -> list[tuple[int, int, str, str]]:
    """Return (line counted from the first of these keys, column counted from theirs, word, hint) of each error."""
    loaded = rules_in(folder, one_rule(keys), config)
    return [(p.line - 4, p.column - 4, p.word, p.hint) for p in loaded.problems if p.level == "error"]


def warnings_of(folder: Path, keys: str, config: str = CONFIG) -> list[str]:
    loaded = rules_in(folder, one_rule(keys), config)
    assert not loaded.has_errors, loaded.problems
    return [p.message for p in loaded.problems if "examples" not in p.message]


def tried(folder: Path, text: str, config: str = CONFIG) -> list[ExampleResult]:
    """Read rules and run their examples with the real parsers."""
    loaded = rules_in(folder, text, config)
    assert not loaded.has_errors, loaded.problems
    return tried_rules(loaded, config_in(folder, config))


def tried_rules(loaded: LoadedRules, config: Config) -> list[ExampleResult]:
    sources = {name: build(source) for name, source in config.sources.items()}

    def read(source: str, body: bytes) -> Event:
        return sources[source].read(body).event

    return run_examples(loaded.rule_set, loaded.examples, read, config.timezone)
