"""What the relay needs of the store: the outbox as it sees it. bot/store fits this by its shape.

A row walks `ready -> sending -> sent`, or back to `ready` after a clean refusal, or to `parked` (waits for a repaired
channel, or for a person), `dead` (told, and never tried again), `superseded` (another message says it better), or to
`unknown`: nobody can say whether it was posted. From there it goes on to `sent` when it is found in the channel, to
`ready` when it surely is not there, and where that cannot be read to `ready` with a mark or to `parked`.

Posts and replies (Reason.is_post, is_reply) have a row each, minted with their delivery id where they were decided;
there is at most one row for the edits of a message, whose latest revision wins.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from bot.core.decisions import Reason
from bot.core.roundup import Roundup
from bot.core.state import Alert
from bot.store.values import Delivery, Message, Place, Recorded


class Outbox(Protocol):
    """Durable rows. Every call is one commit or one read; times are ms since 1970."""

    async def ready(self) -> list[Delivery]:
        """Return all rows in state `ready`, oldest first, also those whose `not_before` lies ahead."""
        ...

    async def unknown(self) -> list[Delivery]:
        """Return all rows in state `unknown`, oldest first."""
        ...

    async def doubted(self, since: int) -> list[Delivery]:
        """Return the `sent` rows of which an attempt that began at `since` or later was in doubt."""
        ...

    async def add(self, rows: Sequence[Delivery]) -> None:
        """Insert new rows; one whose delivery id is there already stays as it is."""
        ...

    async def claim(self, delivery_id: str, revision: int, place: Place | None = None) -> Delivery | None:
        """Take a `ready` row: state `sending`, attempt + 1, `started_at` now, committed before this returns.

        None when the row is not `ready` any more; the caller then sends nothing. `revision` is what is being sent,
        `place` where a post goes: there it is looked for when its fate is unknown.
        """
        ...

    async def record(self, delivery_id: str, attempt: int, outcome: Recorded) -> bool:
        """Record how an attempt ended, or what an unknown fate turned out to be.

        False, and nothing changed, when `attempt` is not the row's latest or the row is neither `sending` nor
        `unknown`: somebody else has gone on with it. SENT stores ts, channel_id and revision as the message of
        (alert, channel), of a reply only where `is_card` says so. An edit row whose decided revision has grown past
        the attempt's goes back to `ready` however the attempt ended: it is news.
        """
        ...

    async def resume(self, posts: Collection[Reason], doubtful_ms: int) -> list[Delivery]:
        """Put the rows of an earlier process in order at start, in one commit; return those found `sending`.

        `posts` are the reasons that make a new message. Of what was `sending` these become `unknown` (Slack may have
        stored it) until `started_at` + `doubtful_ms`, the others `ready` (an edit is safe to repeat). What is
        `parked` becomes `ready`, but for what only a person frees (Doubt.KEPT).
        """
        ...

    async def unpark(self, channel: str, most: int) -> list[Delivery]:
        """Make the oldest `parked` rows of a channel `ready` and return them, but for what only a person frees."""
        ...

    async def fold(self, folded: Sequence[str], summary: Delivery) -> list[str]:
        """Insert a summary and set the rows among `folded` that are `ready` to `superseded`, in one commit."""
        ...

    async def subject(self, alert_id: str) -> Alert | Roundup | None:
        """Return the alert or roundup as it stands now."""
        ...

    async def message(self, alert_id: str, channel: str) -> Message | None:
        """Return the message that was posted for an alert to a channel, once it is known."""
        ...

    async def will_have_card(self, alert_id: str, channel: str) -> bool:
        """Say whether a post to a channel is stored that has made or may yet make the alert's message there."""
        ...

    async def counts(self) -> dict[str, int]:
        """Return how many rows there are in each state."""
        ...
