"""Rules that change while the bot runs: all or nothing, told where it is refused, and what is open lives on."""

from __future__ import annotations

import shutil
from pathlib import Path

import aiohttp
import pytest

from bot.core.state import AlertState
from bot.service import reloading
from tests.e2e.bots import job
from tests.e2e.test_running import GIVES_UP
from tests.fakes.slack import FakeSlack
from tests.integration.service.bots import Live, live
from tests.integration.service.test_bot import posted, readyz, settle
from tests.waiting import eventually_async

ADMIN, CHANNEL = "C0DOCREVW1", "C0DOCALERT1"
LATE = """
  late:
    title: "{job} comes late"
    when: alfred.job.retry
    per: job
    if_unknown: skip
    notify: doc-alerts
"""
FAILING = """
    examples:
      it never fires:
        events: [{type: alfred.job.exceeded_retries, job: J1}]
        expect: []
"""


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reloading, "LOOK_EVERY_S", 0.05)
    monkeypatch.setattr(reloading, "_SETTLING_S", 0.05)
    monkeypatch.setattr(reloading, "FIRST_AFTER_S", 0.05)


def write(folder: Path, text: str) -> None:
    (folder / "rules" / "rules.yaml").write_text(text, "utf-8")


async def metrics(bot: Live) -> str:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{bot.port}/metrics") as answer:
        return await answer.text()


async def degraded(bot: Live, word: str) -> None:
    async def look() -> bool:
        code, said = await readyz(bot)
        assert code == 200
        return any(word in line for line in said["degraded"])

    await eventually_async(look, f"a degraded line with {word}")


async def healthy(bot: Live) -> None:
    async def look() -> bool:
        return not (await readyz(bot))[1]["degraded"]

    await eventually_async(look, "no degraded line")


async def loaded(bot: Live, before: str) -> str:
    async def look() -> str | None:
        found = await bot.store.rule_set_in_force()
        return found if found != before else None

    return await eventually_async(look, "another rule set in force")


async def titled(bot: Live, title: str) -> None:
    async def look() -> bool:
        return [alert.title for alert in await bot.store.read(lambda reads: reads.alerts())] == [title]

    await eventually_async(look, f"the alert to be called {title}")


async def in_force(bot: Live) -> str:
    return await eventually_async(bot.store.rule_set_in_force, "a rule set in force")


async def test_a_broken_file_is_refused_and_told_and_a_mended_one_is_in_force_by_itself(tmp_path: Path) -> None:
    async with FakeSlack() as fake:
        settle(tmp_path, fake)
        async with live(tmp_path, dev=False) as bot:
            first = await in_force(bot)
            write(tmp_path, GIVES_UP.replace("severity:", "severty:"))
            await posted(fake, ADMIN, "severty")
            await degraded(bot, "rules.yaml:8")
            assert await bot.store.rule_set_in_force() == first
            await bot.sender.alfred(job("exceeded_retries", "J1", "e1"))
            await posted(fake, CHANNEL, "J1 gives up")

            write(tmp_path, GIVES_UP + LATE)
            second = await loaded(bot, first)
            await posted(fake, ADMIN, "Resolved")
            await healthy(bot)
            await bot.sender.alfred(job("retry", "J2", "e2"))
            await posted(fake, CHANNEL, "J2 comes late")
            assert f'tocsin_rules_live_since_seconds{{version="{second}"}}' in await metrics(bot)
        assert len(fake.messages(ADMIN)) == 1


async def test_a_set_whose_example_fails_is_refused_whole(tmp_path: Path) -> None:
    async with FakeSlack() as fake:
        settle(tmp_path, fake)
        async with live(tmp_path, dev=False) as bot:
            first = await in_force(bot)
            write(tmp_path, GIVES_UP + FAILING + LATE)
            await posted(fake, ADMIN, "it never fires")
            assert await bot.store.rule_set_in_force() == first
            await bot.sender.alfred(job("retry", "J2", "e2"))
            await bot.sender.alfred(job("exceeded_retries", "J1", "e1"))
            await posted(fake, CHANNEL, "J1 gives up")
            assert len(fake.messages(CHANNEL)) == 1


