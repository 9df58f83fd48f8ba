"""One delivery: recorded as being sent, sent, recorded as what became of it.

The claim is durable before the first byte leaves, so a post that was cut short is found again as doubtful and never
blindly sent twice: settling.py finds out what became of it. An edit may be repeated freely, as it always draws its
subject as it stands.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

import msgspec
import structlog
from msgspec.structs import replace

from bot import log
from bot.clock import Clock
from bot.errors import StoreUnavailableError
from bot.slack.answer import Answer, Verdict
from bot.slack.buckets import Call
from bot.slack.ladder import Drawn, Form, Sheet
from bot.slack.outbox import Outbox
from bot.slack.planning import Idle, Job, Planning, Turn
from bot.slack.queue import call_of
from bot.slack.sender import Sender
from bot.slack.waits import pause
from bot.slack.written import Plainer, Written
from bot.store.values import Delivery, DeliveryState, Doubt, Recorded

AGAIN_S: Final = 1.0  # between two tries to record what happened, when the store is busy or full
_FORMS_KEPT: Final = 1_000
_FOR_GOOD: Final = {
    Verdict.PAYLOAD_REFUSED: DeliveryState.DEAD,
    Verdict.MESSAGE_GONE: DeliveryState.DEAD,
    Verdict.DESTINATION_REFUSED: DeliveryState.PARKED,
}
REPEATED: Final = "This may be a repeat: Slack did not say whether the first one arrived."

_REFUSED: Final = Verdict.DESTINATION_REFUSED.value

_log = structlog.get_logger()


class Sent(NamedTuple):
    """A row as it was claimed, what was sent for it, and Slack's last answer."""

    claimed: Delivery
    job: Job
    answer: Answer


class Ways(NamedTuple):
    """What a lane lends to a delivery: `permit` waits for one more call or says that nothing more may begin.

    `elsewhere` says of a channel why its messages go to another one, or nothing.
    """

    permit: Callable[[], Awaitable[bool]]
    elsewhere: Callable[[str], str | None]


class Timing(msgspec.Struct, frozen=True):
    """How long one call may take, and how long a post is looked for before its absence is believed; seconds."""

    timeout: float = 10.0
    settle: float = 90.0

    @property
    def doubtful_ms(self) -> int:
        """Return how long after its recorded start an attempt is in doubt that a kill cut short."""
        return round(1_000 * (self.timeout + self.settle))


