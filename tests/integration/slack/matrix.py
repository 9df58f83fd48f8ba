"""One cell of the fault matrix: faults, a kind of delivery, and a kill at a step or none; on skipped time."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from bot.core.decisions import Reason
from bot.core.rule import Severity
from bot.slack.delivering import REPEATED
from bot.slack.manners import Manners
from bot.slack.webapi import WebApiSender
from bot.slack.written import body_of
from bot.store.values import Delivery, DeliveryState
from tests.fakes.alerts import alert
from tests.fakes.faultrows import CHANNEL, METHODS, ROWS
from tests.fakes.killing import KillableOutbox, KillableSender, KilledError, Steps
from tests.fakes.relaying import relay_of
from tests.fakes.slack import FakeSlack
from tests.fakes.slack.state import Message
from tests.fakes.virtual import START_MS, LoopClock, virtually
from tests.integration.slack.staging import over

CHANNELS = {"doc-alerts": CHANNEL, "doc-ops": "C0DOCREVW1"}
SETTLED = {DeliveryState.SENT, DeliveryState.SUPERSEDED}


@dataclass
class Cell:
    """What is tried, and what became of it. `wrong` is empty when every promise held."""

    rows: Sequence[str]
    kind: str
    kills: Collection[int] = ()
    steps: list[str] = field(default_factory=list)
    deliveries: int = 0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{' + '.join(self.rows)} / {self.kind} / killed at {list(self.kills) or 'no step'}"


def tried(rows: Sequence[str], kind: str, kills: Collection[int] = ()) -> Cell:
    """Run a cell to its end; `rows` are names of faults."""
    cell = Cell(rows, kind, kills)
    virtually(lambda: _Trial(cell).run(), grace=0)
    return cell


class _Trial:
    """Lives of a relay over one outbox and one Slack."""

    def __init__(self, cell: Cell) -> None:
        self.cell, self.clock, self.steps = cell, LoopClock(), Steps()
        self.rows = [ROWS[name] for name in cell.rows]
        self.outbox = KillableOutbox(self.clock)
        self.outbox.steps = self.steps
        self.fake = FakeSlack(self.clock.seconds)
        self.fake.workspace.switches.strict_bursts = False

    async def run(self) -> None:
        method = METHODS[self.cell.kind]
        async with self.fake:
            self._prepare()
            await self._life(10.0)
            self.steps = self.outbox.steps = Steps(self.cell.kills)
            for row in self.rows:
                await row.break_(self.fake, method)
            self._decide()
            lasts = max(row.lasts for row in self.rows)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._mend(lasts, method))
                await self._live(lasts + max(row.heals for row in self.rows))
            self.cell.steps = self.steps.taken
            self.cell.wrong = list(self._wrong())

    async def _mend(self, after: float, method: str) -> None:
        await asyncio.sleep(after)  # noqa: TID251 - skipped time
        for row in self.rows:
            await row.mend(self.fake, method)

    def _prepare(self) -> None:
        if self.cell.kind in {"edit", "reply"}:
            self.outbox.decide(alert())

    def _decide(self) -> None:
        """Decide what the cell is about, and one message more that must not suffer."""
        if self.cell.kind == "first":
            self.outbox.decide(alert())
        elif self.cell.kind == "edit":
            self.outbox.decide(over(), Reason.RESOLVED)
        elif self.cell.kind == "reply":
            self.outbox.decide(alert(), Reason.ESCALATED_HERE, number=1)
        else:
            self._add_digest()
        self.outbox.decide(alert(2), channel="doc-ops")
        self.outbox.take_news()  # whoever lives next reads all that is ready

    def _add_digest(self) -> None:
        row = Delivery(
            delivery_id="dl_digest1",
            alert_id="digest-2026-01-05",
            channel="doc-alerts",
            reason=Reason.DIGEST,
            severity=Severity.INFO,
            revision=1,
            created_at=START_MS,
            body=body_of("7 failures", [{"type": "section", "text": {"type": "plain_text", "text": "7 failures"}}]),
        )
        self.outbox.rows[row.delivery_id] = row

    async def _live(self, seconds: float) -> None:
        """Live on for so long; whenever it is killed, the next life begins two seconds later."""
        end = self.clock.monotonic() + seconds
        while (left := end - self.clock.monotonic()) > 0:
            try:
                await self._life(left)
            except* KilledError:
                await asyncio.sleep(2.0)  # noqa: TID251 - skipped time

    async def _life(self, seconds: float) -> None:
        """One life of the relay; it ends in order after so long, or by a KilledError in a group."""
        sender = WebApiSender(self.fake.token, clock=self.clock, api_url=self.fake.api_url, channels=CHANNELS)
        killable, manners = KillableSender(sender, self.steps), Manners(fallback="doc-ops")
        try:
            async with asyncio.TaskGroup() as tasks:
                relay = relay_of(self.outbox, killable, self.clock, [], manners)
                tasks.create_task(relay.run())
                await asyncio.sleep(seconds)  # noqa: TID251 - skipped time
                relay.stop()
        finally:
            await sender.close()

    def _wrong(self) -> Iterator[str]:
        """Yield every promise that was broken."""
        yield from (f"{row.reason} is {row.state}: {row.error}" for row in self.outbox.rows.values() if _is_open(row))
        posts = {own for own, row in self.outbox.rows.items() if row.reason.is_post or row.reason.is_reply}
        self.cell.deliveries = len(self.outbox.rows)
        yield from (f"lost {own}" for own in self.fake.lost(posts))
        yield from (f"doubled {own}" for own in self.fake.duplicates())
        if not self._forgot_a_refusal():
            yield from (f"impolite: {violation}" for violation in self.fake.violations())
        if all(row.can_be_read for row in self.rows):
            yield from (f"marked as a repeat: {one.ts}" for one in self.fake.messages() if REPEATED in one.visible)
        if self.cell.kind == "edit" and "✅" not in self._message().visible:
            yield f"not resolved: {self._message().visible}"
        if self.cell.kind == "reply" and self._misplaced():
            yield "the reply stands in no thread"

    def _forgot_a_refusal(self) -> bool:
        """Say whether a process may have died that alone knew how long to wait: not stored yet, or of a read."""
        about_waiting = ("429", "limited", "history")
        return bool(self.cell.kills) and any(word in name for name in self.cell.rows for word in about_waiting)

    def _message(self) -> Message:
        first = next(iter(self.outbox.rows))
        return self.fake.messages_by_delivery_id()[first][0]

    def _misplaced(self) -> bool:
        replies = [one for one in self.fake.messages(CHANNEL) if one.ts != self._message().ts]
        return any(one.thread_ts != self._message().ts for one in replies)


def _is_open(row: Delivery) -> bool:
    return row.state not in SETTLED
