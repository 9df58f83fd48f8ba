"""Interactivity at work on skipped time, with a store that answers as a test says."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bot.core.deeds import Subject
from bot.core.inputs import Action
from bot.slack.buttons import ACKNOWLEDGE, Choice, value_of
from bot.slack.clicks import Clicked
from bot.slack.interactivity import Interactivity, Reception
from bot.slack.permission import Allowed
from bot.store.values import Appended, Signature
from tests.fakes.virtual import LoopClock

MORNING = 1_767_690_000_000


@dataclass
class FakeActing:
    """Cards by id, and a journal that `before` may hold up or break."""

    cards: dict[str, Subject] = field(default_factory=dict)
    journal: list[tuple[Action, Signature]] = field(default_factory=list)
    before: Callable[[], Any] | None = None

    def subject(self, card_id: str) -> Subject | None:
        return self.cards.get(card_id)

    def channel(self, card_id: str, channel_id: str) -> str:
        del card_id
        return f"name of {channel_id}"

    def morning(self, subject: Subject) -> int:
        del subject
        return MORNING

    async def record(self, action: Action, signature: Signature) -> Appended:
        if self.before is not None:
            await self.before()
        duplicate = any(signature.action_id == known.action_id for _, known in self.journal)
        if not duplicate:
            self.journal.append((action, signature))
        return Appended(1, signature.action_id, duplicate, 0)

    async def explain(self, card_id: str) -> str:
        if self.before is not None:
            await self.before()
        return f"why {card_id}"


@dataclass
class Floor:
    """What a test sees of it."""

    clicks: Interactivity
    acting: FakeActing
    told: list[tuple[str, str]]
    outcomes: Counter[str]

    async def settled(self) -> None:
        async with asyncio.timeout(600):
            await self.clicks.settled()

    async def click(self, **given: Any) -> None:
        assert self.clicks.offer(payload(**given))
        await self.settled()


@asynccontextmanager
async def clicking(*cards: Any, allowed: Allowed = Allowed.YES) -> AsyncIterator[Floor]:
    """Run it while the block runs."""
    acting, told, outcomes = FakeActing(), list[tuple[str, str]](), Counter[str]()
    for card in cards:
        acting.cards[getattr(card, "alert_id", None) or card.roundup_id] = card

    async def may(_user: str) -> Allowed:
        return allowed

    async def tell(clicked: Clicked, text: str) -> None:
        told.append((clicked.user_id, text))

    reception = Reception(
        acting=acting,
        allowed=may,
        tell=tell,
        clock=LoopClock(),
        count=lambda outcome: outcomes.update([outcome]),
    )
    clicks = Interactivity(reception)
    async with asyncio.TaskGroup() as tasks:
        work = tasks.create_task(clicks.run())
        yield Floor(clicks, acting, told, outcomes)
        work.cancel()


def payload(
    card: str = "al_1",
    action_id: str = ACKNOWLEDGE,
    choice: Choice | None = None,
    *,
    user: str = "U0ANA00001",
    at: str = "1767603600.1",
    name: str = "ana",
) -> dict[str, Any]:
    """Return a block_actions request."""
    value = {"value": value_of(card, choice)}
    chosen = value if choice is None else {"selected_option": value}
    return {
        "type": "block_actions",
        "user": {"id": user, "name": name, "username": name},
        "channel": {"id": "C0DOCALERT1"},
        "container": {"message_ts": "1.1", "channel_id": "C0DOCALERT1"},
        "response_url": "https://hooks.slack.com/actions/T/1/x",
        "trigger_id": "1.T.x",
        "actions": [{"action_id": action_id, "action_ts": at, "type": "button", **chosen}],
    }
