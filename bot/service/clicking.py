"""Buttons as a whole: how clicks arrive (Socket Mode or HTTP), who may click, and how people are answered."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping

from bot.clock import Clock
from bot.config.model import SlackConfig
from bot.metrics import Metrics
from bot.service.acting import Acting
from bot.slack.calls import Reply, SlackCalls
from bot.slack.interactivity import Interactivity, Reception
from bot.slack.people import Known, People
from bot.slack.permission import Permission
from bot.slack.socket import Connection, Socket
from bot.slack.socketmode import SocketModeConnection
from bot.slack.whisper import Whisper
from bot.store.values import Way
from bot.web import Limits, SlackRequests


class Clicking:
    """Made inside the loop, for a config that posts with a bot token. `people` fills while the parts run."""

    def __init__(
        self,
        slack: SlackConfig,
        people: Mapping[str, str],
        *,
        known: Known,
        acting: Acting,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._slack, self._clock, self._metrics = slack, clock, metrics
        self._calls = SlackCalls(slack.bot_token, api_url=slack.api_url, timeout_s=slack.timeout_ms / 1_000)
        self.people = People(people, known, self._look_up)
        permission = Permission(slack.may_act, self.people.ids, self._members, clock)
        reception = Reception(
            acting=acting,
            allowed=permission.of,
            tell=Whisper(self._calls.session, slack.api_url).tell,
            clock=clock,
            count=lambda outcome: metrics.actions.labels(Way.BUTTON.value, outcome).inc(),
        )
        self._interactivity = Interactivity(reception)
        self._socket = Socket(self._connect, clock) if slack.app_token else None

    def parts(self) -> dict[str, Coroutine[None, None, None]]:
        """Return what must run."""
        found = {"clicks": self._interactivity.run(), "people": self.people.run()}
        if self._socket is not None:
            found["socket"] = self._socket.run()
        return found

    def front(self, limits: Limits) -> SlackRequests | None:
        """Return what answers Slack's HTTP requests; None with Socket Mode, and without a signing secret."""
        if self._socket is not None or self._slack.signing_secret is None:
            return None
        secret, offer = self._slack.signing_secret, self._interactivity.offer
        return SlackRequests(secret, offer, self._clock, limits, self._metrics)

    def troubles(self) -> list[str]:
        """Say in words what does not work, for /readyz."""
        socket = [] if self._socket is None or self._socket.trouble is None else [self._socket.trouble]
        if self._socket is not None:
            self._metrics.socket_up.set(self._socket.trouble is None)
        return [*socket, *self.people.troubles]

    async def settled(self) -> None:
        """Wait until every click that was taken is answered. Bound it with a timeout."""
        await self._interactivity.settled()

    async def close(self) -> None:
        """Let go of connections."""
        await self._calls.close()

    def _connect(self) -> Connection:
        token = self._slack.app_token or ""
        return SocketModeConnection(token, self._calls, self._slack.api_url, self._interactivity.offer)

    async def _look_up(self, address: str) -> Reply:
        return await self._calls.call("users.lookupByEmail", email=address)

    async def _members(self, group: str) -> Reply:
        return await self._calls.call("usergroups.users.list", usergroup=group)
