"""One request from its bytes to Slack's answer: faults, limits, credentials, method. No socket here."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

from aiohttp import web

from tests.fakes.slack import content
from tests.fakes.slack.decoding import RefusedError, arguments, json_object, token_of
from tests.fakes.slack.faults import Faults
from tests.fakes.slack.methods import METHODS, Answer
from tests.fakes.slack.ratelimits import RateLimits
from tests.fakes.slack.sockets import Sockets
from tests.fakes.slack.state import Call, Token, Workspace

_STATES = {"revoked": "token_revoked", "expired": "token_expired", "inactive": "account_inactive"}
_OPEN = "apps.connections.open"
_GONE = {"no_service": 404, "channel_is_archived": 410, "channel_not_found": 404}


class Service:
    """Answers Web API methods and webhooks from the workspace's state. `now` returns seconds since 1970."""

    def __init__(self, now: Callable[[], float], seed: int = 0) -> None:
        self.now = now
        self.workspace = Workspace()
        self.faults = Faults(seed)
        self.limits = RateLimits(lambda: self.workspace.switches)
        self.sockets = Sockets()
        self._ids = itertools.count(1)

    def note(self, request: web.Request, method: str, raw: bytes) -> Call:
        """Write a request down before anything else happens to it."""
        try:
            args = arguments(request, raw)
        except RefusedError:
            args = {}
        token = token_of(request, args)
        channel = self._channel_of(args)
        peer = str(request.transport.get_extra_info("peername")) if request.transport else ""
        call = Call(self.now(), method, token, channel, args, len(raw), peer, raw)
        self.workspace.calls.append(call)
        return call

    def method(self, request: web.Request, call: Call) -> web.Response:
        """Answer a Web API method, in Slack's order of checks."""
        now = self.now()
        is_late = call.fault == "late_store"  # it was let through when it came
        wait = None if is_late else self.limits.refuse(call.method, call.token or "", call.channel or "", now)
        if wait is not None:
            return self.limited(call, str(wait))
        try:
            before = len(self.workspace.messages)
            answer = {"ok": True, **self._answer(request, call, now)}
            call.stored = call.method == "chat.update" or len(self.workspace.messages) > before
        except RefusedError as refused:
            answer = {"ok": False, "error": refused.error, **refused.more}
        return self.reply(call, answer)

    def webhook(self, call: Call, channel: str | None, raw: bytes) -> web.Response:
        """Answer an incoming webhook in plain text."""
        wait = self.limits.refuse("webhook", "", channel or "", self.now())
        if wait is not None:
            body = {"retry_after": wait, "ok": False, "error": "rate_limited"}
            return self.reply(call, body, status=429, headers={"Retry-After": str(wait)})
        error = self._webhook_error(channel, raw)
        call.stored = error is None
        status = 200 if error is None else _GONE.get(error, 400)
        call.status, call.answer = status, error or "ok"
        return web.Response(text=error or "ok", status=status, headers=self._headers(call))

    def limited(self, call: Call, retry_after: str | None) -> web.Response:
        """Refuse with 429, with or without the header."""
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        return self.reply(call, {"ok": False, "error": "ratelimited"}, status=429, headers=headers)

    def reply(self, call: Call, answer: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
        """Return a JSON answer with Slack's headers."""
        call.status, call.answer = status, answer
        every = self._headers(call) | (headers or {})
        return web.Response(text=json.dumps(answer), status=status, headers=every, content_type="application/json")

    def _headers(self, call: Call) -> dict[str, str]:
        token = self.workspace.tokens.get(call.token or "")
        needed = METHODS.get(call.method, (None, None))[1]
        at = self.now() + self.workspace.switches.date_skew
        return {
            "x-slack-req-id": f"req{next(self._ids)}",
            "x-oauth-scopes": ",".join(token.scopes) if token else "",
            "x-accepted-oauth-scopes": needed or "",
            "Date": web_date(at),
        }

    def _answer(self, request: web.Request, call: Call, now: float) -> Answer:
        args = arguments(request, call.raw)
        if call.method == _OPEN:
            self._token(call)
            return self.sockets.issue(str(request.url.origin()))
        if call.method not in METHODS:
            raise RefusedError("unknown_method", req_method=call.method)
        run, scope = METHODS[call.method]
        token = self._token(call)
        if scope is not None and scope not in token.scopes:
            raise RefusedError("missing_scope", needed=scope, provided=",".join(token.scopes))
        return run(self.workspace, args, now, token.scopes)

    def _token(self, call: Call) -> Token:
        if not call.token:
            raise RefusedError("not_authed")
        token = self.workspace.tokens.get(call.token)
        if token is None:
            raise RefusedError("invalid_auth")
        if self.limits.is_banned:
            raise RefusedError("account_inactive")
        if token.state != "valid":
            raise RefusedError(_STATES[token.state])
        if (token.kind == "app") != (call.method == _OPEN):
            raise RefusedError("not_allowed_token_type")
        return token

    def _webhook_error(self, channel_id: str | None, raw: bytes) -> str | None:
        channel = self.workspace.channels.get(channel_id or "")
        if channel is None:
            return "no_service"
        if channel.is_archived:
            return "channel_is_archived"
        try:
            args = json_object(raw)
            content.check(args, self.workspace.switches)
        except RefusedError as refused:
            return "invalid_payload" if refused.error in {"invalid_json", "json_not_object"} else refused.error
        self.workspace.store(channel.id, self.now(), content.content_of(args), via="webhook")
        return None

    def _channel_of(self, args: dict[str, Any]) -> str | None:
        wanted = args.get("channel")
        found = self.workspace.find_channel(wanted) if isinstance(wanted, str) else None
        return found.id if found else wanted if isinstance(wanted, str) else None


def web_date(at: float) -> str:
    """Return an HTTP date."""
    return formatdate(at, usegmt=True)
