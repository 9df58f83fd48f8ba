"""The bot as a process: from start to alert, stopping in order, refusing what it must not run on."""

from __future__ import annotations

import asyncio
import json
import signal
import stat
from pathlib import Path

import aiohttp

from bot.store import open_reading
from tests.e2e.bots import ENV, command, job, running, sending, settle_in, start
from tests.waiting import eventually_async

GIVES_UP = """
rules:
  gives-up:
    title: "{company}: {job} gives up"
    when: exceeded_retries
    per: job
    if_unknown: skip
    severity: critical
    notify: doc-alerts
    resolved_by: finished
"""


async def test_from_nothing_to_a_previewed_alert_with_the_printed_command(tmp_path: Path) -> None:
    settle_in(tmp_path)
    async with running(tmp_path, "--dev", env={}) as bot:
        lines = bot.out.splitlines()
        assert len(lines) <= 10
        (printed,) = [line.strip() for line in lines if "tocsin send " in line or "bot send " in line]
        arguments = printed.split(" send ", 1)[1].split()
        ids = set()
        for _ in range(2):
            code, out, err = await command(tmp_path, "send", *arguments)
            assert (code, err) == (0, "")
            ids.add(out.split()[2])
        assert len(ids) == 2

        async def drawn() -> bool:
            return "Alfred job stopped" in bot.out

        await eventually_async(drawn, "the card")
        assert await bot.stop() == 0
        assert "Traceback" not in bot.err


async def test_made_up_secrets_are_kept_for_their_owner_only(tmp_path: Path) -> None:
    settle_in(tmp_path)
    async with running(tmp_path, "--dev", env={}):
        secrets = tmp_path / "var" / "dev-secrets"
        assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
        kept = secrets.read_text()
    async with running(tmp_path, "--dev", env={}, life=1) as bot:
        assert secrets.read_text() == kept
        for secret in kept.splitlines()[1:]:
            assert secret.split("=")[1] not in bot.out + bot.err


async def test_a_restart_knows_what_it_was_told_and_tells_it_once(tmp_path: Path) -> None:
    settle_in(tmp_path, rules=GIVES_UP)
    event = job("exceeded_retries", "J1", "e1")
    async with running(tmp_path, "--dev") as bot, sending(bot.port) as sender:
        first = await sender.alfred(event)
        assert first.values["status"] == "accepted"

        async def drawn() -> bool:
            return "J1 gives up" in bot.out

        await eventually_async(drawn, "the card")
        assert await bot.stop() == 0
    async with running(tmp_path, "--dev", life=1) as bot, sending(bot.port) as sender:
        again = await sender.alfred(event)
        assert again.values == {"status": "duplicate", "event_id": first.event_id}
        await sender.alfred(job("finished", "J1", "e2"))

        async def ended() -> bool:
            return "message changed" in bot.out

        await eventually_async(ended, "the card's end")
        assert await bot.stop() == 0
        assert bot.out.count("J1 gives up") == 1


async def test_what_a_stop_leaves_to_be_told_is_told_once_at_the_next_start(tmp_path: Path) -> None:
    settle_in(tmp_path, rules=GIVES_UP)
    async with running(tmp_path, "--dev") as bot:
        async with sending(bot.port) as sender:
            for number in range(20):
                answered = await sender.alfred(job("exceeded_retries", f"J{number}", f"e{number}"))
                assert answered.status == 200
        assert await bot.stop() == 0
        before = bot.out
    with open_reading(tmp_path / "var" / "tocsin.db") as reads:
        assert reads.counts().behind == 0
    async with running(tmp_path, "--dev", life=1) as bot:

        async def all_told() -> bool:
            return (before + bot.out).count(" gives up") >= 20

        await eventually_async(all_told, "every card")
        assert await bot.stop() == 0
        assert [(before + bot.out).count(f"J{number} gives up") for number in range(20)] == [1] * 20


async def test_a_start_with_bad_files_ends_with_code_2_and_all_problems(tmp_path: Path) -> None:
    settle_in(tmp_path, rules=GIVES_UP.replace("severity: critical", "severty: critical"), more="timzone: UTC\n")
    bot = await start(tmp_path, env={})
    assert await bot.ended() == 2
    for word in ("severty", "severity", "timzone", "timezone", "EXTEND_SIGNING_SECRET", "ALFRED_HOOK_TOKEN"):
        assert word in bot.err
    assert "config.yaml:" in bot.err
    assert "rules.yaml:" in bot.err
    assert "Traceback" not in bot.err


