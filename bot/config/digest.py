"""A scheduled summary as config.yaml has it, and the words that it may use."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from bot.config.nodes import Entries

SINCE_LAST: Final = "since_last"
DAY: Final = "day"
WEEK: Final = "week"
COVERS: Final = (SINCE_LAST, DAY, WEEK)

ALL_QUIET: Final = "all_quiet"
SILENT: Final = "silent"
WHEN_EMPTY: Final = (ALL_QUIET, SILENT)

# What a digest may tell beside its headline, in the order in which it does so when nobody chose another.
SECTIONS: Final = (
    "chart",
    "companies",
    "workflows",
    "causes",
    "new_causes",
    "exceeded_retries",
    "reviews",
    "alerts",
    "overnight",
    "held",
    "noisy_rules",
    "sources",
    "ledger",
)


class Digest(msgspec.Struct, frozen=True, kw_only=True):
    """When it is due, where it goes and what it tells.

    `at` is in seconds of the local day; `days` count from 0 = Monday and are not looked at with `day_of_month` (1 to
    31; a shorter month has it on its last day). `cover` is one of COVERS, or milliseconds. `where_node` is unread: its
    words are the rule language's. `during` names hours and `mention` one of the people.
    """

    at: int
    days: frozenset[int]
    notify: tuple[str, ...]
    day_of_month: int | None = None
    timezone: ZoneInfo | None = None
    cover: str | int = SINCE_LAST
    where_node: Entries | None = None
    sections: tuple[str, ...] = SECTIONS
    when_empty: str = ALL_QUIET
    during: str | None = None
    mention: str | None = None
