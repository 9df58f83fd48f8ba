"""Names of rules: part of logs, cards, addresses and command lines."""

from __future__ import annotations

import re
from typing import Final

from bot.core.selector import OWN_SOURCE

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")


def rule_name_complaint(name: str) -> str:
    """Say what is wrong with a rule's name; nothing when it fits."""
    if name.startswith(f"{OWN_SOURCE}-"):
        return f"rules that start with `{OWN_SOURCE}-` are the bot's own"
    return "" if _NAME.fullmatch(name) else "a rule's name is letters, digits, `-`, `_` and `.`, at most 80 of them"
