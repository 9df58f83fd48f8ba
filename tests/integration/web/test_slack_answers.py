"""From Slack's request to the person's answer while the store hangs: on skipped time, with Slack's three seconds."""

from __future__ import annotations

import asyncio

import pytest

from bot.core.state import AlertState
from bot.metrics import Metrics
from bot.slack.calls import SlackCalls
from bot.slack.interactivity import RECORD_S, Interactivity, Reception
from bot.slack.permission import Allowed
from bot.slack.socket import Socket
from bot.slack.socketmode import SocketModeConnection
from bot.slack.whisper import Whisper
from bot.web import Health, Hooks, HttpServer, Limits, Readiness, SlackRequests
from tests.fakes.alerts import alert
from tests.fakes.clicked import FakeActing
from tests.fakes.slack import FakeSlack
from tests.fakes.slack.clicking import SIGNING_SECRET
from tests.fakes.slack.state import Message
from tests.fakes.virtual import LoopClock, virtually
from tests.integration.web.fronts import Heard, MemoryJournal

BUTTON = {"type": "button", "action_id": "acknowledge", "value": "al_0001", "text": {"type": "plain_text", "text": "A"}}


class Front:
    """A fake Slack with one card, and both ways for clicks to come."""

    def __init__(self, fake: FakeSlack, clock: LoopClock) -> None:
        self.fake, self.acting, self._clock = fake, FakeActing({"al_0001": alert(1)}), clock
        self.calls = SlackCalls(fake.token, api_url=fake.api_url)
        whisper = Whisper(self.calls.session, fake.api_url)
        self.clicks = Interactivity(
            Reception(
                acting=self.acting, allowed=self._may, tell=whisper.tell, clock=clock, count=lambda _outcome: None
            )
        )
        self.socket = Socket(self._connect, clock, random=lambda: 0.0)
        metrics, limits = Metrics(), Limits()
        hooks = Hooks({}, MemoryJournal(), clock, limits, metrics, news=Heard([]))
        requests = SlackRequests(SIGNING_SECRET, self.clicks.offer, clock, limits, metrics)
        self.server = HttpServer(hooks, Health(self._look, self._refresh, metrics), limits, metrics, [requests])

    def card(self) -> Message:
        blocks = [{"type": "actions", "elements": [BUTTON]}]
        return self.fake.workspace.store("C0DOCALERT1", self._clock.seconds(), {"text": "card", "blocks": blocks})

    def _connect(self) -> SocketModeConnection:
        return SocketModeConnection(self.fake.app_token, self.calls, self.fake.api_url, self.clicks.offer)

    async def _may(self, _user: str) -> Allowed:
        return Allowed.YES

    async def _look(self) -> Readiness:
        return Readiness()

    async def _refresh(self) -> None:
        return None


@pytest.mark.parametrize("way", ["http", "socket"])
def test_slack_is_answered_in_time_and_the_person_is_told_although_the_store_hangs(way: str) -> None:
    async def scenario() -> None:
        clock = LoopClock()
        async with FakeSlack(clock.seconds) as fake:
            front = Front(fake, clock)
            front.acting.before = asyncio.Event().wait
            port = await front.server.start("127.0.0.1", 0)
            async with asyncio.TaskGroup() as tasks:
                parts = [tasks.create_task(front.clicks.run()), tasks.create_task(front.socket.run())]
                await asyncio.sleep(2)  # noqa: TID251 - skipped time
                click = fake.clicks.payload(fake.url, front.card(), "acknowledge")
                if way == "socket":
                    assert await fake.clicks.over_socket(click)
                else:
                    assert await fake.clicks.over_http(f"http://127.0.0.1:{port}/slack/interactivity", click) == (
                        200,
                        "",
                    )
                assert fake.clicks.whispers == []
                await asyncio.sleep(RECORD_S + 5)  # noqa: TID251 - skipped time
                (whisper,) = fake.clicks.whispers
                assert whisper.user == "U0ANA00001"
                assert "could not record this" in whisper.text
                for part in parts:
                    part.cancel()
            await front.server.drain(0)
            await front.calls.close()

    virtually(scenario)


def test_an_answer_that_slack_does_not_take_is_given_up() -> None:
    async def scenario() -> None:
        clock = LoopClock()
        async with FakeSlack(clock.seconds) as fake:
            front = Front(fake, clock)
            over = alert(1, state=AlertState.RESOLVED, ended_by="<https://evil.example.com|finished>")
            front.acting.cards["al_0001"] = over
            async with asyncio.TaskGroup() as tasks:
                work = tasks.create_task(front.clicks.run())
                late, good = (fake.clicks.payload(fake.url, front.card(), "acknowledge") for _ in range(2))
                late["response_url"] = f"{fake.url}/actions/expired"
                good["user"]["id"] = "U0BEN00001"
                foreign = {**good, "response_url": "https://evil.example.com/", "user": {"id": "U0EVE00001"}}
                for click in (late, foreign, good):
                    assert front.clicks.offer(click)
                await front.clicks.settled()
                (whisper,) = fake.clicks.whispers
                assert "<https" not in whisper.text
                assert whisper.body["blocks"][0]["type"] == "rich_text"
                work.cancel()
            await front.calls.close()

    virtually(scenario)
