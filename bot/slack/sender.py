"""How a card leaves: the relay does not care whether by the Web API, by webhooks or onto the terminal."""

from __future__ import annotations

from typing import Protocol

from bot.slack.answer import Answer
from bot.slack.buckets import Limits
from bot.slack.card import Card
from bot.store.values import Message


class Sender(Protocol):
    """Makes one call and says how it ended; never raises but for cancellation, never repeats, never waits."""

    @property
    def edits(self) -> bool:
        """Say whether a message can be changed later. Where not, an ending is posted as a message of its own."""
        ...

    @property
    def limits(self) -> Limits:
        """Return how fast it may be used."""
        ...

    def address(self, channel: str) -> str:
        """Return what a channel's name stands for; names of one address share a queue."""
        ...

    async def post(self, channel: str, card: Card) -> Answer:
        """Post a new message. Repeating it after UNKNOWN may double it."""
        ...

    async def edit(self, message: Message, card: Card) -> Answer:
        """Change a message to this card; safe to repeat."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