async def test_a_second_bot_on_one_store_is_refused(tmp_path: Path) -> None:
    settle_in(tmp_path)
    async with running(tmp_path, "--dev") as bot:
        second = await start(tmp_path, "--dev", life=1)
        assert await second.ended() == 3
        assert "in use by another process" in second.err
        assert "Traceback" not in second.err
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{bot.port}/readyz") as answer:
            assert answer.status == 200


async def test_an_address_that_is_taken_is_said_in_words(tmp_path: Path) -> None:
    settle_in(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    async with running(tmp_path, "--dev"):
        (other / "config.yaml").write_text((tmp_path / "config.yaml").read_text())
        second = await start(other, "--dev")
        assert await second.ended() == 3
        assert "cannot listen on 127.0.0.1:" in second.err


async def test_health_metrics_and_alerts_can_be_read_beside_the_running_bot(tmp_path: Path) -> None:
    settle_in(tmp_path, rules=GIVES_UP)
    async with running(tmp_path, "--dev") as bot, sending(bot.port) as sender:
        accepted = await sender.alfred(job("exceeded_retries", "J1", "e1"))
        quarantined = await sender.extend(b"[]")
        assert quarantined.values["status"] == "quarantined"

        async def listed() -> list[dict[str, object]]:
            code, out, _ = await command(tmp_path, "alerts", "--json", env=ENV)
            assert code == 0
            found: list[dict[str, object]] = json.loads(out)["alerts"]
            return [alert for alert in found if alert["rule"] == "gives-up"]

        (alert,) = await eventually_async(listed, "the alert in the list")
        assert (alert["event_id"], alert["key"]) == (accepted.event_id, {"job": "J1"})
        async with aiohttp.ClientSession(f"http://127.0.0.1:{bot.port}") as session:
            async with session.get("/readyz") as answer:
                assert (await answer.json())["status"] == "ready"
            async with session.get("/metrics") as answer:
                metrics = await answer.text()
        assert 'tocsin_events_accepted_total{source="alfred"} 1.0' in metrics
        assert 'tocsin_events_quarantined_total{source="extend"} 1.0' in metrics
        assert 'tocsin_alert_transitions_total{change="fires"}' in metrics


async def test_the_log_is_json_and_holds_no_secret(tmp_path: Path) -> None:
    settle_in(tmp_path)
    async with running(tmp_path, "--dev") as bot:
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"http://127.0.0.1:{bot.port}/hooks/alfred/wrong-token-canary", data=b"{}") as answer,
        ):
            assert answer.status == 401
        assert await bot.stop() == 0
        lines = [json.loads(line) for line in bot.err.splitlines()]
        assert {"ready", "delivery refused", "stopping", "stopped"} <= {line["event"] for line in lines}
        for secret in (*ENV.values(), "wrong-token-canary"):
            assert secret not in bot.out + bot.err


async def test_a_failed_commit_ends_the_process_with_code_70_and_one_line(tmp_path: Path) -> None:
    settle_in(tmp_path)
    script = Path(__file__).with_name("failing_disk.py")
    async with running(tmp_path, "--dev", script=script) as bot, sending(bot.port) as sender:
        assert (await sender.alfred(job("failed", "J1", "e1"))).status == 503
        assert await bot.ended() == 70
        assert "disk I/O error" in bot.err
        assert "Traceback" not in bot.err
        assert '"where"' not in bot.err


async def test_two_signals_end_the_process_at_once(tmp_path: Path) -> None:
    settle_in(tmp_path)
    async with running(tmp_path, "--dev") as bot:
        reader, writer = await asyncio.open_connection("127.0.0.1", bot.port)
        writer.write(b"POST /hooks/extend HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\n12")
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{bot.port}/healthz") as answer:
            assert answer.status == 200  # by now the half request above is being read, and holds the drain up
        bot.process.send_signal(signal.SIGTERM)

        async def draining() -> bool:
            return "stopping" in bot.err

        await eventually_async(draining, "the drain to begin")
        bot.process.send_signal(signal.SIGTERM)
        assert await bot.ended(5) == -signal.SIGTERM
        writer.close()
        del reader
