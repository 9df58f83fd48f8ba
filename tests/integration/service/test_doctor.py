"""doctor and the test alert against the strict fake: what is found, and what to do about it."""

from __future__ import annotations

import io
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.config.load import load_config
from bot.errors import UsageError
from bot.service.doctor import examine_all
from bot.service.findings import Finding, Level
from bot.service.setup import examine
from bot.service.trial import try_channel
from bot.store import Store
from tests.clocks import VirtualClock
from tests.fakes.slack import FakeSlack
from tests.fakes.slack.state import APP_TOKEN

RULES = """
rules:
  failed-runs: {title: "{company} failed", when: failed, per: run, if_unknown: skip, notify: doc-alerts}
"""
ENV = {
    "SECRET": "a-secret-of-this-test",
    "SLACK_BOT_TOKEN": "xoxb-fake-bot-token",
    "SLACK_APP_TOKEN": APP_TOKEN,
    "SLACK_SIGNING_SECRET": "s",
}
CHANNELS = "channels: {doc-alerts: C0DOCALERT1}\n"


@dataclass
class Clinic:
    """A folder with a config, and the fake that it points at."""

    folder: Path
    fake: FakeSlack
    clock: VirtualClock

    def write(self, slack: str = "app_token: env:SLACK_APP_TOKEN", more: str = CHANNELS) -> Path:
        path = self.folder / "config.yaml"
        tokens = f"{{bot_token: env:SLACK_BOT_TOKEN, api_url: {self.fake.api_url}{', ' if slack else ''}{slack}}}"
        path.write_text(
            "server: {port: 1}\n"  # nobody listens there
            "sources: {extend: {kind: extend, secrets: [env:SECRET]}}\n"
            f"rules: [rules.yaml]\nslack: {tokens}\n{more}"
        )
        (self.folder / "rules.yaml").write_text(RULES)
        return path

    async def findings(self, env: dict[str, str] | None = None) -> list[Finding]:
        examined = examine(self.folder / "config.yaml", env=ENV if env is None else env)
        return [finding async for finding in examine_all(examined, self.clock)]

    async def faults(self, env: dict[str, str] | None = None) -> dict[str, str]:
        found = [finding for finding in await self.findings(env) if finding.level is Level.FAULT]
        assert all(finding.do for finding in found)
        return {finding.about: finding.said for finding in found}


