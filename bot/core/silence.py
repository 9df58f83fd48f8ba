"""A silence: a person's matcher with an end. Alerts live on; their first messages are held, and it says which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from bot.core.conditions import as_text


class Silence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a person does not want to hear of for a while.

    `matcher` pairs names with texts, all of which must be equal: `rule`, `severity`, `fingerprint`, or any field of
    the event that drew the alert. `until` is ms; `author` is how that person is shown, never a mention. `channel`
    is where it announces itself; None: the admin channel.
    """

    silence_id: str
    matcher: tuple[tuple[str, str], ...]
    at: int
    until: int
    author: str
    reason: str = ""
    channel: str | None = None

    def matches(self, values: Mapping[str, Any]) -> bool:
        """Say whether these values are meant. A missing value is never meant."""
        return bool(self.matcher) and all(
            name in values and as_text(values[name]) == text for name, text in self.matcher
        )
