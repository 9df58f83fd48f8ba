"""Mentions: only whom a rule names is pinged, and only where Slack knows who is meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from bot.slack import limits
from bot.slack.text import clamped, meaningful

_USER: Final = re.compile(r"[UW][A-Z0-9]{5,30}")
_GROUP: Final = re.compile(r"S[A-Z0-9]{5,30}")


class Mention(NamedTuple):
    """Somebody whom a rule names. Without an id of a user or a group it is a name to read, and pings nobody."""

    name: str
    user: str | None = None
    group: str | None = None

    def element(self) -> dict[str, Any]:
        """Return the rich_text element; nothing in the text of a message can become one."""
        if self.user:
            return {"type": "user", "user_id": self.user}
        if self.group:
            return {"type": "usergroup", "usergroup_id": self.group}
        return {"type": "text", "text": self.name}


def mention_of(name: str | None, people: Mapping[str, str]) -> Mention | None:
    """Return who is meant by a name of `people:`; None when nobody is named. A name that has no id stays a name."""
    said = meaningful(name)
    if name is None or said is None:
        return None
    found, shown = people.get(name, ""), clamped(said, limits.PERSON)
    if _USER.fullmatch(found):
        return Mention(shown, user=found)
    if _GROUP.fullmatch(found):
        return Mention(shown, group=found)
    return Mention(shown)


def pings_in(payload: Mapping[str, Any]) -> list[str]:
    """Return the pings of a payload's blocks as tokens for its `text`: for forms that have no such blocks."""
    found = (_token(element) for element in _elements(payload.get("blocks", ())))
    return list(dict.fromkeys(token for token in found if token))


def _token(element: Mapping[str, Any]) -> str | None:
    if element.get("type") == "user":
        return f"<@{element['user_id']}>"
    return f"<!subteam^{element['usergroup_id']}>" if element.get("type") == "usergroup" else None


def _elements(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, dict):
        yield value
        yield from _elements(value.get("elements"))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _elements(inner)
