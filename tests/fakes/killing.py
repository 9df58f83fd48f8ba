"""A process that dies at a chosen step: before or after anything durable happens, or a call to Slack ends."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from bot.core.decisions import Reason
from bot.slack.answer import Answer
from bot.slack.ladder import Drawn
from bot.slack.sender import ReadAnswer, Sender, Thread
from bot.store.values import Delivery, Message, Place, Recorded
from tests.fakes.outbox import TwinOutbox


class KilledError(BaseException):
    """The process is gone; nothing of it runs any further."""


class Steps:
    """Counts the steps of all lives, and kills at those that are named."""

    def __init__(self, kills: Collection[int] = ()) -> None:
        self.taken: list[str] = []
        self._kills = set(kills)

    def __call__(self, name: str) -> None:
        self.taken.append(name)
        if len(self.taken) in self._kills:
            raise KilledError(name)


class KillableOutbox(TwinOutbox):
    """Dies before or after a commit."""

    steps = Steps()

    async def claim(self, delivery_id: str, revision: int, place: Place | None = None) -> Delivery | None:
        self.steps("before the claim")
        claimed = await super().claim(delivery_id, revision, place)
        self.steps("after the claim")
        return claimed

    async def record(self, delivery_id: str, attempt: int, outcome: Recorded) -> bool:
        self.steps(f"before recording {outcome.state}")
        recorded = await super().record(delivery_id, attempt, outcome)
        self.steps(f"after recording {outcome.state}")
        return recorded

    async def resume(self, posts: Collection[Reason], doubtful_ms: int) -> list[Delivery]:
        found = await super().resume(posts, doubtful_ms)
        if found:
            self.steps("after putting in order what was interrupted")
        return found

    async def fold(self, folded: Sequence[str], summary: Delivery) -> list[str]:
        self.steps("before folding")
        taken = await super().fold(folded, summary)
        self.steps("after folding")
        return taken


class KillableSender:
    """Dies after a call to Slack, before anybody hears of its answer."""

    def __init__(self, sender: Sender, steps: Steps) -> None:
        self._sender, self._steps = sender, steps

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sender, name)

    async def post(self, channel: str, card: Drawn, thread: Thread | None = None) -> Answer:
        answer = await self._sender.post(channel, card, thread)
        self._steps(f"posted: {answer.verdict}")
        return answer

    async def edit(self, message: Message, card: Drawn) -> Answer:
        answer = await self._sender.edit(message, card)
        self._steps(f"edited: {answer.verdict}")
        return answer

    async def read(self, place: Place, oldest: float, cursor: str | None) -> ReadAnswer:
        page = await self._sender.read(place, oldest, cursor)
        self._steps(f"read: {type(page).__name__}")
        return page

    async def delete(self, place: Place, ts: str) -> Answer:
        answer = await self._sender.delete(place, ts)
        self._steps(f"deleted: {answer.verdict}")
        return answer
