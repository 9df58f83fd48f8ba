"""One delivery: recorded as being sent, sent, recorded as what became of it.

The claim is durable before the first byte leaves, so a post that was cut short is found again as doubtful and never
sent twice. An edit may be repeated freely, as it always draws the alert as it stands. The protocol that settles what
is doubtful joins here: it turns `unknown` into `sent` or `ready` by reading the channel back.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from msgspec.structs import replace

from bot import log
from bot.clock import Clock
from bot.core.decisions import Reason
from bot.core.state import Alert
from bot.errors import StoreUnavailableError
from bot.slack.answer import Answer, Verdict
from bot.slack.buckets import Call
from bot.slack.card import Card, Rung, card, note
from bot.slack.outbox import Outbox
from bot.slack.queue import call_of
from bot.slack.sender import Sender
from bot.slack.waits import pause
from bot.store.values import Delivery, DeliveryState, Message, Recorded

_AGAIN_S: Final = 1.0  # between two tries to record what happened, when the store is busy or full
_RUNGS_KEPT: Final = 1_000
_FOR_GOOD: Final = {
    Verdict.PAYLOAD_REFUSED: DeliveryState.DEAD,
    Verdict.MESSAGE_GONE: DeliveryState.DEAD,
    Verdict.DESTINATION_REFUSED: DeliveryState.PARKED,
}

# Not `sent`: the message would count as showing it, and an ending would not be told.
_NOT_SHOWN: Final = Recorded(state=DeliveryState.SUPERSEDED, detail="this channel's messages cannot be changed")

_log = structlog.get_logger()


class Idle(Enum):
    """Why nothing was sent in a row's turn."""

    SETTLED = "settled"  # there is nothing to send any more
    HELD = "held"  # an edit whose message is not there


@dataclass(frozen=True, slots=True)
class Turn:
    """A row to be sent as `call` (None: its channel cannot show it).

    `permit` waits until the pace allows one more such call, or returns False: nothing more may begin.
    """

    row: Delivery
    call: Call | None
    permit: Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Sent:
    """A row as it was claimed, the revision that was drawn, and Slack's last answer."""

    claimed: Delivery
    revision: int
    answer: Answer


