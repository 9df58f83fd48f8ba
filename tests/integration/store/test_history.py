"""The stored events of the last days, read beside the bot, and what `check` says with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli.check import command
from bot.clock import SystemClock
from bot.core.inputs import Action, ActionKind
from bot.store.driver import driver
from bot.store.history import open_history
from tests.clocks import VirtualClock
from tests.integration.store.opened import BODY, append_all, event, opened

CONFIG = """\
sources: {extend: {kind: extend, secrets: [env:SECRET]}}
rules: [rules.yaml]
store: sqlite:///tocsin.db
"""
RULES = """\
defaults: {notify: doc-alerts}
rules:
  none: {title: t, when: failed, where: {company: Acme}, examples: {e: {events: [{type: extend.a}], expect: []}}}
  some: {title: t, when: failed, where: {company: {is_not: A}}, examples: {e: {events: [{type: extend.a}], expect: []}}}
"""


def checked(folder: Path) -> list[str]:
    result = CliRunner().invoke(
        command, ["--config", str(folder / "config.yaml"), "--json"], standalone_mode=False, catch_exceptions=False
    )
    said = json.loads(result.stdout)
    return [problem["message"] for problem in said["problems"] if problem["file"].endswith("rules.yaml")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "rules.yaml").write_text(RULES)
    return tmp_path


async def test_events_are_read_from_a_time_on_and_only_the_newest(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with opened(tmp_path / "s.db", clock) as store:
        await append_all(store, ["1", "2"])
        clock.advance(60)
        since = clock.now_ms()
        await append_all(store, ["3", "4", "5"])
        await store.append_action(Action(at=0, kind=ActionKind.ACKNOWLEDGE, actor="ana", alert_id="al_1"))
        for most, ids, cut in ((10, ["3", "4", "5"], False), (3, ["4", "5"], True)):
            with open_history(tmp_path / "s.db", since, most) as history:
                assert [one.fields["run"] for one in history.events] == ids
                assert history.is_cut is cut


def test_a_file_that_is_no_store_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "s.db").write_bytes(b"no store " * 500)
    with pytest.raises(driver.Error), open_history(tmp_path / "s.db", 0):
        pass


async def test_check_names_a_rule_that_no_stored_event_matched(folder: Path) -> None:
    assert checked(folder) == []
    async with opened(folder / "tocsin.db", VirtualClock(SystemClock().now_ms())) as store:
        await append_all(store, ["1", "2", "3"])
        await store.append(event("4"), BODY)
    assert checked(folder) == ["no event matched in 14 days though 4 passed `when`"]


async def test_check_looks_back_no_further_than_fourteen_days(folder: Path) -> None:
    async with opened(folder / "tocsin.db", VirtualClock(SystemClock().now_ms() - 15 * 86_400_000)) as store:
        await append_all(store, ["1", "3"])
    assert checked(folder) == []


def test_check_goes_on_without_a_store_that_cannot_be_read(folder: Path) -> None:
    (folder / "tocsin.db").write_bytes(b"no store " * 500)
    assert checked(folder) == []
