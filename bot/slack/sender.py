"""How a message leaves: the relay does not care whether by the Web API, by webhooks or onto the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

import msgspec

from bot.slack.answer import Answer
from bot.slack.buckets import Limits
from bot.slack.ladder import Drawn
from bot.store.values import Message, Place


class Thread(NamedTuple):
    """The thread that a message replies in, and whether the channel sees the reply too."""

    ts: str
    broadcast: bool = False


class Page(msgspec.Struct, frozen=True):
    """One page of what stands in a channel or thread; `cursor` leads to the next, None: this was the last."""

    messages: Sequence[dict[str, Any]]
    cursor: str | None = None


class NotRead(msgspec.Struct, frozen=True):
    """A read that gave nothing. `is_forbidden`: the same again will not help until a person does something.

    `wait` is in seconds, where Slack named one. `refuses_token`: every other call will be refused as well.
    """

    why: str
    is_forbidden: bool = False
    wait: float | None = None
    refuses_token: bool = False


ReadAnswer: TypeAlias = Page | NotRead


class Sender(Protocol):
    """Makes one call and says how it ended; never raises but for cancellation, never repeats, never waits."""

    @property
    def edits(self) -> bool:
        """Say whether a message can be changed later. Where not, an ending is posted as a message of its own."""
        ...

    @property
    def reads(self) -> bool:
        """Say whether a channel can be read back at all."""
        ...

    @property
    def limits(self) -> Limits:
        """Return how fast it may be used."""
        ...

    def address(self, channel: str) -> str:
        """Return what a channel's name stands for; names of one address share a queue."""
        ...

    def known_id(self, address: str) -> str:
        """Return the id of a channel as far as it is known: an edit takes nothing else."""
        ...

    async def post(self, channel: str, card: Drawn, thread: Thread | None = None) -> Answer:
        """Post a new message. Repeating it after UNKNOWN may double it."""
        ...

    async def edit(self, message: Message, card: Drawn) -> Answer:
        """Change a message to this card; safe to repeat."""
        ...

    async def read(self, place: Place, oldest: float, cursor: str | None) -> ReadAnswer:
        """Read one page of a place, from `oldest` (seconds since 1970 by our clock) on."""
        ...

    async def delete(self, place: Place, ts: str) -> Answer:
        """Delete a message of our own; safe to repeat."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
