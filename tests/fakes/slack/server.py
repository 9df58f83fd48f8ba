"""The fake on loopback: routes, faults of the transport, and the control plane."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import time
from collections.abc import Callable
from typing import Any, Self

from aiohttp import web

from tests.fakes.slack.assertions import Assertions
from tests.fakes.slack.clicking import Clicks
from tests.fakes.slack.faults import AFTER, Fault
from tests.fakes.slack.serving import Service
from tests.fakes.slack.state import APP_TOKEN, TEAM, TOKEN, Call

_HUNG_S = 120.0
_TOO_MANY = 429
_WALL_CLOCK = time.time  # noqa: TID251 - the real Slack has a clock of its own too


class FakeSlack(Assertions):
    """A strict Slack on 127.0.0.1. Use as an async context manager; `now` returns seconds since 1970."""

    def __init__(self, now: Callable[[], float] = _WALL_CLOCK, *, port: int = 0, seed: int = 0) -> None:
        super().__init__(Service(now, seed))
        self.token, self.app_token = TOKEN, APP_TOKEN
        self.sockets = self.service.sockets
        self.clicks = Clicks(self.service, self.sockets)
        self._port, self._closing = port, asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self._late: list[Callable[[], Any]] = []

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=4 * 1024 * 1024)
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_post("/services/{team}/{hook}/{secret}", self._webhook)
        app.router.add_post("/actions/{address}", self.clicks.answer)
        app.router.add_get("/link/{ticket}", self.sockets.serve)
        app.router.add_get("/_fake/{what}", self._look)
        app.router.add_post("/_fake/{what}", self._control)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await self.open_port()
        return self

    async def __aexit__(self, *_raised: object) -> None:
        self._closing.set()
        await self.sockets.close()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/"

    def add_webhook(self, channel_id: str) -> str:
        """Make a webhook for a channel and return its address, which holds a secret."""
        path = f"/services/{TEAM}/B{channel_id[1:]}/secret{channel_id}"
        self.workspace.webhooks[path] = channel_id
        return self.url + path

    async def open_port(self) -> None:
        """Listen (again, on the same port)."""
        if self._runner is None:
            raise RuntimeError("not started")
        self._site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await self._site.start()
        self._port = self._runner.addresses[-1][1]

    async def shut_port(self) -> None:
        """Refuse connections from now on: nothing that is sent arrives."""
        if self._site is not None:
            await self._site.stop()
        if self._runner is not None and self._runner.server is not None:
            for connection in list(self._runner.server.connections):
                if connection.transport is not None:
                    connection.transport.abort()

    def release_late(self) -> int:
        """Store what `late_store` held back; returns how many."""
        held, self._late = self._late, []
        for store in held:
            store()
        return len(held)

    async def _api(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        call = self.service.note(request, request.match_info["method"], raw)
        return await self._faulted(request, call, lambda: self.service.method(request, call))

    async def _webhook(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        call = self.service.note(request, "webhook", raw)
        call.channel = self.workspace.webhooks.get(request.path)
        return await self._faulted(request, call, lambda: self.service.webhook(call, call.channel, raw))

    async def _faulted(
        self, request: web.Request, call: Call, answer: Callable[[], web.Response]
    ) -> web.StreamResponse:
        """Carry a request out, or not, and spoil its answer as a fault orders."""
        fault = self.service.faults.pick(call)
        if fault is None:
            return answer()
        call.fault = fault.effect
        response = answer() if fault.effect in AFTER else None
        if response is not None and response.status == _TOO_MANY:
            fault.hits -= 1  # a limit comes before all else, and the client must hear of it
            return response
        return await self._spoiled(request, call, fault, response, answer)

    async def _spoiled(
        self,
        request: web.Request,
        call: Call,
        fault: Fault,
        response: web.Response | None,
        answer: Callable[[], web.Response],
    ) -> web.StreamResponse:
        effect, parts = fault.effect, fault.parts
        if effect.startswith("reset"):
            return _reset(request)
        if effect.startswith(("timeout", "late")):
            if effect == "late_store":
                self._hold_back(answer, parts.get("seconds"))
            await self._hang(_HUNG_S)
            return _reset(request)
        if effect == "slow" and response is not None:
            await self._hang(parts.get("seconds", 0.1))
            return response
        if effect == "ratelimited":
            return self._limited(call, parts)
        return _spoilt_answer(self.service, call, effect, parts)

    def _limited(self, call: Call, parts: dict[str, Any]) -> web.Response:
        """Refuse with 429 and any form of the header; or, as `rate_limited`, with 200 and none."""
        named, seconds = parts.get("retry_after"), parts.get("seconds", 1.0)
        key = "webhook" if call.method == "webhook" else call.method
        self.service.limits.shut(key, call.token or "", call.channel or "", self.service.now() + seconds)
        if parts.get("as_error"):
            return self.service.reply(call, {"ok": False, "error": "rate_limited"})
        return self.service.limited(call, named)

    def _hold_back(self, store: Callable[[], Any], seconds: float | None) -> None:
        """Carry a request out later: after so many seconds, or when a test says so."""
        if seconds is None:
            self._late.append(store)
        else:
            asyncio.get_running_loop().call_later(seconds, store)

    async def _hang(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()

    async def _look(self, request: web.Request) -> web.Response:
        """Answer the control plane's questions: messages, calls, violations."""
        looks: dict[str, Callable[[], Any]] = {
            "messages": lambda: [_seen(message) for message in self.workspace.messages],
            "calls": lambda: [_seen(call) for call in self.workspace.calls],
            "violations": lambda: [_seen(violation) for violation in self.violations()],
        }
        look = looks.get(request.match_info["what"])
        return web.json_response(look()) if look else web.json_response({"ok": False}, status=404)

    async def _control(self, request: web.Request) -> web.Response:
        """Change the fake from outside: faults, switches, channels, tokens, webhooks, reset."""
        orders, given = self._orders(), await request.json() if request.can_read_body else {}
        order = orders.get(request.match_info["what"])
        if order is None:
            return web.json_response({"ok": False}, status=404)
        return web.json_response({"ok": True, "result": order(given)})

    def _orders(self) -> dict[str, Callable[[dict[str, Any]], Any]]:
        return {
            "reset": lambda _: self.reset(),
            "faults": lambda given: self.service.faults.add(**given) and None,
            "clear_faults": lambda _: self.service.faults.rules.clear(),
            "config": lambda given: _set(self.workspace.switches, given),
            "channel": lambda given: _set(self.workspace.channels[given.pop("id")], given),
            "token": lambda given: _set(self.workspace.tokens[given.pop("token", TOKEN)], given),
            "webhook": lambda given: self.add_webhook(given["channel"]),
            "release_late": lambda _: self.release_late(),
        }


