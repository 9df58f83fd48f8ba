"""`python -m tests.fakes.slack --port 0`: the fake as a process of its own, which outlives a killed bot.

Prints one line of JSON (url, api_url, token) when it listens, and ends on SIGTERM.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys

from tests.fakes.slack.server import FakeSlack


async def _serve(port: int, seed: int) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with FakeSlack(port=port, seed=seed) as fake:
        started = {"url": fake.url, "api_url": fake.api_url, "token": fake.token}
        sys.stdout.write(json.dumps(started) + "\n")
        sys.stdout.flush()
        await stop.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.slack")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    asyncio.run(_serve(given.port, given.seed))


if __name__ == "__main__":
    main()
