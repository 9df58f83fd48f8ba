"""What the config says of delivering, as the relay takes it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from bot.core.rule import Severity
from bot.slack.delivering import Timing
from bot.slack.folding import Fold
from bot.slack.setting import Setting


def _repeat_all(_severity: Severity) -> bool:
    return True


def _count_nothing(_word: str) -> None:
    return


class Manners(msgspec.Struct, frozen=True, kw_only=True):
    """What the config says of delivering.

    `repeats` says of a severity whether a doubtful post is sent again, marked, where its channel cannot be read back.
    `fallback` takes the messages of channels that Slack refuses. `count` hears what became of doubtful posts: found,
    repeated, repeated_marked, parked, doubled. `setting` is what cards are drawn with, asked for each.
    """

    timing: Timing = msgspec.field(default_factory=Timing)
    repeats: Callable[[Severity], bool] = _repeat_all
    fallback: str | None = None
    fold: Fold = msgspec.field(default_factory=Fold)
    count: Callable[[str], None] = _count_nothing
    setting: Callable[[], Setting] | None = None
