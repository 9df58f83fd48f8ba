"""The watchdog of the socket, on skipped time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.slack.socket import OPEN_S, SILENT_S, WORDLESS_S, Socket, SocketError
from tests.fakes.virtual import LoopClock, virtually


@dataclass
class Wire:
    """One connection, as a test wants it."""

    up: bool = True
    words: int = 0
    refusal: Exception | None = None
    hangs: bool = False
    hangs_at_close: bool = False
    is_open: bool = False

    async def open(self) -> None:
        if self.refusal is not None:
            raise self.refusal
        if self.hangs:
            await asyncio.Event().wait()
        self.is_open = True

    async def is_up(self) -> bool:
        return self.up

    async def close(self) -> None:
        self.is_open = False
        if self.hangs_at_close:
            await asyncio.Event().wait()


@dataclass
class Scene:
    socket: Socket
    wires: list[Wire]
    planned: list[Wire] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)  # noqa: TID251 - skipped time


@asynccontextmanager
async def watched(*planned: Wire) -> AsyncIterator[Scene]:
    waiting, made = list(planned), list[Wire]()

    def connect() -> Wire:
        made.append(waiting.pop(0) if waiting else Wire())
        return made[-1]

    socket = Socket(connect, LoopClock(), random=lambda: 0.0)
    async with asyncio.TaskGroup() as tasks:
        work = tasks.create_task(socket.run())
        yield Scene(socket, made)
        work.cancel()


def test_an_open_socket_is_left_alone() -> None:
    async def scenario() -> None:
        async with watched() as scene:
            assert scene.socket.trouble is not None
            await scene.sleep(3_600)
            assert scene.socket.trouble is None
            assert len(scene.wires) == 1
        assert not scene.wires[0].is_open

    virtually(scenario, grace=0)


def test_a_silent_socket_is_closed_and_built_anew_within_a_minute_or_so() -> None:
    async def scenario() -> None:
        first = Wire()
        async with watched(first) as scene:
            await scene.sleep(100)
            first.up = False
            await scene.sleep(10)
            assert "do not arrive" in (scene.socket.trouble or "")
            await scene.sleep(SILENT_S + 5)
            assert (len(scene.wires), first.is_open, scene.wires[1].is_open) == (2, False, True)
            assert scene.socket.trouble is None

    virtually(scenario, grace=0)


def test_a_short_gap_that_the_client_mends_itself_is_not_interfered_with() -> None:
    async def scenario() -> None:
        first = Wire()
        async with watched(first) as scene:
            for _ in range(10):
                first.up = False
                await scene.sleep(40)
                first.up = True
                await scene.sleep(20)
            assert len(scene.wires) == 1

    virtually(scenario, grace=0)


def test_a_socket_that_hears_nothing_for_hours_is_built_anew_although_its_pings_are_answered() -> None:
    async def scenario() -> None:
        first = Wire()
        async with watched(first) as scene:
            await scene.sleep(WORDLESS_S - 60)
            first.words += 1  # the hourly word of Slack
            await scene.sleep(WORDLESS_S - 60)
            assert len(scene.wires) == 1
            await scene.sleep(120)
            assert len(scene.wires) == 2

    virtually(scenario, grace=0)


def test_a_refused_token_is_said_in_words_and_asked_for_ever_more_seldom() -> None:
    async def scenario() -> None:
        refused = [Wire(refusal=SocketError("Slack refuses the app token (invalid_auth)")) for _ in range(30)]
        async with watched(*refused) as scene:
            await scene.sleep(600)
            assert "invalid_auth" in (scene.socket.trouble or "")
            assert 10 <= len(scene.wires) <= 17
            await scene.sleep(1_200)
            assert scene.socket.trouble is None

    virtually(scenario, grace=0)


def test_an_opening_or_a_closing_that_never_ends_is_given_up() -> None:
    async def scenario() -> None:
        async with watched(Wire(hangs=True, hangs_at_close=True)) as scene:
            await scene.sleep(OPEN_S + 15)
            assert [wire.is_open for wire in scene.wires] == [False, True]

    virtually(scenario, grace=0)


def test_whatever_the_client_raises_the_watch_goes_on() -> None:
    async def scenario() -> None:
        async with watched(Wire(refusal=RuntimeError("Session is closed"))) as scene:
            await scene.sleep(5)
            assert scene.socket.trouble is None
            assert len(scene.wires) == 2

    virtually(scenario, grace=0)
