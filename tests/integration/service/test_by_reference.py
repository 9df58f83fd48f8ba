"""Payloads by reference, from the delivery to the card: answered first, fetched after, told once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

import pytest
from aiohttp import web

from bot.errors import StoreUnavailableError
from bot.service import fetching
from bot.store.values import Fetch, FetchState, RowKind
from tests.e2e.bots import settle_in
from tests.integration.service.bots import HOST, Live, PayloadServer, live, payloads
from tests.waiting import eventually_async

RULES = """
rules:
  run-failed:
    title: "{workflow}: {cause}"
    when: extend.workflow_run.failed
    per: run
    severity: error
    notify: doc-alerts
"""
PAYLOAD = json.dumps(
    {
        "object": "workflow_run",
        "id": "workflow_run_1",
        "workflow": {"id": "w1", "name": "Payable intake"},
        "failureReason": "CORRUPT_FILE",
        "status": "FAILED",
    }
).encode()
ALLOWED = f"fetch_from: [{HOST}]"


def whole() -> web.Response:
    return web.Response(body=PAYLOAD)


def envelope(server: PayloadServer, event_id: str = "event_1", run: str = "workflow_run_1") -> bytes:
    payload = {"object": "signed_data_url", "data": server.url, "id": run, "metadata": {"tenant": "acme"}}
    return json.dumps({"eventId": event_id, "eventType": "workflow_run.failed", "payload": payload}).encode()


def settle(folder: Path, allowed: str = ALLOWED) -> None:
    settle_in(folder, rules=RULES)
    config = folder / "config.yaml"
    if allowed:
        config.write_text(config.read_text().replace("{kind: extend, ", f"{{kind: extend, {allowed}, "))


async def kinds(bot: Live, event_id: str) -> list[RowKind]:
    rows = await bot.store.read(lambda reads: reads.event(event_id))
    return [row.kind for row in rows]


async def drawn(bot: Live, text: str) -> None:
    async def look() -> bool:
        return text in bot.out.getvalue()

    await eventually_async(look, f"a card with {text}")


async def waiting(bot: Live) -> list[Fetch]:
    return await bot.store.read(lambda reads: reads.waiting_fetches())


async def no_more_waiting(bot: Live) -> None:
    async def look() -> bool:
        return not await waiting(bot)

    await eventually_async(look, "the fetch to be over")


async def test_a_payload_that_comes_in_time_is_decided_whole_and_told_once(tmp_path: Path) -> None:
    settle(tmp_path)
    async with payloads(whole) as server, live(tmp_path, reach=server.reach) as bot:
        answer = await bot.sender.extend(envelope(server))
        assert (answer.status, answer.values["status"]) == (200, "accepted")
        await drawn(bot, "Payable intake: CORRUPT_FILE")
        await no_more_waiting(bot)
        assert await kinds(bot, answer.event_id) == [RowKind.EVENT, RowKind.ENVELOPE]
        assert bot.out.getvalue().count("┌─") == 1
        assert server.asked == 1


async def test_the_same_reference_sent_again_is_a_duplicate_and_fetched_once(tmp_path: Path) -> None:
    settle(tmp_path)
    async with payloads(whole) as server, live(tmp_path, reach=server.reach) as bot:
        first = await bot.sender.extend(envelope(server))
        await drawn(bot, "CORRUPT_FILE")
        again = await bot.sender.extend(envelope(server))
        assert again.values == {"status": "duplicate", "event_id": first.event_id}
        assert server.asked == 1


async def test_rules_wait_only_so_long_and_a_late_payload_completes_the_same_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "RULES_WAIT_MS", 50)
    settle(tmp_path)
    async with payloads(whole, open_gate=False) as server, live(tmp_path, reach=server.reach) as bot:
        answer = await bot.sender.extend(envelope(server))
        await drawn(bot, "unknown: unknown")
        assert "CORRUPT_FILE" not in bot.out.getvalue()
        server.gate.set()
        await drawn(bot, "Payable intake: CORRUPT_FILE")
        await no_more_waiting(bot)
        assert await kinds(bot, answer.event_id) == [RowKind.EVENT, RowKind.ENVELOPE, RowKind.COMPLETION]
        cards = bot.out.getvalue().split("┌─")[1:]
        assert ["message changed" in card for card in cards] == [False, True]


async def test_a_host_that_is_not_allowed_is_never_asked_and_told_of_once(tmp_path: Path) -> None:
    settle(tmp_path, allowed="")
    async with payloads(whole) as server, live(tmp_path, reach=server.reach) as bot:
        await bot.sender.extend(envelope(server))
        await drawn(bot, "unknown: unknown")
        alerts = await bot.store.read(lambda reads: reads.alerts())
        assert sorted(alert.rule for alert in alerts) == ["run-failed", "tocsin-payload-unavailable"]
        assert server.asked == 0
        assert await waiting(bot) == []


async def test_a_payload_that_is_gone_is_told_of_once_and_not_asked_for_again(tmp_path: Path) -> None:
    settle(tmp_path)
    async with payloads(lambda: web.Response(status=404)) as server, live(tmp_path, reach=server.reach) as bot:
        await bot.sender.extend(envelope(server))
        await drawn(bot, "unknown: unknown")
        await no_more_waiting(bot)

        async def told() -> bool:
            alerts = await bot.store.read(lambda reads: reads.alerts(rule="tocsin-payload-unavailable"))
            return len(alerts) == 1

        await eventually_async(told, "the admin's alert")
        assert server.asked == 1


async def test_a_server_in_trouble_is_asked_three_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "AGAIN_MS", (20, 20))
    settle(tmp_path)
    async with payloads(lambda: web.Response(status=503)) as server, live(tmp_path, reach=server.reach) as bot:
        await bot.sender.extend(envelope(server))
        await drawn(bot, "unknown: unknown")
        await no_more_waiting(bot)
        assert server.asked == fetching.TRIES


async def test_a_second_try_that_succeeds_completes_the_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "AGAIN_MS", (20, 20))
    settle(tmp_path)
    answers = [web.Response(status=503)]
    async with (
        payloads(lambda: answers.pop() if answers else whole()) as server,
        live(tmp_path, reach=server.reach) as bot,
    ):
        await bot.sender.extend(envelope(server))
        await drawn(bot, "Payable intake: CORRUPT_FILE")
        assert bot.out.getvalue().count("┌─") == 2


async def test_a_fetch_that_a_stop_interrupts_goes_on_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "RULES_WAIT_MS", 50)
    settle(tmp_path)
    async with payloads(whole, open_gate=False) as server:
        async with live(tmp_path, reach=server.reach) as bot:
            await bot.sender.extend(envelope(server))
            await drawn(bot, "unknown: unknown")
        server.gate.set()
        async with live(tmp_path, reach=server.reach) as bot:
            await drawn(bot, "Payable intake: CORRUPT_FILE")
            assert "message changed" in bot.out.getvalue()


async def test_an_address_is_forgotten_when_its_payload_is_there(tmp_path: Path) -> None:
    settle(tmp_path)
    async with payloads(whole) as server, live(tmp_path, reach=server.reach) as bot:
        answer = await bot.sender.extend(envelope(server))
        await no_more_waiting(bot)
        await drawn(bot, "CORRUPT_FILE")
        wanted = "SELECT state, url FROM fetches WHERE event_id = ?"
        found = await bot.store.ask(lambda cursor: cursor.execute(wanted, (answer.event_id,)).fetchone())
        assert found[0] == FetchState.DONE
        assert "CANARY" not in found[1]
        assert "CANARY" not in bot.out.getvalue()


async def test_a_long_line_of_slow_payloads_holds_up_no_decision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "RULES_WAIT_MS", 50)
    monkeypatch.setattr(fetching, "AT_ONCE", 2)
    monkeypatch.setattr(fetching, "_LATE_AT_ONCE", 3)
    settle(tmp_path)
    many = 8
    async with payloads(whole, open_gate=False) as server, live(tmp_path, reach=server.reach) as bot:
        for number in range(many):
            await bot.sender.extend(envelope(server, f"event_{number}", f"workflow_run_{number}"))

        async def all_decided() -> bool:
            return bot.out.getvalue().count("unknown: unknown") >= many

        await eventually_async(all_decided, "a card for every envelope")
        assert server.asked == 2
        server.gate.set()
        await no_more_waiting(bot)
        assert server.asked == many

        async def all_completed() -> bool:
            alerts = await bot.store.read(lambda reads: reads.alerts(rule="run-failed"))
            return [alert.details_missing for alert in alerts] == [False] * many

        await eventually_async(all_completed, "the details of every card")


async def test_an_event_that_was_stored_after_its_sender_was_sent_away_is_fetched_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(tmp_path)
    async with payloads(whole) as server, live(tmp_path, reach=server.reach) as bot:
        stored = bot.store.append

        async def too_late(*given: Any) -> NoReturn:
            await stored(*given)
            raise StoreUnavailableError("a commit takes longer than 8 s")

        monkeypatch.setattr(bot.store, "append", too_late)
        assert (await bot.sender.extend(envelope(server))).status == 503
        await drawn(bot, "Payable intake: CORRUPT_FILE")


async def test_a_reference_without_an_address_is_decided_at_once_and_told_of_once(tmp_path: Path) -> None:
    settle(tmp_path)
    payload = {"object": "signed_data_url", "data": "", "id": "workflow_run_1"}
    body = json.dumps({"eventId": "event_1", "eventType": "workflow_run.failed", "payload": payload}).encode()
    async with live(tmp_path) as bot:
        for status in ("accepted", "duplicate"):
            assert (await bot.sender.extend(body)).values["status"] == status
        await drawn(bot, "unknown: unknown")
        alerts = await bot.store.read(lambda reads: reads.alerts())
        assert sorted((alert.rule, alert.count) for alert in alerts) == [
            ("run-failed", 1),
            ("tocsin-payload-unavailable", 1),
        ]
        assert await waiting(bot) == []
