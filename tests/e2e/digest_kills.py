"""Ends a bot with kill -9 around the minute of its digest, day after day, and then compares what everybody saw.

A day of the bot is a few seconds: each life has its clock set to just before the digest's time. All these days lie in
the past, so that what the fake Slack stamps with the real time is always newer than what the bot looks for.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random  # noqa: TID251 - seeded
from typing import Any, Final

from bot.clock import SystemClock
from bot.core.localtime import instant_of, wall_clock
from bot.store.connect import open_reading_connection
from tests.e2e.bots import ENV, job, running, sending, settle_in
from tests.fakes.slack import FakeSlack
from tests.waiting import eventually_async
from tests.zones import zone

SCRIPT: Final = Path(__file__).with_name("other_days.py")
ZONE: Final = "America/Santo_Domingo"
AT: Final = 8 * 3_600 + 30 * 60
CHANNEL: Final = "doc-alerts"
# Around the digest's time: it is read, made, claimed, sent.
AROUND_MS: Final = 700


def furnish(fake: FakeSlack, folder: Path) -> None:
    """Give the bot a digest and no other reason to post."""
    fake.workspace.switches.strict_bursts = False
    fake.fault("slow", method="chat.postMessage", probability=0.4, times=None, seconds=0.1)
    channel = next(iter(fake.workspace.channels))
    slack = (
        f"slack: {{bot_token: env:SLACK_BOT_TOKEN, api_url: {fake.api_url}, settle: 1s, timeout: 3s}}\n"
        f"channels: {{{CHANNEL}: {channel}}}\n"
        f"timezone: {ZONE}\n"
        f'digests: {{daily: {{at: "08:30", notify: {CHANNEL}}}}}\n'
    )
    settle_in(folder, rules="rules: {}\n", slack=slack)


async def days(folder: Path, kills: int, seed: int) -> list[date]:
    """Live through `kills` days, killed around the digest's time on each; return the days."""
    random, clock = Random(seed), SystemClock()  # noqa: S311 - decides when to kill
    first = wall_clock(clock.now_ms(), zone(ZONE)).date() - timedelta(days=kills + 2)
    lived = [first + timedelta(days=number) for number in range(kills)]
    start_ms = await _began(folder, instant_of(first, 0, zone(ZONE)) - clock.now_ms())
    for number, day in enumerate(lived, 1):
        due = instant_of(day, AT, zone(ZONE))
        shift = due - start_ms - AROUND_MS - clock.now_ms()
        await _killed(folder, number, shift, due + random.randint(-AROUND_MS, AROUND_MS), random)
        await _finished(folder, number, shift, day)
    return lived


async def _began(folder: Path, shift: int) -> int:
    """Let the store begin its life, and return how long a start takes on this machine now (ms)."""
    clock = SystemClock()
    began = clock.now_ms()
    async with running(folder, life=0, script=SCRIPT, env={**ENV, "TOCSIN_TEST_SHIFT_MS": str(shift)}) as bot:
        took = clock.now_ms() - began
        await bot.kill()
    return took


async def _killed(folder: Path, number: int, shift: int, at: int, random: Random) -> None:
    """Start, let events come, and kill the bot when its clock shows this time."""
    clock = SystemClock()
    environment = {**ENV, "TOCSIN_TEST_SHIFT_MS": str(shift)}
    async with running(folder, life=2 * number - 1, script=SCRIPT, env=environment) as bot, sending(bot.port) as sender:
        for own in range(random.randint(1, 6)):
            kind = random.choice(["failed", "finished", "failed"])
            await sender.alfred(job(kind, f"J{number}-{own}", f"e{number}-{own}", company_name=random.choice("AB")))

        async def reached() -> bool:
            return clock.now_ms() + shift >= at

        await eventually_async(reached, "the time to kill")
        await bot.kill()


async def _finished(folder: Path, number: int, shift: int, day: date) -> None:
    """Start again on the same day, and wait until its digest is told."""
    environment = {**ENV, "TOCSIN_TEST_SHIFT_MS": str(shift)}
    async with running(folder, life=2 * number, script=SCRIPT, env=environment) as bot:

        async def told() -> bool:
            rows = ask(folder, "select count(*) from digests where local_date = ?", day.isoformat())
            left = ask(folder, "select count(*) from outbox where state not in ('sent', 'superseded')")
            return bool(rows[0][0] == 1 and left[0][0] == 0)

        await eventually_async(told, f"the digest of {day}")
        await bot.kill()


def verdict(fake: FakeSlack, folder: Path, lived: list[date]) -> list[str]:
    """Return everything that is wrong; nothing when every day has one digest with the right numbers."""
    rows = ask(folder, "select local_date, state, window_begin, window_end, numbers from digests order by local_date")
    wrong = [f"{day} has no digest" for day in {one.isoformat() for one in lived} - {row[0] for row in rows}]
    wrong += [f"{row[0]} is {row[1]}" for row in rows if row[1] != "made"]
    posted = Counter(_day_of(text) for text in texts(fake))
    wrong += [f"{day} was posted {posted[_name(day)]} times" for day in lived if posted[_name(day)] != 1]
    return [*wrong, *_wrong_numbers(folder, rows)]


def _wrong_numbers(folder: Path, rows: list[Any]) -> Iterator[str]:
    """Count again, over the stored events, in another way."""
    for day, _, begin, end, numbers in rows:
        told = json.loads(numbers)
        counted = dict(
            ask(
                folder,
                "select coalesce(json_extract(fields, '$.company'), 'unknown'), count(*) from journal "
                "where type = 'alfred.job.failed' and at >= ? and at < ? group by 1",
                begin,
                end,
            )
        )
        if told.get("failures", 0) != sum(counted.values()) or told["counted"]["company"] != counted:
            yield f"{day} tells {told.get('failures', 0)} {told['counted']['company']}, stored are {counted}"
    for (_, _, _, end, _), (day, _, begin, _, _) in pairwise(rows):
        if begin != end:
            yield f"between {day} and the day before lies time that no digest tells of"


def texts(fake: FakeSlack) -> list[str]:
    """Return the texts of all digests that stand in the channel."""
    found = (str(message.content.get("text", "")) for message in fake.messages())
    return [text for text in found if text.startswith("daily, ")]


def ask(folder: Path, question: str, *values: Any) -> list[Any]:
    with closing(open_reading_connection(folder / "var" / "tocsin.db")) as connection:
        return connection.execute(question, values).fetchall()


def _name(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"


def _day_of(text: str) -> str:
    return text.removeprefix("daily, ").split(":", 1)[0]
