"""A block_actions request of Slack, read: what comes from outside becomes values here, or nothing.

Source: docs.slack.dev, block_actions payload. The request is Slack's own by then (signed, or over our socket).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from bot.slack import limits
from bot.slack.buttons import OPEN, Choice, read_click
from bot.slack.text import clamped, meaningful

_BLOCK_ACTIONS: Final = "block_actions"
_MOST_ACTIONS: Final = 25  # of one block; one click is one action


class Clicked(NamedTuple):
    """One click: by whom, on what, where. `at` is Slack's own mark of it, the same when it is sent again.

    `response_url` is where the person can be answered (5 times, 30 minutes), or empty. A click on a link has the
    `action_id` OPEN; one on a button that no card has any more has no card.
    """

    user_id: str
    user_name: str
    action_id: str
    card_id: str
    choice: Choice | None
    at: str
    channel_id: str
    response_url: str


def clicks_of(payload: Mapping[str, Any]) -> list[Clicked]:
    """Return the clicks of a request; none for other requests and for what cannot be read."""
    user = _map(payload.get("user"))
    actions = payload.get("actions")
    if payload.get("type") != _BLOCK_ACTIONS or not _text(user.get("id")) or not isinstance(actions, list):
        return []
    return list(_clicks(payload, user, actions[:_MOST_ACTIONS]))


def _clicks(payload: Mapping[str, Any], user: Mapping[str, Any], actions: list[Any]) -> Iterator[Clicked]:
    name = meaningful(_text(user.get("name")) or _text(user.get("username"))) or "somebody"
    for action in map(_map, actions):
        click = read_click(action)
        yield Clicked(
            user_id=_text(user.get("id")),
            user_name=clamped(name, limits.PERSON),
            action_id=click.action_id if click else OPEN if action.get("action_id") == OPEN else "",
            card_id=click.card_id if click else "",
            choice=click.choice if click else None,
            at=_text(action.get("action_ts")) or _text(payload.get("trigger_id")),
            channel_id=_channel(payload),
            response_url=_text(payload.get("response_url")),
        )


def _channel(payload: Mapping[str, Any]) -> str:
    named = _map(payload.get("channel")).get("id") or _map(payload.get("container")).get("channel_id")
    return _text(named)


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
