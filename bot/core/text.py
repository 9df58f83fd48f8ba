"""Rule texts: `{field}` and nothing more. No template engine, so foreign text can never be run."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from bot.core.conditions import as_text

UNKNOWN: Final = "unknown"
# So that no card ever says None or null.
_NOTHING: Final = frozenset({"", "None", "null", "undefined"})
_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_UNITS: Final = (("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000))


@lru_cache(maxsize=4096)
def pieces(template: str) -> tuple[tuple[str, bool], ...]:
    """Split a template into (text, is a field name). `{{` and `}}` are literal braces.

    Raises ValueError for a brace that opens or closes nothing; the loader has refused such a text before.
    """
    found: list[tuple[str, bool]] = []
    end = 0
    for match in _PIECE.finditer(template):
        found.append((template[end : match.start()], False))
        end = match.end()
        if match.group() in {"{{", "}}"}:
            found.append((match.group()[0], False))
        elif match.group(1):
            found.append((match.group(1), True))
        else:
            raise ValueError(match.group())
    found.append((template[end:], False))
    return tuple((text, is_field) for text, is_field in found if text)


def field_names(template: str) -> tuple[str, ...]:
    """Return the names in braces, in order."""
    return tuple(text for text, is_field in pieces(template) if is_field)


def fill(template: str, get: Callable[[str], Any]) -> str:
    """Put values in: lists joined with a comma, yes and no as words, what is missing as `unknown`."""
    return "".join(_filled(get(text)) if is_field else text for text, is_field in pieces(template))


def duration_text(milliseconds: int) -> str:
    """Write a duration as rules do, whole seconds, the two largest units: `1h30m`, `2d`, `45s`."""
    parts, rest = [], max(0, milliseconds)
    for unit, size in _UNITS:
        if rest >= size:
            parts.append(f"{rest // size}{unit}")
            rest %= size
    return "".join(parts[:2]) or "0s"


def is_nothing(value: Any) -> bool:
    """Say whether a value says nothing: it is missing, or it is what programs write for nothing."""
    return value is None or as_text(value).strip() in _NOTHING


def _filled(value: Any) -> str:
    return UNKNOWN if is_nothing(value) else as_text(value).strip()