@asynccontextmanager
async def clinic(folder: Path) -> AsyncIterator[Clinic]:
    clock = VirtualClock(time.time_ns() // 1_000_000)
    async with FakeSlack() as fake:
        fake.workspace.switches.strict_bursts = False
        yield Clinic(folder, fake, clock)


async def test_everything_in_order_is_said_and_nothing_is_posted(tmp_path: Path) -> None:
    async with clinic(tmp_path) as found:
        found.write(more=CHANNELS + "people: {ana: ana@example.org, oncall: S0ONCALL01}\n")
        store = await Store.open(tmp_path / "var" / "tocsin.db", found.clock)
        await store.close()
        findings = await found.findings()
        assert [finding for finding in findings if finding.level is Level.FAULT] == []
        abouts = {finding.about for finding in findings if finding.level is Level.GOOD}
        looked_at = {
            "files",
            "store",
            "disk",
            "token",
            "clock",
            "scopes",
            "channels",
            "reading back",
            "people",
            "buttons",
        }
        assert looked_at - {"disk"} <= abouts
        assert found.fake.messages() == []
        assert found.fake.sockets.opened == 0
        assert {call.method for call in found.fake.calls()} == {
            "auth.test",
            "conversations.info",
            "conversations.history",
            "users.lookupByEmail",
            "apps.connections.open",
        }


def _revoke(found: Clinic) -> None:
    found.fake.workspace.tokens[found.fake.token].state = "revoked"


def _take_scopes(found: Clinic) -> None:
    found.fake.workspace.tokens[found.fake.token].scopes = ("chat:write", "channels:read", "groups:read")


def _archive(found: Clinic) -> None:
    found.fake.workspace.channels["C0DOCALERT1"].is_archived = True


def _kick(found: Clinic) -> None:
    found.fake.workspace.channels["C0DOCALERT1"].is_member = False


def _rename(found: Clinic) -> None:
    found.write(more="channels: {doc-alerts: C0NOSUCH001}\n")


def _shift_clock(found: Clinic) -> None:
    found.clock.advance(600_000)


def _no_socket(found: Clinic) -> None:
    found.fake.workspace.tokens[APP_TOKEN].state = "revoked"


def _mixed_up_tokens(found: Clinic) -> None:
    found.write(slack="app_token: env:SLACK_BOT_TOKEN")


def _unknown_person(found: Clinic) -> None:
    found.write(more=CHANNELS + "people: {eve: eve@example.org}\n")


def _unknown_group(found: Clinic) -> None:
    found.write(slack="app_token: env:SLACK_APP_TOKEN, may_act: [S0NOBODY01]")


def _http_without_address(found: Clinic) -> None:
    found.write(slack="signing_secret: env:SLACK_SIGNING_SECRET")


def _nobody_behind_the_address(found: Clinic) -> None:
    path = found.folder / "config.yaml"
    path.write_text(path.read_text().replace("{port: 1}", "{port: 1, external_url: 'http://127.0.0.1:1'}"))


def _not_tocsin_behind_the_address(found: Clinic) -> None:
    path = found.folder / "config.yaml"
    path.write_text(path.read_text().replace("{port: 1}", f"{{port: 1, external_url: '{found.fake.url}'}}"))


def _broken_rule(found: Clinic) -> None:
    (found.folder / "rules.yaml").write_text(RULES.replace("when:", "wen:"))


def _no_store(found: Clinic) -> None:
    (found.folder / "var").mkdir()
    (found.folder / "var" / "tocsin.db").write_text("this is no store")


@pytest.mark.parametrize(
    ("breaking", "about", "words"),
    [
        (_revoke, "token", "token_revoked"),
        (_take_scopes, "scopes", "is missing"),
        (_archive, "channels", "archived"),
        (_kick, "channels", "not in doc-alerts"),
        (_rename, "channels", "no channel doc-alerts"),
        (_shift_clock, "clock", "clock is 60"),  # 600 s, or 601: a Date header tells whole seconds
        (_no_socket, "buttons", "token_revoked"),
        (_mixed_up_tokens, "buttons", "no app-level token"),
        (_unknown_person, "people", "eve: nobody in the workspace"),
        (_unknown_group, "buttons", "no_such_subteam"),
        (_http_without_address, "buttons", "external_url is not set"),
        (_nobody_behind_the_address, "address", "does not answer"),
        (_not_tocsin_behind_the_address, "address", "not as Tocsin does"),
        (_broken_rule, "files", "wen"),
        (_no_store, "store", "tocsin.db"),
    ],
)
async def test_what_does_not_work_is_a_fault_that_says_what_to_do(
    tmp_path: Path, breaking: Callable[[Clinic], None], about: str, words: str
) -> None:
    async with clinic(tmp_path) as found:
        found.write()
        breaking(found)
        faults = await found.faults()
        assert words in faults[about]


async def test_a_scope_that_this_config_does_not_use_is_not_asked_for(tmp_path: Path) -> None:
    async with clinic(tmp_path) as found:
        found.write()
        token = found.fake.workspace.tokens[found.fake.token]
        token.scopes = tuple(scope for scope in token.scopes if not scope.startswith(("users", "usergroups")))
        assert await found.faults() == {}


async def test_channels_by_name_are_found_in_the_workspace(tmp_path: Path) -> None:
    async with clinic(tmp_path) as found:
        found.write(more="")
        assert await found.faults() == {}


async def test_without_slack_it_is_said_that_nothing_is_posted(tmp_path: Path) -> None:
    async with clinic(tmp_path) as found:
        found.write()
        doubts = [one for one in await found.findings(env={"SECRET": "x"}) if one.level is Level.DOUBT]
        assert any("drawn in the terminal" in doubt.said for doubt in doubts)


async def test_a_test_alert_is_posted_as_a_card_and_removed(tmp_path: Path) -> None:
    async with clinic(tmp_path) as found:
        config = load_config(found.write(), ENV, secrets_required=True)
        trial = await try_channel(config, "doc-alerts", clock=found.clock, out=io.StringIO(), stay_s=0)
        assert (trial.not_posted, trial.not_removed) == (None, None)
        (message,) = found.fake.workspace.messages
        assert message.deleted
        assert "TEST" in message.content["text"]
        assert message.notified == []


async def test_a_channel_that_refuses_the_test_alert_is_said_in_slacks_words(tmp_path: Path) -> None:
    async with clinic(tmp_path) as found:
        _archive(found)
        config = load_config(found.write(), ENV, secrets_required=True)
        trial = await try_channel(config, "doc-alerts", clock=found.clock, out=io.StringIO(), stay_s=0)
        assert "is_archived" in (trial.not_posted or "")


async def test_a_test_alert_for_an_unknown_channel_or_without_a_token_is_refused_before_anything_is_sent(
    tmp_path: Path,
) -> None:
    async with clinic(tmp_path) as found:
        config = load_config(found.write(), ENV, secrets_required=True)
        with pytest.raises(UsageError, match="doc-alerts"):
            await try_channel(config, "doc-alert", clock=found.clock, out=io.StringIO(), stay_s=0)
        bare = load_config(found.write(), {"SECRET": "x"}, secrets_required=False)
        with pytest.raises(UsageError, match="posts nothing"):
            await try_channel(bare, "doc-alerts", clock=found.clock, out=io.StringIO(), stay_s=0)
        assert found.fake.calls() == []
