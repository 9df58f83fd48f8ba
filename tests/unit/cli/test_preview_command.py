from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from click.testing import CliRunner

from bot.cli.imagined import FORMS
from bot.cli.preview import command
from bot.slack.builder import builder_link
from tests.fakes.alerts import alert
from tests.fakes.cards import drawn
from tests.fakes.slack.content import check
from tests.fakes.slack.state import Switches

RULES = """
rules:
  gives-up:
    title: "{company}: job {job} gives up"
    description: It stands still until a person looks.
    when: exceeded_retries
    per: job
    severity: critical
    notify: doc-alerts
    resolved_by: finished
    repeat: 4h
    then: [{after: 2h, notify: doc-leads, mention: lead}]
"""
CONFIG = """
sources:
  alfred: {kind: alfred, token: env:TOKEN, link: "https://alfred.example.com/jobs/{job}"}
people: {lead: U0LEAD0001}
slack: {bot_token: env:BOT, app_token: env:APP}
rules: [rules.yaml]
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in {"TOKEN": "t" * 40, "BOT": "xoxb-1", "APP": "xapp-1"}.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "config.yaml").write_text(CONFIG)
    return tmp_path / "config.yaml"


def shown(config: Path, *arguments: str) -> str:
    result = CliRunner().invoke(command, ["job_exceeded_retries", "--config", str(config), *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return str(result.output)


def test_an_event_is_drawn_with_the_buttons_that_the_config_has_answered(config: Path) -> None:
    text = shown(config)
    assert "gives up" in text
    assert "[ Acknowledge ]" in text
    assert "[ Open job ] https://alfred.example.com/jobs/" in text


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_a_message_that_slack_would_take(config: Path, form: str) -> None:
    payload = json.loads(shown(config, "--as", form, "--json"))
    check({name: value for name, value in payload.items() if name != "channel"}, Switches())
    assert "gives up" in str(payload) or form in {"handed-over", "storm", "storm-over", "silence", "silence-ending"}


def test_an_escalation_names_whom_the_rule_names(config: Path) -> None:
    assert "nobody has acknowledged this for 2 h @lead" in shown(config, "--as", "escalated")


def test_all_forms_are_drawn_at_once(config: Path) -> None:
    text = shown(config, "--as", "all")
    assert [form for form in FORMS if f"doc-alerts ({form})" not in text] == []


def test_the_link_opens_the_very_blocks(config: Path) -> None:
    link = shown(config, "--link").splitlines()[-1]
    opened = json.loads(unquote(urlsplit(link).fragment))
    assert link.startswith("https://app.slack.com/block-kit-builder/#")
    assert set(opened) == {"blocks", "attachments"}
    assert "gives up" in str(opened)


def test_a_link_holds_no_character_that_a_terminal_would_cut_it_at() -> None:
    link = builder_link(drawn(alert(title="a b\"c|<請>#%'()")).payload())
    assert set(link) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:/.-_~%#")
