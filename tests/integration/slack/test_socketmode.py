"""slack-sdk's Socket Mode client under our watch, against the fake's websockets, on skipped time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from bot.slack.calls import SlackCalls
from bot.slack.socket import Socket
from bot.slack.socketmode import SocketModeConnection
from tests.fakes.slack import FakeSlack
from tests.fakes.virtual import LoopClock, virtually

PAYLOAD = {"type": "block_actions", "user": {"id": "U0ANA00001"}, "actions": []}


@pytest.fixture(autouse=True)
def _skipped_time_for_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """slack-sdk reckons the age of its last pong with the machine's clock."""
    clock = SimpleNamespace(time=lambda: asyncio.get_running_loop().time())
    monkeypatch.setattr("slack_sdk.socket_mode.aiohttp.time", clock)


@dataclass
class Line:
    """A watched socket to the fake, and what came over it."""

    fake: FakeSlack
    calls: SlackCalls
    app_token: str
    taken: list[Mapping[str, Any]] = field(default_factory=list)
    takes: bool = True
    socket: Socket = field(init=False)

    def __post_init__(self) -> None:
        self.socket = Socket(self.connect, LoopClock(), random=lambda: 0.0)

    def connect(self) -> SocketModeConnection:
        return SocketModeConnection(self.app_token, self.calls, self.fake.api_url, self.offer)

    def offer(self, payload: Mapping[str, Any]) -> bool:
        if self.takes:
            self.taken.append(payload)
        return self.takes

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)  # noqa: TID251 - skipped time

    async def click(self) -> bool:
        return await self.fake.clicks.over_socket(PAYLOAD)


@asynccontextmanager
async def line(app_token: str | None = None) -> AsyncIterator[Line]:
    clock = LoopClock()
    async with FakeSlack(clock.seconds) as fake:
        calls = SlackCalls("xoxb-fake-bot-token", api_url=fake.api_url)
        found = Line(fake, calls, app_token or fake.app_token)
        try:
            async with asyncio.TaskGroup() as tasks:
                work = tasks.create_task(found.socket.run())
                await found.sleep(2)
                yield found
                work.cancel()
        finally:
            await calls.close()


def test_a_click_comes_over_the_socket_and_is_acknowledged_at_once() -> None:
    async def scenario() -> None:
        async with line() as found:
            assert await found.click()
            assert found.taken == [PAYLOAD]
            assert found.socket.trouble is None

    virtually(scenario)


def test_what_cannot_be_taken_is_not_acknowledged_so_that_slack_says_so() -> None:
    async def scenario() -> None:
        async with line() as found:
            found.takes = False
            assert not await found.click()

    virtually(scenario)


def test_other_envelopes_are_acknowledged_and_left_alone() -> None:
    async def scenario() -> None:
        async with line() as found:
            assert await found.fake.sockets.acknowledged(await found.fake.sockets.send("events_api", {"event": {}}))
            assert found.taken == []

    virtually(scenario)


def test_slack_asking_for_a_new_connection_gets_one() -> None:
    async def scenario() -> None:
        async with line() as found:
            await found.fake.sockets.tell_to_go("refresh_requested")
            await found.sleep(30)
            assert found.fake.sockets.opened == 2
            assert await found.click()

    virtually(scenario)


def test_a_connection_that_is_cut_is_opened_again() -> None:
    async def scenario() -> None:
        async with line() as found:
            for _ in range(3):
                found.fake.sockets.cut()
                await found.sleep(60)
                assert await found.click()
            assert found.fake.sockets.opened >= 4

    virtually(scenario)


def test_a_socket_that_answers_no_pings_is_replaced() -> None:
    async def scenario() -> None:
        async with line() as found:
            found.fake.sockets.mute = True
            await found.sleep(90)
            assert found.fake.sockets.opened > 1
            found.fake.sockets.mute = False
            await found.sleep(90)
            assert await found.click()
            assert found.socket.trouble is None

    virtually(scenario)


def test_a_client_that_has_stopped_reconnecting_by_itself_is_replaced() -> None:
    async def scenario() -> None:
        async with line() as found:
            await found.sleep(30)
            for task in asyncio.all_tasks():
                if "monitor_current_session" in repr(task):
                    task.cancel()  # what slack-sdk's issues 1110 and 1701 look like from outside
            found.fake.sockets.cut()
            await found.sleep(20)
            assert found.fake.sockets.open == []
            await found.sleep(120)
            assert await found.click()
            assert found.socket.rebuilt == 1

    virtually(scenario)


def test_refused_connects_are_tried_again() -> None:
    async def scenario() -> None:
        async with line() as found:
            found.fake.sockets.refusals = 5
            found.fake.sockets.cut()
            await found.sleep(240)
            assert await found.click()

    virtually(scenario)


def test_a_wrong_app_token_is_said_in_words() -> None:
    async def scenario() -> None:
        async with line("xapp-wrong") as found:
            await found.sleep(60)
            assert "refuses the app token (invalid_auth)" in (found.socket.trouble or "")
            assert found.fake.sockets.opened == 0

    virtually(scenario)


def test_nothing_of_the_socket_is_left_behind_or_said_in_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    async def scenario() -> None:
        async with line() as found:
            found.fake.sockets.cut()
            await found.sleep(30)
        await asyncio.sleep(1)  # noqa: TID251 - skipped time
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        assert left == []

    virtually(scenario)
    said = "".join(capfd.readouterr())
    assert "ticket" not in said
    assert "Traceback" not in said
