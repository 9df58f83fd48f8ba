"""Rules loaded by a signal, beside a bot that goes on; explained and replayed from the shell."""

from __future__ import annotations

import json
import signal
from pathlib import Path

from bot.store import open_reading
from tests.e2e.bots import BotProcess, command, job, running, sending, settle_in
from tests.e2e.test_running import GIVES_UP
from tests.waiting import eventually_async

LATE = """
  late:
    title: "{job} comes late"
    when: alfred.job.retry
    per: job
    if_unknown: skip
    notify: doc-alerts
"""


async def said(bot: BotProcess, text: str) -> None:
    async def look() -> bool:
        return text in bot.err

    await eventually_async(look, f"the log to say {text}")


async def drawn(bot: BotProcess, text: str) -> None:
    async def look() -> bool:
        return text in bot.out

    await eventually_async(look, f"a card with {text}")


async def test_sighup_loads_rules_and_refuses_broken_ones_and_the_bot_goes_on(tmp_path: Path) -> None:
    settle_in(tmp_path, rules=GIVES_UP)
    rules = tmp_path / "rules" / "rules.yaml"
    async with running(tmp_path, "--dev") as bot, sending(bot.port) as sender:
        bot.process.send_signal(signal.SIGHUP)
        await said(bot, "rules unchanged")
        rules.write_text(GIVES_UP.replace("when:", "whn:"), "utf-8")
        bot.process.send_signal(signal.SIGHUP)
        await said(bot, "rules refused")
        rules.write_text(GIVES_UP + LATE, "utf-8")
        bot.process.send_signal(signal.SIGHUP)
        await said(bot, "rules loaded")
        await sender.alfred(job("retry", "J2", "e2"))
        await drawn(bot, "J2 comes late")
        assert await bot.stop() == 0
        assert "Traceback" not in bot.err


async def test_a_decision_is_explained_and_decided_again_from_the_shell_beside_the_running_bot(tmp_path: Path) -> None:
    settle_in(tmp_path, rules=GIVES_UP)
    async with running(tmp_path, "--dev") as bot, sending(bot.port) as sender:
        fired = await sender.alfred(job("exceeded_retries", "J1", "e1"))
        assert (await sender.alfred(job("exceeded_retries", "J1", "e1"))).event_id == fired.event_id
        other = await sender.alfred(job("retry", "J2", "e2"))
        await drawn(bot, "J1 gives up")

        async def all_decided() -> bool:
            with open_reading(tmp_path / "var" / "tocsin.db") as reads:
                return reads.counts().behind == 0

        await eventually_async(all_decided, "everything to be decided")
        code, out, err = await command(tmp_path, "why", fired.event_id)
        assert (code, err) == (0, "")
        assert "gives-up: matched for J1" in out
        assert "doc-alerts: first" in out
        code, out, err = await command(tmp_path, "why", other.event_id, "--json")
        assert (code, err) == (0, "")
        (verdict,) = [rule for rule in json.loads(out)["rules"] if rule["rule"] == "gives-up"]
        assert verdict["why"] == "when: alfred.job.retry is not meant"
        code, out, err = await command(tmp_path, "why-not", "gives-up", "J2")
        assert (code, err) == (0, "")
        assert "None of them is of this key." in out
        code, out, err = await command(tmp_path, "why-not", "gives-up", "J1", "--json")
        assert json.loads(out)["open"]["title"] == "Acme: J1 gives up"
        code, out, err = await command(tmp_path, "why", "evt_nothing")
        assert (code, out, "no event evt_nothing is stored" in err) == (2, "", True)
        code, out, err = await command(tmp_path, "replay", "--verify")
        assert (code, err) == (0, "")
        assert "byte for byte" in out