class Delivering:
    """Carries rows out one at a time per channel; holds no queue and no clock of its own."""

    def __init__(self, outbox: Outbox, sender: Sender, clock: Clock, zone: ZoneInfo) -> None:
        self._outbox, self._sender, self._clock, self._zone = outbox, sender, clock, zone
        self._rungs: dict[tuple[str, str], Rung] = {}

    async def send(self, turn: Turn) -> Sent | Idle:
        """Claim a row and send it. What comes back as Sent must be given to `settle`."""
        row = turn.row
        alert = await self._outbox.alert(row.alert_id)
        if alert is None:
            gone = Recorded(state=DeliveryState.SUPERSEDED, detail="its alert is not stored any more")
            return await self._settled(row, gone)
        message = await self._outbox.message(row.alert_id, row.channel)
        if row.reason is not Reason.FIRST:
            if message is None:
                return Idle.HELD
            if turn.call is None:
                return await self._settled(row, _NOT_SHOWN)
            if message.revision >= alert.revision:
                return await self._settled(row, _as_shown(message, row.revision))
        claimed = await self._outbox.claim(row.delivery_id, alert.revision)
        if claimed is None:
            return Idle.SETTLED
        return Sent(claimed, alert.revision, await self._down_the_ladder(turn, alert, message))

    async def settle(self, sent: Sent, wait_s: float) -> Delivery | None:
        """Record what became of a row. Returns it when it is ready once more, `wait_s` seconds from now."""
        claimed, answer = sent.claimed, sent.answer
        outcome = self._outcome(sent, self._clock.now_ms() + round(1_000 * wait_s))
        await self._record(claimed, outcome)
        if outcome.state is not DeliveryState.READY:
            return None
        _log.info("delivery_again", delivery=claimed.delivery_id, channel=claimed.channel, why=_why(answer))
        return replace(claimed, state=DeliveryState.READY, not_before=outcome.not_before)

    async def _settled(self, row: Delivery, outcome: Recorded) -> Idle:
        """Settle a row for which nothing is to be sent."""
        claimed = await self._outbox.claim(row.delivery_id, row.revision)
        if claimed is not None:
            await self._record(claimed, outcome)
        return Idle.SETTLED

    async def _down_the_ladder(self, turn: Turn, alert: Alert, message: Message | None) -> Answer:
        """Send the best form that Slack takes. Every message starts at the top; its refusals are remembered."""
        key = (alert.alert_id, turn.row.channel)
        rung: Rung | None = self._rungs.get(key, Rung.CARD)
        answer = Answer(Verdict.PAYLOAD_REFUSED, "no form of it could be drawn")
        is_first_try = True
        while rung is not None:
            drawn = self._drawn(turn, alert, message, rung)
            if drawn is not None:
                if not is_first_try and not await turn.permit():
                    return Answer(Verdict.NOT_DELIVERED, "stopped before a plainer form was sent")
                answer, is_first_try = await self._sent(turn, drawn, message), False
                if answer.verdict is not Verdict.PAYLOAD_REFUSED:
                    break
                _log.warning("slack_refused_payload", delivery=turn.row.delivery_id, form=rung.name, why=answer.detail)
            rung = rung.below
            self._remember(key, rung)
        return answer

    def _drawn(self, turn: Turn, alert: Alert, message: Message | None, rung: Rung) -> Card | None:
        row, is_new = turn.row, message is None or turn.call is Call.POST
        delivery_id = row.delivery_id if message is None or is_new else message.delivery_id
        draw = card if row.reason is Reason.FIRST or not is_new else note
        try:
            return draw(alert, delivery_id, self._zone, self._clock.now_ms(), rung)
        except Exception as error:  # noqa: BLE001 - a fault in drawing must not cost the alert: a plainer form is tried
            log.bug(_log, "card_not_drawn", error, delivery=row.delivery_id, form=rung.name)
            return None

    async def _sent(self, turn: Turn, drawn: Card, message: Message | None) -> Answer:
        if turn.call is Call.POST or message is None:
            return await self._sender.post(turn.row.channel, drawn)
        return await self._sender.edit(message, drawn)

    def _outcome(self, sent: Sent, not_before: int) -> Recorded:
        answer = sent.answer
        if answer.verdict is Verdict.DELIVERED:
            return Recorded(
                state=DeliveryState.SENT, ts=answer.ts, channel_id=answer.channel_id, revision=sent.revision
            )
        state = _FOR_GOOD.get(answer.verdict, DeliveryState.READY)
        if answer.verdict is Verdict.UNKNOWN and not self._is_repeatable(sent.claimed):
            state = DeliveryState.UNKNOWN
        return Recorded(state=state, not_before=not_before, detail=_why(answer))

    def _is_repeatable(self, row: Delivery) -> bool:
        return call_of(row, edits=self._sender.edits) is not Call.POST

    async def _record(self, claimed: Delivery, outcome: Recorded) -> None:
        """Record an outcome, however long the store takes: what has been sent cannot be unsent."""
        while True:
            try:
                await self._outbox.record(claimed.delivery_id, claimed.attempt, outcome)
            except StoreUnavailableError:
                await pause(_AGAIN_S)
            else:
                return

    def _remember(self, key: tuple[str, str], rung: Rung | None) -> None:
        if rung is None:
            self._rungs.pop(key, None)
            return
        while len(self._rungs) >= _RUNGS_KEPT:
            del self._rungs[next(iter(self._rungs))]
        self._rungs[key] = rung


def _why(answer: Answer) -> str:
    return f"{answer.verdict.value}: {answer.detail}" if answer.detail else answer.verdict.value


def _as_shown(message: Message, revision: int) -> Recorded:
    """Say of an edit that there is nothing to change. With its revision, so that a later one is not lost with it."""
    shown = max(message.revision, revision)
    return Recorded(state=DeliveryState.SENT, ts=message.ts, channel_id=message.channel_id, revision=shown)
