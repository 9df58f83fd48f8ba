"""Other rules at the next start: an alert of a rule that is gone is closed, one of a changed rule lives on."""

from __future__ import annotations

from pathlib import Path

from bot.core.state import AlertState
from tests.e2e.bots import job
from tests.e2e.test_running import GIVES_UP
from tests.fakes.slack import FakeSlack
from tests.integration.service.bots import Live, live
from tests.integration.service.test_bot import posted, settle
from tests.waiting import eventually_async


async def open_alert(folder: Path, fake: FakeSlack) -> None:
    """Start on the first rules, let an alert open, and stop."""
    settle(folder, fake)
    async with live(folder, dev=False) as bot:
        await bot.sender.alfred(job("exceeded_retries", "J1", "e1"))
        await posted(fake, "C0DOCALERT1", "J1 gives up")


async def standing(bot: Live) -> list[tuple[str, AlertState, str | None]]:
    alerts = await bot.store.read(lambda reads: reads.alerts())
    return [(alert.rule, alert.state, alert.ended_by) for alert in alerts]


async def test_an_alert_of_a_rule_that_was_renamed_is_closed_and_its_card_says_so(tmp_path: Path) -> None:
    async with FakeSlack() as fake:
        await open_alert(tmp_path, fake)
        settle(tmp_path, fake, GIVES_UP.replace("gives-up:", "renamed:"))
        async with live(tmp_path, dev=False) as bot:
            await posted(fake, "C0DOCALERT1", "its rule was removed")
            assert await standing(bot) == [("gives-up", AlertState.CLOSED, "its rule was removed")]
        assert len(fake.messages()) == 1


async def test_an_alert_of_a_rule_that_changed_lives_on_under_its_text_and_its_timers(tmp_path: Path) -> None:
    async with FakeSlack() as fake:
        await open_alert(tmp_path, fake)
        changed = GIVES_UP.replace("gives up", "has given up").replace("resolved_by: finished", "expires_after: 30d")
        settle(tmp_path, fake, changed)
        async with live(tmp_path, dev=False) as bot:
            await posted(fake, "C0DOCALERT1", "J1 has given up")
            assert await standing(bot) == [("gives-up", AlertState.FIRING, None)]
            (alert,) = await bot.store.read(lambda reads: reads.alerts())
            assert [timer.due - alert.last_at for timer in bot.store.load_timers()] == [30 * 86_400_000]


async def test_the_same_rules_are_no_news(tmp_path: Path) -> None:
    async with FakeSlack() as fake:
        await open_alert(tmp_path, fake)
        async with live(tmp_path, dev=False) as bot:
            before = (await bot.store.read(lambda reads: reads.counts())).last_seq
            await bot.sender.alfred(job("finished", "J1", "e2"))
            await posted(fake, "C0DOCALERT1", "Resolved")
            assert (await bot.store.read(lambda reads: reads.counts())).last_seq == before + 1

            async def ended() -> bool:
                return await standing(bot) == [("gives-up", AlertState.RESOLVED, "finished")]

            await eventually_async(ended, "the alert's end")
