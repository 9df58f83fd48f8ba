"""How sending stands, in numbers and in words for /readyz."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from bot.slack.circuit import Circuit
from bot.slack.destinations import Destinations
from bot.store.values import DeliveryState

_IN_TROUBLE: Final = {
    DeliveryState.UNKNOWN.value: "unknown: looked for in the channel, and sent again only if it is not there",
    DeliveryState.PARKED.value: "parked: the channel was refused, or nobody can say whether it was posted",
    DeliveryState.DEAD.value: "dead: refused for good",
}


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How sending stands: durable rows by state, what waits here, and troubles in words for /readyz."""

    deliveries: dict[str, int]
    waiting: int
    held: int
    credentials_refused: bool
    troubles: tuple[str, ...]


def troubles(counts: Mapping[str, int], circuit: Circuit, destinations: Destinations) -> Iterable[str]:
    """Yield what is not as it should be, one line each."""
    if circuit.is_open:
        yield f"Slack refuses the credentials ({circuit.reason}): everything is kept and sent later"
    for channel, why in destinations.shut().items():
        other = destinations.fallback_of(channel)
        yield f"Slack refuses channel {channel} ({why})" + (f": its messages go to {other}" if other else "")
    for state, meaning in _IN_TROUBLE.items():
        if counts.get(state):
            yield f"{counts[state]} {'delivery' if counts[state] == 1 else 'deliveries'} {meaning}"
