"""What `run` prints: at most ten lines, with one command that works from the folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.config.model import Config, Server, SlackConfig, SourceConfig
from bot.core.ruleset import RuleSet
from bot.service.guidance import guidance

CONFIG = Config(
    file="config.yaml",
    folder=Path(),
    sources={
        "extend": SourceConfig(name="extend", kind="extend"),
        "jobs": SourceConfig(name="jobs", kind="alfred"),
    },
    rules=(Path("rules"),),
    store="sqlite:///var/tocsin.db",
    dev=True,
)
NO_RULES = RuleSet(rules={})


def lines(config: Config = CONFIG, config_path: str = "config.yaml") -> list[str]:
    return guidance(config, NO_RULES, 8080, Path(config_path))


def command(config: Config = CONFIG, config_path: str = "config.yaml") -> str:
    (found,) = [line.strip() for line in lines(config, config_path) if " send " in line]
    return found


def test_there_are_at_most_ten_lines() -> None:
    assert len(lines()) <= 10


def test_the_command_names_the_configured_source_and_a_sample_of_its_kind() -> None:
    assert command().endswith("send jobs job_exceeded_retries")
    only_extend = replace(CONFIG, sources={"ex": SourceConfig(name="ex", kind="extend")})
    assert command(only_extend).endswith("send ex workflow_run.failed")


def test_another_config_file_is_part_of_the_command() -> None:
    assert command(config_path="my config.yaml").endswith("--config 'my config.yaml'")


def test_secrets_from_a_env_file_are_taken_from_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("ALFRED_HOOK_TOKEN=x\n")
    assert command(replace(CONFIG, dev=False)).endswith("send jobs job_exceeded_retries --env-file .env")
    assert "env" not in command(CONFIG).split(" send ")[1]


def test_secrets_are_taken_from_the_file_that_the_bot_was_told_of() -> None:
    (told,) = [line for line in guidance(CONFIG, NO_RULES, 8080, Path("config.yaml"), Path("a b")) if " send " in line]
    assert told.endswith("--env-file 'a b'")


def test_it_says_where_messages_go() -> None:
    assert any("nothing is posted" in line for line in lines())
    posting = replace(CONFIG, dev=False, slack=SlackConfig(bot_token="xoxb-1"))
    assert any("posting to Slack" in line for line in lines(posting))
    by_webhook = replace(CONFIG, dev=False, slack=SlackConfig(webhooks={"doc-alerts": "https://x/CANARY"}))
    assert any("doc-alerts" in line for line in lines(by_webhook))
    assert "CANARY" not in "".join(lines(by_webhook))


def test_a_bot_without_sources_still_says_where_it_listens() -> None:
    bare = replace(CONFIG, sources={}, server=Server(host="::1"))
    assert "http://[::1]:8080" in lines(bare)[0]
    assert not any(" send " in line for line in lines(bare))