def _reset(request: web.Request) -> web.Response:
    """Cut the connection; what is returned reaches nobody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _spoilt_answer(service: Service, call: Call, effect: str, parts: dict[str, Any]) -> web.StreamResponse:
    status = parts.get("status", 200)
    if effect.startswith("history"):
        return service.reply(call, _unseen(cut=effect == "history_cut"))
    if effect.startswith("ok_false"):
        return service.reply(call, {"ok": False, "error": parts.get("error", "internal_error")}, status)
    if effect == "redirect":
        return web.Response(status=307, headers={"Location": f"/api/{call.method}"})
    bodies = {
        "truncate_body": ('{"ok":true,"channel":"C0', "application/json"),
        "bad_json": ("this is not JSON", "application/json"),
        "wrong_content_type": ("<html>it is all right</html>", "text/html"),
        "empty_body": ("", "application/json"),
    }
    default = ("<html><body>Bad Gateway</body></html>", "text/html")
    body, kind = bodies.get(effect, default)
    call.status = status = parts.get("status", 500 if effect.startswith("status") else 200)
    return web.Response(text=parts.get("body", body), status=status, content_type=parts.get("content_type", kind))


def _unseen(*, cut: bool) -> dict[str, Any]:
    """Answer a read with nothing: as if there were nothing, or with a first page and no way to the next."""
    return {"ok": True, "messages": [], "has_more": cut, "response_metadata": {"next_cursor": ""}}


def _seen(value: Any) -> dict[str, Any]:
    found = {
        one.name: getattr(value, one.name) for one in dataclasses.fields(value) if one.name not in {"raw", "revisions"}
    }
    return found | ({"revisions": len(value.revisions)} if hasattr(value, "revisions") else {})


def _set(target: Any, given: dict[str, Any]) -> None:
    for name, value in given.items():
        if not hasattr(target, name):
            raise ValueError(name)
        setattr(target, name, tuple(value) if isinstance(value, list) else value)
