from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.config.model import Config, Server, SlackConfig, SourceConfig
from bot.slack.setting import setting_of


def config(**parts: Any) -> Config:
    return Config(file="config.yaml", folder=Path(), rules=(), **{"sources": {}, **parts})


@pytest.mark.parametrize(
    ("slack", "drawn"),
    [
        (None, False),
        (SlackConfig(bot_token="xoxb-1"), False),
        (SlackConfig(bot_token="xoxb-1", app_token="xapp-1"), True),
        (SlackConfig(bot_token="xoxb-1", signing_secret=b"s"), True),
        (SlackConfig(webhooks={"a": "https://hooks.example.com"}, signing_secret=b"s"), False),
    ],
)
def test_buttons_are_drawn_only_where_slack_can_reach_the_bot(slack: SlackConfig | None, *, drawn: bool) -> None:
    assert setting_of(config(slack=slack)).interactive is drawn


def test_nothing_answers_a_preview() -> None:
    slack = SlackConfig(bot_token="xoxb-1", app_token="xapp-1")
    assert setting_of(config(slack=slack, dev=True)).interactive is False


def test_hosts_that_the_config_names_are_ours() -> None:
    sources = {"a": SourceConfig(name="a", kind="alfred", link="https://jobs.example.com/{job}")}
    found = setting_of(config(sources=sources, server=Server(external_url="https://alerts.example.com"))).own_hosts
    assert {"jobs.example.com", "alerts.example.com", "extend.ai"} <= found


@pytest.mark.parametrize("link", ["http://[", "no address", "{job}"])
def test_a_link_without_a_host_adds_none(link: str) -> None:
    sources = {"a": SourceConfig(name="a", kind="alfred", link=link)}
    assert setting_of(config(sources=sources)).own_hosts == setting_of(config()).own_hosts


def test_people_are_those_that_were_looked_up_where_they_were() -> None:
    given = config(people={"ana": "ana@example.com"})
    assert setting_of(given).people == {"ana": "ana@example.com"}
    assert setting_of(given, {"ana": "U0ANA00001"}).people == {"ana": "U0ANA00001"}
