"""Socket Mode's side of Slack: addresses with tickets, websockets, envelopes, and all the ways they die."""

from __future__ import annotations

import asyncio
import itertools
import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.fakes.slack.decoding import RefusedError

_MOST_SOCKETS = 10


@dataclass(eq=False)
class OpenSocket:
    """One websocket. `acks` are the envelope ids it acknowledged."""

    stream: web.WebSocketResponse
    acks: list[str] = field(default_factory=list)


class Sockets:
    """All open websockets. `mute` stops answering pings; `refusals` is how many connects are refused first."""

    def __init__(self) -> None:
        self.open: list[OpenSocket] = []
        self.opened = 0
        self.mute = False
        self.refusals = 0
        self._tickets: set[str] = set()
        self._numbers = itertools.count(1)
        self._acked = asyncio.Event()

    def issue(self, base: str) -> dict[str, Any]:
        """Answer apps.connections.open: an address that is good once."""
        if self.refusals:
            self.refusals -= 1
            raise RefusedError("internal_error")
        ticket = f"ticket{next(self._numbers)}"
        self._tickets.add(ticket)
        return {"url": f"{base.replace('http', 'ws', 1)}/link/{ticket}"}

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One websocket from hello to its end."""
        ticket = request.match_info["ticket"]
        if ticket not in self._tickets:
            return web.Response(status=401)
        self._tickets.discard(ticket)
        stream = web.WebSocketResponse(autoping=False, timeout=0.1)
        await stream.prepare(request)
        socket = OpenSocket(stream)
        self.open.append(socket)
        self.opened += 1
        try:
            await self._greet(socket)
            await self._read(socket)
        finally:
            self.open.remove(socket)
        return stream

    async def send(self, kind: str, payload: dict[str, Any]) -> str:
        """Send an envelope to the newest socket; returns its id. RuntimeError when none is open."""
        if not self.open:
            raise RuntimeError("no socket is open")
        envelope_id = f"envelope-{next(self._numbers)}"
        envelope = {
            "type": kind,
            "envelope_id": envelope_id,
            "payload": payload,
            "accepts_response_payload": kind == "slash_commands",
        }
        await self.open[-1].stream.send_str(json.dumps(envelope))
        return envelope_id

    async def acknowledged(self, envelope_id: str, seconds: float = 3.0) -> bool:
        """Say whether an envelope is acknowledged within Slack's time."""
        try:
            async with asyncio.timeout(seconds):
                while not any(envelope_id in socket.acks for socket in self.open):
                    self._acked.clear()
                    await self._acked.wait()
        except TimeoutError:
            return False
        return True

    async def tell_to_go(self, reason: str = "refresh_requested") -> None:
        """Ask every client to connect anew, as Slack does about every five hours."""
        for socket in list(self.open):
            await socket.stream.send_str(json.dumps({"type": "disconnect", "reason": reason}))

    def cut(self) -> None:
        """Cut every connection without a word."""
        for socket in list(self.open):
            transport = socket.stream._req.transport if socket.stream._req is not None else None
            if transport is not None:
                transport.abort()

    async def close(self) -> None:
        """Close every socket in order."""
        for socket in list(self.open):
            await socket.stream.close()

    async def _greet(self, socket: OpenSocket) -> None:
        if len(self.open) > _MOST_SOCKETS:
            await socket.stream.send_str(json.dumps({"type": "disconnect", "reason": "too_many_websockets"}))
        hello = {"type": "hello", "num_connections": len(self.open), "connection_info": {"app_id": "A0APP00001"}}
        await socket.stream.send_str(json.dumps(hello))

    async def _read(self, socket: OpenSocket) -> None:
        async for message in socket.stream:
            if message.type is WSMsgType.PING and not self.mute:
                await socket.stream.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                socket.acks.append(json.loads(message.data).get("envelope_id"))
                self._acked.set()
