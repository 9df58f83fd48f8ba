"""Runs the bot with a fault planted in it: a post that a kill cut short is simply sent again at the next start."""

from __future__ import annotations

from collections.abc import Collection

from bot.cli import main
from bot.core.decisions import Reason
from bot.store.outbox import StoredOutbox
from bot.store.values import Delivery

_resume = StoredOutbox.resume


async def _blindly(self: StoredOutbox, posts: Collection[Reason], doubtful_ms: int) -> list[Delivery]:
    del posts
    return await _resume(self, frozenset(), doubtful_ms)


if __name__ == "__main__":
    StoredOutbox.resume = _blindly  # type: ignore[method-assign]
    main()
