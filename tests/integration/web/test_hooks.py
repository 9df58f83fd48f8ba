"""Deliveries over real HTTP: the order of checks, and one answer for each outcome."""

from __future__ import annotations

import io
import json
from typing import Any

import aiohttp
import pytest

from bot.clock import SystemClock
from bot.errors import StoreFailedError, StoreUnavailableError
from bot.sources import Reading
from bot.sources.extend import ExtendSource
from bot.sources.signature import signed_headers
from bot.web import Readiness
from tests.integration.web.fronts import EXTEND, SECRET, TOKEN, Front, MemoryJournal, front

EVENT = b'{"eventId":"event_1","eventType":"workflow_run.failed","payload":{"id":"workflow_run_1"}}'
ALFRED_PATH = f"/hooks/alfred/{TOKEN.decode()}"
JOB = b'{"event_id":"e1","event_type":"job_event","event":{"event_name":"job_failed_event","job_id":"J1"}}'


def signed(body: bytes, secret: bytes = SECRET) -> dict[str, str]:
    return signed_headers(secret, body, SystemClock().now_ms() // 1000)


async def posted(
    web: Front, path: str, body: bytes, headers: dict[str, str] | None = None, method: str = "POST"
) -> tuple[int, dict[str, Any], dict[str, str]]:
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"http://127.0.0.1:{web.port}{path}", data=io.BytesIO(body), headers=headers) as answer,
    ):
        text = await answer.read()
        return answer.status, json.loads(text) if text else {}, dict(answer.headers)


async def test_a_signed_event_is_stored_and_then_accepted() -> None:
    journal = MemoryJournal()
    async with front(journal) as web:
        code, values, headers = await posted(web, "/hooks/extend", EVENT, signed(EVENT))
    assert (code, values["status"]) == (200, "accepted")
    assert [event_id for event_id, _ in journal.kept] == [values["event_id"]]
    assert headers["Content-Type"] == "application/json"
    assert "Date" in headers


async def test_a_duplicate_delivery_is_answered_as_duplicate_with_the_same_id() -> None:
    async with front(MemoryJournal()) as web:
        _, first, _ = await posted(web, "/hooks/extend", EVENT, signed(EVENT))
        code, second, _ = await posted(web, "/hooks/extend", EVENT, signed(EVENT))
    assert (code, second) == (200, {"status": "duplicate", "event_id": first["event_id"]})


async def test_an_authentic_body_that_cannot_be_read_is_quarantined_and_answered_200() -> None:
    journal = MemoryJournal()
    async with front(journal) as web:
        code, values, _ = await posted(web, "/hooks/extend", b"[]", signed(b"[]"))
        count = web.metrics.registry.get_sample_value("tocsin_events_quarantined_total", {"source": "extend"})
    assert (code, values["status"]) == (200, "quarantined")
    assert journal.kept == [(values["event_id"], b"[]")]
    assert count == 1


@pytest.mark.parametrize(
    "body", [b'[{"content": "secret"}]', b'{"event": {"value": "secret', b'{"content": "secret", "n": NaN}']
)
async def test_a_dropped_field_is_not_stored_in_quarantine_either(body: bytes) -> None:
    journal = MemoryJournal()
    async with front(journal) as web:
        code, first, _ = await posted(web, ALFRED_PATH, body)
        _, second, _ = await posted(web, ALFRED_PATH, body)
    assert (code, first["status"], second) == (200, "quarantined", first)
    ((_, kept),) = journal.kept
    assert b"secret" not in kept


class BrokenSource(ExtendSource):
    def read(self, body: bytes) -> Reading:
        raise RuntimeError(f"a bug with {len(body)} bytes")


async def test_a_source_that_raises_loses_no_event() -> None:
    journal = MemoryJournal()
    async with front(journal) as web:
        web.hooks._sources["extend"] = BrokenSource(EXTEND)
        code, values, _ = await posted(web, "/hooks/extend", EVENT, signed(EVENT))
    assert (code, values["status"]) == (200, "quarantined")
    assert [body for _, body in journal.kept] == [EVENT]


async def test_the_alfred_token_stands_in_the_path() -> None:
    async with front(MemoryJournal()) as web:
        code, values, _ = await posted(web, ALFRED_PATH, JOB)
    assert (code, values["status"]) == (200, "accepted")


async def test_the_handshake_is_answered_with_its_challenge_and_stores_nothing() -> None:
    journal = MemoryJournal()
    body = b'{"token":"t","challenge":"c-123","type":"url_verification"}'
    async with front(journal) as web:
        code, values, _ = await posted(web, ALFRED_PATH, body)
    assert (code, values, journal.kept) == (200, {"challenge": "c-123"}, [])


