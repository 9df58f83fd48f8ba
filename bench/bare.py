"""The yardstick: an aiohttp application that only answers 200. `python -m bench.bare PORT`."""

from __future__ import annotations

import sys

import uvloop
from aiohttp import web

from bench.events import SOURCE_PATH


async def _answer(_request: web.Request) -> web.Response:
    return web.Response(text="ok")


def main() -> None:
    """Serve on loopback until stopped."""
    application = web.Application()
    application.router.add_post(SOURCE_PATH, _answer)
    application.router.add_get("/readyz", _answer)
    uvloop.install()
    web.run_app(application, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)


if __name__ == "__main__":
    main()
