"""What the bot tells programs over HTTP, and whom."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.store.digest_rows import MADE, MISSED, DigestRow, make
from bot.web.api_page import page
from bot.web.api_routes import BASE, ROUTES
from tests.e2e.bots import job, settle_in
from tests.integration.service.bots import Live, live
from tests.waiting import eventually_async

RULES = """
rules:
  gives-up:
    title: "{company}: {job} gives up"
    when: exceeded_retries
    per: job
    if_unknown: skip
    notify: doc-alerts
    resolved_by: finished
  only-globex:
    title: "{job} of Globex gives up"
    when: exceeded_retries
    where: {company: Globex}
    notify: doc-alerts
"""
_OURS = object()


@asynccontextmanager
async def asking(folder: Path) -> AsyncIterator[Live]:
    settle_in(folder, rules=RULES)
    async with live(folder) as bot:
        yield bot


async def ask(
    bot: Live, path: str, *, method: str = "GET", token: object = _OURS, **query: str | list[str]
) -> tuple[int, Any]:
    given = bot.bot._command_token.value.decode() if token is _OURS else token
    headers = {} if given is None else {"Authorization": f"Bearer {given}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.request(method, f"http://127.0.0.1:{bot.port}{BASE}{path}", params=query) as answer,
    ):
        return answer.status, await answer.json()


async def decided(bot: Live, rows: int) -> None:
    async def look() -> bool:
        counts = await bot.store.read(lambda reads: reads.counts())
        return counts.last_seq >= rows and counts.behind == 0

    await eventually_async(look, "everything to be decided")


@pytest.mark.parametrize("token", [None, "", "wrong"])
async def test_nobody_is_told_anything_without_a_token(tmp_path: Path, token: str | None) -> None:
    async with asking(tmp_path) as bot:
        for route in ROUTES:
            path = route.template.replace("{id}", "x").replace("{rule}", "gives-up")
            code, said = await ask(bot, path, method=route.method, token=token)
            assert (code, said["error"]) == (401, "not authentic"), route.name
        assert (await ask(bot, "/openapi.json", token=token))[0] == 401


async def test_the_page_names_every_question_that_is_answered(tmp_path: Path) -> None:
    async with asking(tmp_path) as bot:
        code, said = await ask(bot, "/openapi.json")
        assert (code, said) == (200, page())
        assert {path.removeprefix(BASE) for path in said["paths"]} == {route.template for route in ROUTES}
        for route in ROUTES:
            path = route.template.replace("{id}", "nothing").replace("{rule}", "gives-up")
            code, _ = await ask(bot, path, method=route.method)
            assert code in {200, 404, 422}, route.name


async def test_an_alert_and_its_event_are_told_with_every_rule_and_its_clause(tmp_path: Path) -> None:
    async with asking(tmp_path) as bot:
        event_id = (await bot.sender.alfred(job("exceeded_retries", "J1", "e1"))).event_id
        await decided(bot, 2)
        _, said = await ask(bot, "/alerts")
        (alert,) = said["alerts"]
        assert (alert["rule"], alert["key"], alert["state"]) == ("gives-up", {"job": "J1"}, "firing")

        async def sent() -> Any:
            _, found = await ask(bot, f"/alerts/{alert['alert_id']}")
            return found if found["messages"][0]["state"] == "sent" else None

        one = await eventually_async(sent, "the message")
        assert one["messages"][0]["channel"] == "doc-alerts"
        assert one["messages"][0]["tries"][0]["outcome"] == "sent"
        _, why = await ask(bot, f"/events/{event_id}/why")
        verdicts = {rule["rule"]: rule for rule in why["rules"]}
        assert verdicts["gives-up"]["verdict"] == "matched"
        assert verdicts["only-globex"]["why"] == "where: company is 'Globex': saw 'Acme'"
        assert [each["alert_id"] for each in why["alerts"]] == [alert["alert_id"]]
        _, rows = await ask(bot, f"/events/{event_id}")
        assert rows["rows"][0]["fields"]["job"] == "J1"


async def test_a_missing_alert_is_explained_by_the_clause_that_refused(tmp_path: Path) -> None:
    async with asking(tmp_path) as bot:
        await bot.sender.alfred(job("exceeded_retries", "J1", "e1"))
        await decided(bot, 2)
        code, said = await ask(bot, "/rules/only-globex/why-not", key="J1")
        assert (code, said["refusals"]) == (200, {"where: company is 'Globex': saw 'Acme'": 1})
        assert said["events"][0]["refused"] == "where: company is 'Globex': saw 'Acme'"
        code, said = await ask(bot, "/rules/only-globx/why-not", key="J1")
        assert (code, "did you mean only-globex?" in said["error"]) == (422, True)
        code, said = await ask(bot, "/rules/gives-up/why-not")
        assert (code, "the key of gives-up is job" in said["error"]) == (422, True)


async def test_what_could_not_be_read_is_explained_too(tmp_path: Path) -> None:
    async with asking(tmp_path) as bot:
        event_id = (await bot.sender.extend(b"[]")).event_id
        await decided(bot, 2)
        code, why = await ask(bot, f"/events/{event_id}/why")
        assert code == 200
        assert "quarantined" in why["event"]["standing"]
        assert why["event"]["error"]
        _, said = await ask(bot, "/events", status="quarantined")
        assert [event["seq"] for event in said["events"]] == [why["event"]["seq"]]


async def test_rules_are_told_and_loaded_on_demand(tmp_path: Path) -> None:
    async with asking(tmp_path) as bot:
        _, before = await ask(bot, "/rules")
        assert {"gives-up", "only-globex"} < {rule["name"] for rule in before["rules"]}
        _, said = await ask(bot, "/reload", method="POST")
        assert (said["outcome"], said["version"]) == ("unchanged", before["version"])
        rules = tmp_path / "rules" / "rules.yaml"
        rules.write_text(RULES.replace("company: Globex", "companny: Globex"), "utf-8")
        _, said = await ask(bot, "/reload", method="POST")
        assert (said["outcome"], said["version"]) == ("refused", before["version"])
        assert "companny" in said["complaints"][0]
        rules.write_text(RULES.replace("Globex", "Initech"), "utf-8")
        _, said = await ask(bot, "/reload", method="POST")
        assert said["outcome"] == "loaded"
        await decided(bot, 2)
        _, after = await ask(bot, "/rules")
        assert (after["version"], after["trouble"]) == (said["version"], [])


@pytest.mark.parametrize(
    ("path", "query", "word"),
    [
        ("/alerts", {"limit": "0"}, "limit"),
        ("/alerts", {"limit": "many"}, "limit"),
        ("/alerts", {"state": "opn"}, "state"),
        ("/alerts", {"colour": "red"}, "no such parameter"),
        ("/alerts", {"rule": ["a", "b"]}, "more than once"),
        ("/events", {"status": "lost"}, "status"),
    ],
)
async def test_a_question_that_cannot_be_meant_is_refused_with_the_reason(
    tmp_path: Path, path: str, query: dict[str, Any], word: str
) -> None:
    async with asking(tmp_path) as bot:
        code, said = await ask(bot, path, **query)
        assert (code, word in said["error"]) == (422, True)


async def test_the_method_of_a_question_is_named_when_it_is_another(tmp_path: Path) -> None:
    async with asking(tmp_path) as bot:
        assert (await ask(bot, "/rules", method="PUT"))[0] == 405
        assert (await ask(bot, "/reload"))[0] == 405
        assert (await ask(bot, "/nothing"))[0] == 404


async def test_digests_are_told_with_their_period_and_their_numbers(tmp_path: Path) -> None:
    made = DigestRow("daily", "doc-alerts", "2026-01-05", MADE, 5_000, 1_000, 5_000, 6_000, '{"failures": 3}')
    other = made._replace(name="weekly", due_at=4_000, numbers=None, state=MISSED)
    async with asking(tmp_path) as bot:
        await bot.store.work(lambda cursor: make(cursor, [made, other], []))
        code, said = await ask(bot, "/digests")
        _, one = await ask(bot, "/digests", name="weekly", limit="1")

    assert code == 200
    assert [(each["name"], each["numbers"]) for each in said["digests"]] == [
        ("daily", {"failures": 3}),
        ("weekly", None),
    ]
    assert said["digests"][0]["since"].startswith("1970-01-01T00:00:01")
    assert [(each["name"], each["state"]) for each in one["digests"]] == [("weekly", "missed")]