async def test_every_cause_of_a_refusal_has_one_identical_401() -> None:
    handshake = b'{"token":"t","challenge":"c","type":"url_verification"}'
    old = signed_headers(SECRET, EVENT, SystemClock().now_ms() // 1000 - 301)
    ahead = signed_headers(SECRET, EVENT, SystemClock().now_ms() // 1000 + 120)
    attempts: list[tuple[str, bytes, dict[str, str]]] = [
        ("/hooks/extend", EVENT, {}),
        ("/hooks/extend", EVENT, signed(EVENT, b"another")),
        ("/hooks/extend", EVENT + b" ", signed(EVENT)),
        ("/hooks/extend", EVENT, old),
        ("/hooks/extend", EVENT, ahead),
        ("/hooks/extend", EVENT, signed(EVENT) | {"x-extend-request-timestamp": "soon"}),
        ("/hooks/extend", b"\xff", signed(EVENT)),
        ("/hooks/alfred", JOB, {}),
        ("/hooks/alfred/", JOB, {}),
        ("/hooks/alfred/wrong", JOB, {}),
        ("/hooks/alfred/wrong", handshake, {}),
        ("/hooks/alfred/%ff%fe", JOB, {}),
    ]
    async with front(MemoryJournal()) as web:
        answers = [await posted(web, *attempt) for attempt in attempts]
    assert {code for code, _, _ in answers} == {401}
    assert all(values == answers[0][1] for _, values, _ in answers)
    bare = [{name: value for name, value in headers.items() if name != "Date"} for _, _, headers in answers]
    assert all(headers == bare[0] for headers in bare)


async def test_an_unknown_source_is_404_whatever_it_carries() -> None:
    async with front(MemoryJournal()) as web:
        for path in ("/hooks/nobody", "/hooks/", "/hooks/nobody/token", f"{ALFRED_PATH}/more", "/hooks"):
            assert (await posted(web, path, EVENT, signed(EVENT)))[0] == 404


async def test_an_unknown_source_comes_before_a_packed_body_and_that_before_its_size() -> None:
    packed = {"Content-Encoding": "gzip"}
    async with front(MemoryJournal()) as web:
        assert (await posted(web, "/hooks/nobody", b"x", packed))[0] == 404
        assert (await posted(web, "/hooks/extend", b"x" * (33 << 20), packed))[0] == 415


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "OPTIONS"])
async def test_a_delivery_is_a_post_request(method: str) -> None:
    async with front(MemoryJournal()) as web:
        code, _, headers = await posted(web, "/hooks/extend", b"", method=method)
    assert (code, headers["Allow"]) == (405, "POST")


async def test_a_store_that_cannot_take_it_asks_the_sender_to_come_again() -> None:
    journal = MemoryJournal(trouble=StoreUnavailableError("full"))
    async with front(journal) as web:
        for body in (EVENT, b"[]"):
            code, values, headers = await posted(web, "/hooks/extend", body, signed(body))
            assert (code, headers["Retry-After"]) == (503, "5")
            assert "full" not in str(values)
        assert web.failures == []


async def test_a_failed_commit_is_reported_and_answered_503() -> None:
    journal = MemoryJournal(trouble=StoreFailedError("disk error"))
    async with front(journal) as web:
        assert (await posted(web, "/hooks/extend", EVENT, signed(EVENT)))[0] == 503
        assert [str(error) for error in web.failures] == ["disk error"]


async def test_nothing_is_taken_while_draining() -> None:
    journal = MemoryJournal()
    async with front(journal) as web:
        web.hooks.accepting = False
        code, _, headers = await posted(web, "/hooks/extend", EVENT, signed(EVENT))
    assert (code, "Retry-After" in headers, journal.kept) == (503, True, [])


async def test_a_sender_that_asks_before_a_large_body_is_told_to_go_on() -> None:
    big = b'{"eventId":"e","eventType":"x","payload":{"t":"' + b"x" * 2_000_000 + b'"}}'
    async with (
        front(MemoryJournal()) as web,
        aiohttp.ClientSession() as session,
        session.post(
            f"http://127.0.0.1:{web.port}/hooks/extend", data=io.BytesIO(big), headers=signed(big), expect100=True
        ) as answer,
    ):
        assert (answer.status, (await answer.json())["status"]) == (200, "accepted")


async def test_readyz_is_200_with_degraded_lines_and_503_only_with_an_obstacle() -> None:
    async with front(MemoryJournal()) as web:
        code, values, _ = await posted(web, "/readyz", b"", method="GET")
        assert (code, values) == (200, {"status": "ready", "degraded": []})
        web.state.append(Readiness(degraded=("slack: 2 parked",)))
        code, values, _ = await posted(web, "/readyz", b"", method="GET")
        assert (code, values) == (200, {"status": "ready", "degraded": ["slack: 2 parked"]})
        web.state.append(Readiness(obstacle="the store is full"))
        code, values, _ = await posted(web, "/readyz", b"", method="GET")
        assert (code, values["status"], values["error"]) == (503, "not ready", "the store is full")


async def test_healthz_and_metrics_are_read_with_get_and_head_only() -> None:
    async with front(MemoryJournal()) as web:
        assert (await posted(web, "/healthz", b"", method="GET"))[:2] == (200, {"status": "alive"})
        assert (await posted(web, "/healthz", b"", method="HEAD"))[:2] == (200, {})
        assert (await posted(web, "/metrics", b""))[0] == 405
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{web.port}/metrics") as answer,
        ):
            assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
            assert "# TYPE tocsin_events_accepted_total counter" in await answer.text()


async def test_a_path_that_nobody_serves_is_404() -> None:
    async with front(MemoryJournal()) as web:
        assert (await posted(web, "/", b"", method="GET"))[0] == 404
