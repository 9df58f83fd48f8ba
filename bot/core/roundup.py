"""One message about many alerts: a group, a hand-over, a storm, what a silence holds. Values only, no layout."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import msgspec

from bot.core.rule import Severity
from bot.core.silence import Silence
from bot.core.state import AlertState

# Members that are named one by one; the rest is in the counts.
LISTED_AT_MOST: Final = 50
# Different values per tally; further ones count together as OTHER.
TALLIED_AT_MOST: Final = 50


class RoundupKind(StrEnum):
    """Why many alerts share a message."""

    GROUP = "group"  # `group_wait`: alerts of one rule that came due together
    HAND_OVER = "hand_over"  # `notify_during`: what fired outside the hours
    STORM = "storm"  # more first messages than a channel takes
    SILENCE = "silence"  # a silence, and what it holds


class Member(msgspec.Struct, frozen=True, array_like=True):
    """One alert in a roundup as it stands now. `key` are its values in the order of the rule's `per`."""

    alert_id: str
    rule: str
    key: tuple[str, ...]
    title: str
    severity: Severity
    state: AlertState
    fired_at: int
    url: str | None = None


class Roundup(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A message about many alerts. Times are ms.

    `name` is the rule of a group, the hours of a hand-over, the channel of a storm, the id of a silence. `count` is
    of all alerts it ever held, `standing` of those that are still open, `acknowledged` of those among them that
    somebody took; `members` are the first LISTED_AT_MOST. `posted_at` is None while it only collects. A roundup that
    is over (`ended_at`) takes no further members, but goes on saying how its own end.
    """

    roundup_id: str
    kind: RoundupKind
    name: str
    channel: str
    opened_at: int
    severity: Severity = Severity.INFO
    posted_at: int | None = None
    ended_at: int | None = None
    count: int = 0
    standing: int = 0
    acknowledged: int = 0
    members: tuple[Member, ...] = ()
    by_rule: dict[str, int] = {}
    by_company: dict[str, int] = {}
    by_cause: dict[str, int] = {}
    description: str | None = None
    runbook: str | None = None
    owner: str | None = None
    silence: Silence | None = None
    ended_by: str | None = None
    revision: int = 1

    @property
    def is_over(self) -> bool:
        """Say whether nothing more will happen to it: it takes no members and all of its own have ended.

        What a silence held is told elsewhere once it ends, so with it its roundup is over.
        """
        return self.ended_at is not None and (self.kind is RoundupKind.SILENCE or not self.standing)


class Pace(msgspec.Struct, frozen=True, omit_defaults=True):
    """When a channel's latest first messages were decided (ms, oldest first), and the storm that is on there."""

    recent: tuple[int, ...] = ()
    storm: str | None = None
    stale_at: int = 0


def worst(severities: Iterable[Severity]) -> Severity:
    """Return the gravest."""
    order = list(Severity)
    return max(severities, key=order.index, default=Severity.INFO)
