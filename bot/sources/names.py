"""Names that strangers chose, made safe to be types; and our name for a spelling that people know from the wire."""

from __future__ import annotations

from typing import Final

MAX_NAME: Final = 100
_ALLOWED: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._-")


def clean_name(name: str) -> str:
    """Return `name` as the tail of a type: lower case, only `a-z 0-9 . _ -`, at most MAX_NAME characters.

    Other characters become `_`. A type stands in logs, metrics, the store and messages, so it must hold nothing that
    could break a line, format or address in any of them.
    """
    kept = "".join(char if char in _ALLOWED else "_" for char in name[:MAX_NAME].lower())
    return kept[:MAX_NAME].strip("._-") or "unnamed"
