"""The buttons of a card, and what a click on one of them says: both ends of one format in one place.

A value names the card and nothing else (`al_…` or `ro_…`), where there is a choice with it (`al_…:1h`): whoever can
see a message can read its values. The message's block_ids name the delivery and the revision that was clicked on.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

# `action_id` of each element. A URL button sends a click too, which is answered and means nothing.
ACKNOWLEDGE: Final = "acknowledge"
SILENCE: Final = "silence"
MORE: Final = "more"
OPEN: Final = "open"

_SEPARATOR: Final = ":"


class Choice(StrEnum):
    """What stands after the card's id in a value: how long to silence, or what the overflow offers."""

    ONE_HOUR = "1h"
    FOUR_HOURS = "4h"
    MORNING = "morning"  # until the next working morning
    RESOLVE = "resolve"
    WHY = "why"
    END_SILENCE = "end_silence"


class Click(NamedTuple):
    """One element that was clicked: its `action_id`, the card's id, and the choice where the element offers one.

    ACKNOWLEDGE has no choice, SILENCE one of 1h, 4h and morning, MORE one of resolve, why and end_silence.
    """

    action_id: str
    card_id: str
    choice: Choice | None = None


def value_of(card_id: str, choice: Choice | None = None) -> str:
    """Return the value that a button or an option carries; at most 150 characters, Slack's limit for an option."""
    return card_id if choice is None else f"{card_id}{_SEPARATOR}{choice.value}"


def read_click(action: Mapping[str, Any]) -> Click | None:
    """Read one of a block_actions request's `actions`; None when it is not a click that a card of ours offers.

    Source: docs.slack.dev, block_actions payload (button: `value`; static_select and overflow: `selected_option`).
    """
    action_id = action.get("action_id")
    option = action.get("selected_option")
    value = option.get("value") if isinstance(option, Mapping) else action.get("value")
    if not isinstance(action_id, str) or not isinstance(value, str):
        return None
    card_id, _, chosen = value.partition(_SEPARATOR)
    choice = Choice(chosen) if chosen in frozenset(Choice) else None
    if not card_id or choice not in _OFFERED.get(action_id, frozenset()) or (chosen and choice is None):
        return None
    return Click(action_id, card_id, choice)


_OFFERED: Final[dict[str, frozenset[Choice | None]]] = {
    ACKNOWLEDGE: frozenset({None}),
    SILENCE: frozenset({Choice.ONE_HOUR, Choice.FOUR_HOURS, Choice.MORNING}),
    MORE: frozenset({Choice.RESOLVE, Choice.WHY, Choice.END_SILENCE}),
}