async def test_a_failing_example_at_a_start_is_told_and_the_set_is_in_force_all_the_same(tmp_path: Path) -> None:
    async with FakeSlack() as fake:
        settle(tmp_path, fake, GIVES_UP + FAILING)
        async with live(tmp_path, dev=False) as bot:
            await posted(fake, ADMIN, "An example of the rules in force fails")
            await bot.sender.alfred(job("exceeded_retries", "J1", "e1"))
            await posted(fake, CHANNEL, "J1 gives up")
            assert await bot.store.rule_set_passed() is None
        settle(tmp_path, fake, GIVES_UP + FAILING.replace("expect: []", "expect: [{fires: J1}]"))
        async with live(tmp_path, dev=False) as bot:
            await posted(fake, ADMIN, "Resolved")
            assert await bot.store.rule_set_passed() == await bot.store.rule_set_in_force()
        assert len(fake.messages(ADMIN)) == 1


async def test_an_open_alert_lives_on_under_the_new_text_and_is_closed_with_its_rule(tmp_path: Path) -> None:
    async with FakeSlack() as fake:
        settle(tmp_path, fake)
        async with live(tmp_path, dev=False) as bot:
            await bot.sender.alfred(job("exceeded_retries", "J1", "e1"))
            await posted(fake, CHANNEL, "J1 gives up")
            write(tmp_path, GIVES_UP.replace("gives up", "has given up"))
            await titled(bot, "Acme: J1 has given up")
            write(tmp_path, "rules:" + LATE)
            await posted(fake, CHANNEL, "its rule was removed")
            (alert,) = await bot.store.read(lambda reads: reads.alerts())
            assert alert.state is AlertState.CLOSED
        assert len(fake.messages(CHANNEL)) == 1


async def test_a_mounted_folder_is_swapped_as_a_whole_by_its_link(tmp_path: Path) -> None:
    """As Kubernetes mounts a config map: the files are links into `..data`, and that link is swapped."""
    async with FakeSlack() as fake:
        settle(tmp_path, fake)
        rules = tmp_path / "rules"
        for name, text in (("..1", GIVES_UP), ("..2", GIVES_UP + LATE)):
            (rules / name).mkdir()
            (rules / name / "rules.yaml").write_text(text, "utf-8")
        (rules / "rules.yaml").unlink()
        (rules / "..data").symlink_to("..1")
        (rules / "rules.yaml").symlink_to("..data/rules.yaml")
        async with live(tmp_path, dev=False) as bot:
            first = await in_force(bot)
            (rules / "..new").symlink_to("..2")
            (rules / "..new").rename(rules / "..data")
            shutil.rmtree(rules / "..1")
            await loaded(bot, first)
            await bot.sender.alfred(job("retry", "J2", "e2"))
            await posted(fake, CHANNEL, "J2 comes late")


async def test_channels_that_came_with_a_reload_are_known_to_the_sender(tmp_path: Path) -> None:
    async with FakeSlack() as fake:
        settle(tmp_path, fake)
        async with live(tmp_path, dev=False) as bot:
            first = await in_force(bot)
            write(tmp_path, GIVES_UP.replace("notify: doc-alerts", "notify: brand-new"))
            await posted(fake, ADMIN, "brand-new")
            config = tmp_path / "config.yaml"
            config.write_text(config.read_text().replace("channels: {", "channels: {brand-new: C0DOCALERT1, "), "utf-8")
            await loaded(bot, first)
            await bot.sender.alfred(job("exceeded_retries", "J1", "e1"))
            await posted(fake, CHANNEL, "J1 gives up")


async def test_what_was_accepted_under_the_old_rules_is_decided_by_them_after_a_start_with_others(
    tmp_path: Path,
) -> None:
    async with FakeSlack() as fake:
        settle(tmp_path, fake)
        async with live(tmp_path, dev=False) as bot:
            await in_force(bot)
            await bot.bot._pipeline.caught_up()
            await held_up(bot)
            await bot.sender.alfred(job("exceeded_retries", "J1", "e1"))
        settle(tmp_path, fake, "rules:" + LATE)
        async with live(tmp_path, dev=False) as bot:
            await posted(fake, CHANNEL, "its rule was removed")
            (alert,) = await bot.store.read(lambda reads: reads.alerts())
            assert (alert.rule, alert.state) == ("gives-up", AlertState.CLOSED)


async def held_up(bot: Live) -> None:
    """Keep the pipeline from deciding anything more in this life of the bot."""

    async def nothing(_limit: int) -> list[object]:
        return []

    bot.bot._pipeline._next_rows = nothing  # type: ignore[method-assign, assignment]
