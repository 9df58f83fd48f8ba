"""Finds out what became of posts whose fate is unknown, by reading back where they went.

Found: sent, whenever it is seen. Not found: believed only of a complete read that began once the settle time was over
(counted from the end of the failed attempt; after a kill from its recorded start plus the time limit of a call);
then it is sent again under the same delivery id. Where nothing can be read, `slack.on_unknown` decides.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec
import structlog
from msgspec.structs import replace

from bot.core.rule import Severity
from bot.slack.delivering import record
from bot.slack.gate import Gate
from bot.slack.outbox import Outbox
from bot.slack.reading import MARGIN_S, Sightings, read_whole
from bot.slack.sender import NotRead, Sender
from bot.slack.waits import LONGEST, backoff, pause
from bot.store.values import Delivery, DeliveryState, Doubt, Place, Recorded

_LOOKS_S: Final = (3.0, 10.0, 30.0)  # after the doubt began: most are found at once

_log = structlog.get_logger()


class Rules(NamedTuple):
    """`repeats` says of a severity whether a post is repeated, marked, where its channel cannot be read back.

    `random` spreads back-offs.
    """

    settle: float
    repeats: Callable[[Severity], bool]
    random: Callable[[], float]


class News(msgspec.Struct, frozen=True):
    """Whom to tell: of a message that is there, of a row that is to be sent again, of one that was parked.

    `count` hears one word for each post that was settled: found, repeated, repeated_marked, parked.
    """

    landed: Callable[[Delivery], None]
    again: Callable[[Delivery], None]
    parked: Callable[[Delivery, str], None]
    count: Callable[[str], None]


class _Sought(msgspec.Struct):
    """A row that is looked for: since when, when its absence can be believed, when to look next (monotonic s)."""

    row: Delivery
    since: float
    due: float
    next_look: float
    looks: int = 0

    def plan_next(self, now: float) -> None:
        self.looks += 1
        later = self.since + _LOOKS_S[self.looks] if self.looks < len(_LOOKS_S) else self.due
        self.next_look = max(now, min(later, self.due))


class Settling:
    """One task for each place where something is looked for; one read serves all that went there."""

    def __init__(self, outbox: Outbox, sender: Sender, gate: Gate, rules: Rules, news: News) -> None:
        self._outbox, self._sender, self._gate = outbox, sender, gate
        self._rules, self._news = rules, news
        self._sought: dict[Place, dict[str, _Sought]] = {}
        self._changed: dict[Place, asyncio.Event] = {}

    def __len__(self) -> int:
        return sum(map(len, self._sought.values()))

    def stop(self) -> None:
        """Begin nothing more; the rows stay unknown and are looked for at the next start."""
        for changed in self._changed.values():
            changed.set()

    def take(self, row: Delivery, tasks: asyncio.TaskGroup) -> None:
        """Look for a row from now on. Its `not_before` is when its absence can be believed (ms)."""
        now, place = self._gate.now(), Place(row.sent_to or self._sender.address(row.channel), row.thread_ts)
        left = min(max(0.0, (row.not_before - self._gate.now_ms()) / 1_000), LONGEST)
        sought = _Sought(row, since=now, due=now + left, next_look=now + min(_LOOKS_S[0], left))
        is_new = place not in self._sought
        self._sought.setdefault(place, {})[row.delivery_id] = sought
        self._changed.setdefault(place, asyncio.Event()).set()
        if is_new:
            tasks.create_task(self._settle_all(place), name=f"settling {place.address}")

    async def _settle_all(self, place: Place) -> None:
        """Look again and again until nothing is in doubt any more at this place."""
        failures, rows, changed = 0, self._sought[place], self._changed[place]
        while rows and not self._gate.stopped.is_set():
            changed.clear()
            wait = min(sought.next_look for sought in rows.values()) - self._gate.now()
            if wait > 0:
                await pause(wait, changed)
            elif await self._look(place, failures):
                failures = 0
            else:
                failures += 1
        del self._sought[place], self._changed[place]

    async def _look(self, place: Place, failures: int) -> bool:
        """Read the place once and settle what that settles; False when nothing could be read this time."""
        began, sought = self._gate.now(), dict(self._sought[place])
        seen = await self._read(place, sought)
        if isinstance(seen, NotRead):
            return await self._unread(place, sought, seen, failures)
        for one in sought.values():
            times = seen.get(one.row.delivery_id)
            if times:
                await self._found(place, one, times[0])
            elif began >= one.due:
                await self._absent(place, one)
            else:
                one.plan_next(self._gate.now())
        return True

    async def _read(self, place: Place, sought: dict[str, _Sought]) -> Sightings | NotRead:
        if not self._sender.reads:
            return NotRead("what was sent this way cannot be read back", is_forbidden=True)
        since = min(one.row.doubted_at or one.row.started_at or 0 for one in sought.values())
        return await read_whole(self._sender, place, since / 1_000 - MARGIN_S, self._gate)

    async def _unread(self, place: Place, sought: dict[str, _Sought], why: NotRead, failures: int) -> bool:
        for one in sought.values():
            if why.is_forbidden:
                await self._unreadable(place, one, why.why)
            else:
                one.next_look = self._gate.now() + max(why.wait or 0.0, backoff(failures + 1, self._rules.random))
        return why.is_forbidden

    async def _found(self, place: Place, sought: _Sought, ts: str) -> None:
        row = sought.row
        is_card = row.reason.is_post or await self._outbox.message(row.alert_id, row.channel) is None
        channel_id = self._sender.known_id(place.address)
        found = Recorded(state=DeliveryState.SENT, ts=ts, channel_id=channel_id, is_card=is_card)
        if await self._settled(place, row, found, "found"):
            self._news.landed(row)

    async def _absent(self, place: Place, sought: _Sought) -> None:
        again = Recorded(state=DeliveryState.READY, detail="it was not posted: sent again")
        if await self._settled(place, sought.row, again, "repeated"):
            self._news.again(replace(sought.row, state=DeliveryState.READY, not_before=0))

    async def _unreadable(self, place: Place, sought: _Sought, why: str) -> None:
        row = sought.row
        if not self._rules.repeats(row.severity):
            detail = f"nobody can say whether it was posted ({why}): look into the channel"
            kept = Recorded(state=DeliveryState.PARKED, detail=detail, doubt=Doubt.KEPT)
            if await self._settled(place, row, kept, "parked"):
                self._news.parked(row, detail)
            return
        # The first repeat goes at once, as there is nothing to wait for; later ones keep a distance.
        wait = self._rules.settle if row.doubt is Doubt.REPEATED else 0.0
        due = self._gate.now_ms() + round(1_000 * wait)
        again = Recorded(state=DeliveryState.READY, not_before=due, detail=f"repeated: {why}", doubt=Doubt.REPEATED)
        if await self._settled(place, row, again, "repeated_marked"):
            self._news.again(replace(row, state=DeliveryState.READY, not_before=due, doubt=Doubt.REPEATED))

    async def _settled(self, place: Place, row: Delivery, outcome: Recorded, word: str) -> bool:
        """Record it, and look for it no more; False when somebody else has gone on with the row."""
        was_open = await record(self._outbox, row, outcome)
        self._sought[place].pop(row.delivery_id, None)
        _log.info("delivery_settled", delivery=row.delivery_id, channel=row.channel, how=word, why=outcome.detail)
        if was_open:
            self._news.count(word)
        return was_open
