"""An event that ends the process each time it is decided is set aside, and holds no other."""

from __future__ import annotations

from pathlib import Path

from bot.store import open_reading
from bot.store.values import RowStatus
from tests.e2e.bots import command, job, running, sending, settle_in, start
from tests.e2e.test_running import GIVES_UP
from tests.waiting import eventually_async

SCRIPT = Path(__file__).with_name("poisoned.py")
MOST_STARTS = 8


async def test_an_event_that_kills_the_process_is_set_aside_after_a_few_starts(tmp_path: Path) -> None:
    settle_in(tmp_path, rules=GIVES_UP)
    async with running(tmp_path, "--dev", script=SCRIPT) as bot, sending(bot.port) as sender:
        before = await sender.alfred(job("exceeded_retries", "J1", "e1"))
        poison = await sender.alfred(job("exceeded_retries", "POISON", "e2"))
        assert (before.status, poison.status) == (200, 200)
        assert await bot.ended() == 137
    starts = await _starts_until_it_stays_up(tmp_path)
    assert 1 < starts < MOST_STARTS
    async with running(tmp_path, "--dev", script=SCRIPT, life=99) as bot, sending(bot.port) as sender:
        assert (await sender.alfred(job("exceeded_retries", "POISON", "e2"))).values["status"] == "duplicate"
        after = await sender.alfred(job("exceeded_retries", "J3", "e3"))
        assert after.values["status"] == "accepted"

        async def told() -> bool:
            return "J3 gives up" in bot.out

        await eventually_async(told, "the event behind it")
        assert await bot.stop() == 0
    with open_reading(tmp_path / "var" / "tocsin.db") as reads:
        (row,) = reads.rows(status=RowStatus.SET_ASIDE)
        alerts = {dict(alert.key).get("job") for alert in reads.alerts()}
    assert row.event is not None
    assert row.event.event_id == poison.event_id
    assert {"J1", "J3"} <= alerts
    assert "POISON" not in alerts
    _, listed, _ = await command(tmp_path, "alerts")
    assert "could not be decided" in listed


async def _starts_until_it_stays_up(folder: Path) -> int:
    """Start again and again; return how many starts it took until nothing was left to decide."""
    for life in range(1, MOST_STARTS):
        bot = await start(folder, "--dev", script=SCRIPT, life=life)

        async def over() -> bool:
            if bot.process.returncode is not None:  # noqa: B023
                return True
            with open_reading(folder / "var" / "tocsin.db") as reads:
                return reads.counts().behind == 0

        await eventually_async(over, "the poison to act or to be set aside")
        if bot.process.returncode is None:
            await bot.ready()
            assert await bot.stop() == 0
            return life
        assert bot.process.returncode == 137
    return MOST_STARTS
