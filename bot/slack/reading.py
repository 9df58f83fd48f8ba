"""A channel or thread read back as a whole: which of our messages stand there. A part of it says nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from bot.slack.buckets import Call
from bot.slack.gate import Gate
from bot.slack.sender import NotRead, Page, Sender
from bot.store.values import Place

MARGIN_S: Final = 600.0  # read from so long before an attempt began: clocks differ
_MARK: Final = "tocsin."  # block ids are `tocsin.DELIVERY_ID.…`
_PATIENCE: Final = 5  # refusals for now of one page, each waited for; then the whole read is begun anew later

# The delivery ids that stand there, each with the ts of its messages, oldest first.
Sightings: TypeAlias = Mapping[str, list[str]]


async def read_whole(sender: Sender, place: Place, oldest: float, gate: Gate) -> Sightings | NotRead:
    """Read every page from `oldest` (seconds since 1970) on. What comes back is complete, or it is NotRead."""
    found: dict[str, set[str]] = defaultdict(set)
    cursor: str | None = None
    while True:
        page = await _page(sender, place, oldest, cursor, gate)
        if isinstance(page, NotRead):
            return page
        for message in page.messages:
            for delivery_id in marks_of(message):
                found[delivery_id].add(str(message.get("ts")))
        cursor = page.cursor
        if cursor is None:
            return {delivery_id: sorted(times, key=_by_time) for delivery_id, times in found.items()}


def marks_of(message: Mapping[str, Any]) -> set[str]:
    """Return the delivery ids that a message carries: in its metadata, or in the ids of its blocks."""
    metadata = message.get("metadata")
    payload = metadata.get("event_payload") if isinstance(metadata, dict) else None
    own = payload.get("delivery_id") if isinstance(payload, dict) else None
    if isinstance(own, str):
        return {own}
    blocks = message.get("blocks")
    ids = [block.get("block_id") for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []
    return {one.split(".")[1] for one in ids if isinstance(one, str) and one.startswith(_MARK)}


async def _page(sender: Sender, place: Place, oldest: float, cursor: str | None, gate: Gate) -> Page | NotRead:
    for _ in range(_PATIENCE):
        async with gate.reading:
            if not await gate.permit(Call.READ):
                return NotRead("stopped")
            page = await sender.read(place, oldest, cursor)
            _learn(gate, page)
        if isinstance(page, Page) or page.wait is None:
            return page
    return NotRead("refused for now, again and again")


def _learn(gate: Gate, page: Page | NotRead) -> None:
    """Take from an answer what it says of the credentials and of the pace of reads."""
    if isinstance(page, NotRead) and page.refuses_token:
        gate.circuit.refused(gate.now(), page.why)
        return
    if isinstance(page, NotRead) and page.wait is not None:
        gate.pace.refused(Call.READ, "", gate.now() + page.wait)
    gate.circuit.passed()


def _by_time(ts: str) -> tuple[int, str]:
    """Sort by time without a float, which would lose digits."""
    return len(ts), ts