class Delivering:
    """Carries rows out one at a time per channel; holds no queue and no clock of its own."""

    def __init__(self, outbox: Outbox, sender: Sender, clock: Clock, planning: Planning, timing: Timing) -> None:
        self._outbox, self._sender, self._clock, self._timing = outbox, sender, clock, timing
        self._planning = planning
        self._forms: dict[tuple[str, str], Form] = {}
        self._plainer = Plainer()

    async def send(self, turn: Turn, ways: Ways) -> Sent | Idle:
        """Claim a row and send it. What comes back as Sent must be given to `settle`."""
        plan = await self._planning.plan(turn)
        if isinstance(plan, Idle):
            return plan
        if isinstance(plan, Recorded):
            return await self._settled(turn.row, plan)
        claimed = await self._outbox.claim(turn.row.delivery_id, plan.revision, plan.place)
        if claimed is None:
            return Idle.SETTLED
        return Sent(claimed, plan, await self._down_the_ladder(turn, claimed, plan, ways))

    async def settle(self, sent: Sent, wait_s: float, *, has_another_way: bool = False) -> Delivery | None:
        """Record what became of a row, and return it as it is to go on: `ready` once more, or `unknown`; else None.

        `wait_s` is the pause before another try; `has_another_way`: a refused destination is no end.
        """
        claimed = sent.claimed
        outcome = self._outcome(sent, wait_s, has_another_way=has_another_way)
        await record(self._outbox, claimed, outcome)
        if outcome.state not in {DeliveryState.READY, DeliveryState.UNKNOWN}:
            return None
        if outcome.state is DeliveryState.READY:
            _log.info("delivery_again", delivery=claimed.delivery_id, channel=claimed.channel, why=_why(sent.answer))
        doubted_at = claimed.doubted_at
        if outcome.state is DeliveryState.UNKNOWN and doubted_at is None:
            doubted_at = claimed.started_at
        return replace(claimed, state=outcome.state, not_before=outcome.not_before, doubted_at=doubted_at)

    async def park(self, row: Delivery, why: str) -> None:
        """Set a row aside without a call."""
        await self._settled(row, Recorded(state=DeliveryState.PARKED, detail=f"{_REFUSED}: {why}"))

    async def _settled(self, row: Delivery, outcome: Recorded) -> Idle:
        """Settle a row for which nothing is to be sent."""
        claimed = await self._outbox.claim(row.delivery_id, row.revision)
        if claimed is not None:
            await record(self._outbox, claimed, outcome)
        return Idle.SETTLED

    async def _down_the_ladder(self, turn: Turn, claimed: Delivery, job: Job, ways: Ways) -> Answer:
        """Send the best form that Slack takes. Every message starts at the top; its refusals are remembered."""
        key = (claimed.alert_id, claimed.channel)
        form: Form | None = self._forms.get(key, Form.CARD)
        drawn, form = self._drawn(claimed, job, form or Form.CARD)
        drawn = self._plainer.as_accepted(drawn)
        answer = Answer(Verdict.PAYLOAD_REFUSED, "no form of it could be drawn")
        is_first_try = True
        while form is not None:
            if not is_first_try and not await ways.permit():
                return Answer(Verdict.NOT_DELIVERED, "stopped before a plainer form was sent")
            sheet = Sheet(drawn, form, self._notices(turn, claimed, job, ways))
            answer, is_first_try = await self._sent(sheet, job), False
            if answer.verdict is not Verdict.PAYLOAD_REFUSED:
                break
            _log.warning("slack_refused_payload", delivery=claimed.delivery_id, form=form.name, why=answer.detail)
            if form is Form.CARD and isinstance(drawn, Written) and drawn.plainer is not None:
                drawn = self._plainer.refused(drawn)  # the same with older kinds of blocks
                continue
            form = form.below
            self._remember(key, form)
        return answer

    def _drawn(self, claimed: Delivery, job: Job, form: Form) -> tuple[Drawn, Form]:
        """Draw what is to be sent; where that raises, the plainest form must do."""
        try:
            drawn = job.draw()
            drawn.payload()
        except Exception as error:  # noqa: BLE001 - a fault in drawing must not cost the alert
            log.bug(_log, "card_not_drawn", error, delivery=claimed.delivery_id)
            return job.bare(), Form.CARD
        return drawn, form

    def _notices(self, turn: Turn, claimed: Delivery, job: Job, ways: Ways) -> tuple[str, ...]:
        found = [REPEATED] if claimed.doubt is Doubt.REPEATED and job.message is None else []
        if self._is_elsewhere(turn, job):
            why = ways.elsewhere(claimed.channel)
            found.append(f"Meant for {claimed.channel}, which Slack refuses{f' ({why})' if why else ''}.")
        return tuple(found)

    def _is_elsewhere(self, turn: Turn, job: Job) -> bool:
        """Say whether a message stands, or is to stand, in another channel than its own."""
        if job.message is None:
            return turn.channel != turn.row.channel
        own, there = self._sender.address(turn.row.channel), job.message.channel_id
        return there is not None and own not in {turn.row.channel, there}  # only an id can be compared

    async def _sent(self, sheet: Sheet, job: Job) -> Answer:
        if job.message is None:
            return await self._sender.post(job.channel, sheet, job.thread)
        return await self._sender.edit(job.message, sheet)

    def _outcome(self, sent: Sent, wait_s: float, *, has_another_way: bool) -> Recorded:
        answer, now = sent.answer, self._clock.now_ms()
        if answer.verdict is Verdict.DELIVERED:
            return Recorded(
                state=DeliveryState.SENT,
                ts=answer.ts,
                channel_id=answer.channel_id,
                revision=sent.job.revision,
                is_card=sent.job.is_card,
            )
        if answer.verdict is Verdict.UNKNOWN and self._is_post(sent.claimed):
            until = now + round(1_000 * self._timing.settle)
            return Recorded(state=DeliveryState.UNKNOWN, not_before=until, detail=_why(answer))
        state = DeliveryState.READY if has_another_way else _FOR_GOOD.get(answer.verdict, DeliveryState.READY)
        return Recorded(state=state, not_before=now + round(1_000 * wait_s), detail=_why(answer))

    def _is_post(self, row: Delivery) -> bool:
        return call_of(row, edits=self._sender.edits) is Call.POST

    def _remember(self, key: tuple[str, str], form: Form | None) -> None:
        if form is None:
            self._forms.pop(key, None)
            return
        while len(self._forms) >= _FORMS_KEPT:
            del self._forms[next(iter(self._forms))]
        self._forms[key] = form


async def record(outbox: Outbox, row: Delivery, outcome: Recorded) -> bool:
    """Record an outcome, however long the store takes: what has been sent cannot be unsent. False: it was not open."""
    while True:
        try:
            return await outbox.record(row.delivery_id, row.attempt, outcome)
        except StoreUnavailableError:
            await pause(AGAIN_S)


def _why(answer: Answer) -> str:
    return f"{answer.verdict.value}: {answer.detail}" if answer.detail else answer.verdict.value
