"""The bot's own troubles become events of its own: the same way to the admin channel as everything else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

from bot.core.inputs import Event
from bot.core.troubles import (
    DELIVERY_DEAD,
    DELIVERY_DOUBTFUL,
    DELIVERY_PARKED,
    EVENT_UNREADABLE,
    RULES_LOADED,
    RULES_REFUSED,
    trouble,
)
from bot.pipeline import patiently
from bot.slack.answer import Verdict
from bot.slack.lane import Trouble

# What waits to be journaled; more than this at once says nothing new (one message per subject).
_MOST_WAITING: Final = 1_000
_TOLD_AS: Final = {
    Verdict.DESTINATION_REFUSED: DELIVERY_PARKED,
    Verdict.UNKNOWN: DELIVERY_DOUBTFUL,
    Verdict.PAYLOAD_REFUSED: DELIVERY_DEAD,
    Verdict.MESSAGE_GONE: DELIVERY_DEAD,
}


class OwnJournal(Protocol):
    """Where the bot's own events go."""

    async def append_own(self, event: Event) -> int:
        """Journal an event of the bot's own."""
        ...


class Troubles:
    """Takes news from anywhere in the loop at once, and journals it in a task of its own."""

    def __init__(self, journal: OwnJournal, admin_channel: str | None, on_stored: Callable[[], None]) -> None:
        self._journal, self._admin_channel, self._on_stored = journal, admin_channel, on_stored
        self._waiting: asyncio.Queue[Event] = asyncio.Queue(_MOST_WAITING)

    def unreadable(self, source: str, event_id: str) -> None:
        """An authentic body was quarantined."""
        self._report(trouble(EVENT_UNREADABLE, source, event_id))

    def delivery(self, news: Trouble) -> None:
        """A delivery needs a person. Trouble with the admin channel itself cannot be told there."""
        told_as = _TOLD_AS.get(news.verdict)
        if told_as is not None and news.channel != self._admin_channel:
            self._report(trouble(told_as, news.channel, news.delivery_id, cause=news.detail))

    def rules_refused(self, what: str, cause: str, mark: str) -> None:
        """Rules cannot be used; `mark` tells this time from others."""
        self._report(trouble(RULES_REFUSED, what, mark, cause=cause))

    def rules_loaded(self, what: str, mark: str) -> None:
        """What was told of rules is over."""
        self._report(trouble(RULES_LOADED, what, mark))

    async def run(self) -> None:
        """Journal news until cancelled. Ends only with an error of the store."""
        while True:
            event = await self._waiting.get()
            await patiently(partial(self._journal.append_own, event))
            self._on_stored()

    def _report(self, event: Event) -> None:
        if not self._waiting.full():
            self._waiting.put_nowait(event)
