"""Who may act: `slack.may_act` against the person who clicked."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import Enum
from typing import Any, Final, NamedTuple

from bot.clock import Clock
from bot.slack.calls import Reply

ANYBODY: Final = "any"
_GROUP: Final = re.compile(r"S[A-Z0-9]+")
# How long a group's members are believed; who is taken out of it can act for this much longer.
MEMBERS_FOR_S: Final = 300.0


class Allowed(Enum):
    """Whether somebody may act."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"  # a group's members cannot be read


class _Members(NamedTuple):
    at: float
    ids: frozenset[str]


class Permission:
    """`may_act` holds `any`, user ids, group ids and names of people; `ids` are those names' ids, and may grow."""

    def __init__(
        self,
        may_act: Sequence[str],
        ids: Mapping[str, str],
        members: Callable[[str], Awaitable[Reply]],
        clock: Clock,
    ) -> None:
        self._may_act, self._ids = may_act, ids
        self._ask, self._clock = members, clock
        self._members: dict[str, _Members] = {}

    async def of(self, user_id: str) -> Allowed:
        """Say whether this user may act. Groups are asked for only where no name allows it already."""
        if ANYBODY in self._may_act:
            return Allowed.YES
        allowed = {self._ids.get(name, name) for name in self._may_act}
        if user_id in allowed:
            return Allowed.YES
        unsure = False
        for group in sorted(filter(is_group, allowed)):
            members = await self._members_of(group)
            if members is not None and user_id in members:
                return Allowed.YES
            unsure |= members is None
        return Allowed.UNSURE if unsure else Allowed.NO

    async def _members_of(self, group: str) -> frozenset[str] | None:
        """Return a group's members; when they cannot be read now, those of before; None: they never could be."""
        known, now = self._members.get(group), self._clock.monotonic()
        if known is not None and now - known.at < MEMBERS_FOR_S:
            return known.ids
        found = _read_members(await self._ask(group))
        if found is not None:
            self._members[group] = _Members(now, found)
            return found
        return None if known is None else known.ids


def is_group(value: str) -> bool:
    """Say whether this is the id of a group."""
    return _GROUP.fullmatch(value) is not None


def _read_members(reply: Reply) -> frozenset[str] | None:
    users: Any = reply.body.get("users")
    return frozenset(map(str, users)) if reply.ok and isinstance(users, list) else None
