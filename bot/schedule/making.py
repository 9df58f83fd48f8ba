"""Makes a digest: reads its numbers, puts them into words, and writes row and messages in one transaction."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import msgspec
import structlog

from bot import log
from bot.clock import Clock
from bot.config.digest import SILENT as STAY_SILENT
from bot.core.decisions import Reason
from bot.core.identity import delivery_id
from bot.core.letter import Letter
from bot.core.rule import Severity
from bot.digests.collecting import Question, collect
from bot.digests.numbers import Numbers, as_json
from bot.digests.plan import Plan
from bot.digests.window import Window, window_of
from bot.digests.writing import Written, broken, missed, written
from bot.errors import StoreError
from bot.schedule.owed import schedule_of
from bot.slack.letter import letter_body
from bot.store import digest_rows as rows
from bot.store.apart import read_apart
from bot.store.digest_rows import MADE, MISSED, SILENT, DigestRow
from bot.store.statements import Cursor
from bot.store.values import Delivery

T = TypeVar("T")

# The first digest of a store with millions of events a day counts two weeks of them.
COLLECTING_S: Final = 300.0
# What was accepted before the period's end should be decided first; a digest does not wait longer for it.
DECIDING_S: Final = 10.0

_LOG = structlog.get_logger()


class DigestStore(Protocol):
    """What making needs of the store."""

    first_start: int

    async def barrier(self) -> int:
        """Return a time (ms) before which everything journaled is readable."""
        ...

    async def work(self, run: Callable[[Cursor], Any]) -> Any:
        """Run something in a transaction."""
        ...

    async def ask(self, question: Callable[[Cursor], T]) -> T:
        """Run a short read."""
        ...


class Making(msgspec.Struct, frozen=True, kw_only=True):
    """Makes digests, one at a time.

    `path` is the store's file; `decided` waits until what is journaled is decided; `keep_ms` is how long rows stay.
    """

    store: DigestStore
    path: Path
    clock: Clock
    decided: Callable[[], Awaitable[None]]
    keep_ms: int

    async def make(self, plan: Plan, day: date, channels: Sequence[str], gone: Sequence[date] = ()) -> list[DigestRow]:
        """Make the digest of a local date for these channels, and say which dates (`gone`) were missed.

        Returns the rows that were not there before: none when somebody else made it.
        """
        window = await self._window(plan, day)
        numbers, said = await self._said(plan, window, tuple(one.isoformat() for one in gone))
        silent = numbers is not None and numbers.is_empty and plan.digest.when_empty == STAY_SILENT
        stored = None if numbers is None else as_json(numbers)
        row = partial(self._row, plan, window)
        new = [row(channel=channel, state=SILENT if silent else MADE, numbers=stored) for channel in channels]
        messages = [] if silent else [one for channel in channels for one in self._messages(plan, day, channel, said)]
        return await self._write(plan, [*new, *self._missed_rows(plan, gone, channels)], messages)

    async def miss(self, plan: Plan, gone: Sequence[date], channels: Sequence[str]) -> list[DigestRow]:
        """Record that digests were missed, and say so in one line."""
        letter = missed(plan, tuple(one.isoformat() for one in gone))
        messages = [one for channel in channels for one in self._messages(plan, gone[-1], channel, Written(letter))]
        return await self._write(plan, self._missed_rows(plan, gone, channels), messages)

    async def reckoned(self, plan: Plan, now: int) -> None:
        """Note up to when it was reckoned what is due."""
        await self.store.work(partial(rows.reckon, name=plan.name, at=now))

    async def _window(self, plan: Plan, day: date) -> Window:
        now = max(self.clock.now_ms(), await self.store.barrier())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DECIDING_S):
                await self.decided()
        end = min(schedule_of(plan).instant_of(day), now)
        last = await self.store.ask(lambda cursor: rows.last_told(cursor, plan.name, end))
        last_end = None if last is None else last.window_end
        return window_of(plan, day, last_end=last_end, first_start=self.store.first_start, now=now)

    async def _said(self, plan: Plan, window: Window, gone: tuple[str, ...]) -> tuple[Numbers | None, Written]:
        """Return the numbers and the words; a fault of ours costs the content, never the digest."""
        asked = Question(
            plan=plan,
            window=window,
            now=max(self.clock.now_ms(), window.end),
            first_start=self.store.first_start,
            missed=gone,
        )
        try:
            numbers = await read_apart(self.path, lambda cursor: collect(cursor, asked), COLLECTING_S)
            return numbers, written(plan, numbers)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001  (whatever it is, the channel must not wait in vain)
            log.bug(_LOG, "a digest could not be put together", error, digest=plan.name, date=window.day.isoformat())
            return None, Written(broken(plan, window.day.isoformat()))

    async def _write(self, plan: Plan, new: list[DigestRow], messages: list[Delivery]) -> list[DigestRow]:
        now = self.clock.now_ms()

        def write(cursor: Cursor) -> list[DigestRow]:
            rows.reckon(cursor, plan.name, now)
            rows.forget(cursor, now - self.keep_ms)
            return rows.make(cursor, new, messages)

        made: list[DigestRow] = await self.store.work(write)
        return made

    def _row(self, plan: Plan, window: Window, *, channel: str, state: str, numbers: str | None) -> DigestRow:
        return DigestRow(
            name=plan.name,
            channel=channel,
            local_date=window.day.isoformat(),
            state=state,
            due_at=window.due,
            window_begin=window.begin,
            window_end=window.end,
            created_at=self.clock.now_ms(),
            numbers=numbers,
        )

    def _missed_rows(self, plan: Plan, gone: Sequence[date], channels: Sequence[str]) -> list[DigestRow]:
        schedule = schedule_of(plan)
        windows = [Window(day, due := schedule.instant_of(day), due, due) for day in gone]
        return [
            self._row(plan, window, channel=channel, state=MISSED, numbers=None)
            for window in windows
            for channel in channels
        ]

    def _messages(self, plan: Plan, day: date, channel: str, said: Written) -> list[Delivery]:
        """Return the message and its replies; each has an id of its own, so that neither can be there twice."""
        card, now = rows.card_id(plan.name, channel, day.isoformat()), self.clock.now_ms()
        return [
            Delivery(
                delivery_id=delivery_id(card, channel, reason.value, number),
                alert_id=card,
                channel=channel,
                reason=reason,
                severity=Severity.INFO,
                revision=1,
                created_at=now + number,  # in this order, also after a start
                number=number,
                mention=letter.mention,
                body=letter_body(letter),
            )
            for number, (reason, letter) in enumerate(_letters(said))
        ]


def _letters(said: Written) -> list[tuple[Reason, Letter]]:
    return [(Reason.DIGEST, said.message), *((Reason.DIGEST_DETAIL, reply) for reply in said.replies)]
