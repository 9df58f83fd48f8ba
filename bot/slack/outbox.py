"""What the relay needs of the store: the outbox as it sees it. bot/store fits this by its shape.

A row walks `ready -> sending -> sent`, or back to `ready` after a clean refusal, or to `unknown` (nobody can say),
`parked` (waits for a repaired channel: tried again at the next start), `dead` (told, and never tried again),
`superseded` (a later row says it better). FIRST rows post; there is at most one row for edits of a message, whose
latest revision wins.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from bot.core.decisions import Reason
from bot.core.state import Alert
from bot.store.values import Delivery, Message, Recorded


class Outbox(Protocol):
    """Durable rows. Every call is one commit or one read; times are ms since 1970."""

    async def ready(self) -> list[Delivery]:
        """Return all rows in state `ready`, oldest first, also those whose `not_before` lies ahead."""
        ...

    async def claim(self, delivery_id: str, revision: int) -> Delivery | None:
        """Take a `ready` row: state `sending`, attempt + 1, `started_at` now, committed before this returns.

        None when the row is not `ready` any more; the caller then sends nothing. `revision` is what is being sent.
        """
        ...

    async def record(self, delivery_id: str, attempt: int, outcome: Recorded) -> None:
        """Record how an attempt ended; ignored when `attempt` is not the row's latest.

        SENT stores ts, channel_id and revision as the message of (alert, channel). An edit row whose decided
        revision has grown past the attempt's goes back to `ready` however the attempt ended: it is news.
        """
        ...

    async def resume(self, posts: Collection[Reason]) -> list[Delivery]:
        """Put the rows of an earlier process in order at start, in one commit; return those found `sending`.

        `posts` are the reasons that make a new message. Of what was `sending` these become `unknown` (Slack may have
        stored it), the others `ready` (an edit is safe to repeat). What is `parked` becomes `ready`.
        """
        ...

    async def alert(self, alert_id: str) -> Alert | None:
        """Return the alert as it stands now."""
        ...

    async def message(self, alert_id: str, channel: str) -> Message | None:
        """Return the message that was posted for an alert to a channel, once it is known."""
        ...

    async def counts(self) -> dict[str, int]:
        """Return how many rows there are in each state."""
        ...
