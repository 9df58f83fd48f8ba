"""A Slack that accepts everything and notes when: `python -m bench.slack PORT`.

Not the strict fake of the tests: here only the time of arrival counts. `GET /arrivals` tells, by run id, when the
first message about it came, in ns of the monotonic clock.
"""

from __future__ import annotations

import re
import sys
import time
from itertools import count
from typing import Final

import uvloop
from aiohttp import web

_RUN: Final = re.compile(rb"workflow_run_[a-z]+[0-9]{7}")
_CHANNEL: Final = "C0BENCH0001"


class FakeSlack:
    """Answers the calls that the bot makes."""

    def __init__(self) -> None:
        self._arrivals: dict[str, int] = {}
        self._numbers = count(1)
        self._calls = 0

    def application(self) -> web.Application:
        """Return the routes."""
        application = web.Application()
        application.router.add_get("/arrivals", self._tell)
        application.router.add_get("/readyz", self._tell)
        application.router.add_route("*", "/api/{method}", self._call)
        return application

    async def _tell(self, _request: web.Request) -> web.Response:
        return web.json_response({"calls": self._calls, "arrivals": self._arrivals})

    async def _call(self, request: web.Request) -> web.Response:
        now = time.monotonic_ns()
        body = await request.read()
        self._calls += 1
        if request.match_info["method"] == "chat.postMessage":
            for run in _RUN.findall(body):
                self._arrivals.setdefault(run.decode(), now)
        return web.json_response(
            {
                "ok": True,
                "ts": f"1700000000.{next(self._numbers):06d}",
                "channel": _CHANNEL,
                "team_id": "T0BENCH",
                "user_id": "U0BENCH",
                "bot_id": "B0BENCH",
                "messages": [],
                "channels": [],
                "response_metadata": {"next_cursor": ""},
            },
            headers={"x-oauth-scopes": "chat:write,chat:write.public,channels:read,channels:history"},
        )


def main() -> None:
    """Serve on loopback until stopped."""
    uvloop.install()
    web.run_app(FakeSlack().application(), host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)


if __name__ == "__main__":
    main()
