"""The nearest valid word, and the words that people bring along from other systems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final

_CUTOFF: Final = 0.6
_NONE: Final[Mapping[str, str]] = {}

OTHER_WORDS: Final[Mapping[str, str]] = {
    "group_by": "per",
    "for": "within",
    "threshold": "at_least",
    "filter": "where",
    "if": "where",
    "on": "when",
    "channel": "notify",
    "hidden_by": "inhibited_by",
    "escalate": "then",
    "repeat_interval": "repeat",
    "batch": "group_wait",
    "quiet_hours": "notify_during",
    "hours": "notify_during",
}


def nearest(word: str, valid: Iterable[str], other_words: Mapping[str, str] = _NONE, *, cutoff: float = _CUTOFF) -> str:
    """Return the valid word that was most likely meant, or an empty text. `cutoff` from 0 (anything) to 1 (equal)."""
    known = {_folded(name): name for name in sorted(valid)}
    folded = _folded(word)
    if folded in other_words:
        return other_words[folded]
    close = get_close_matches(folded, known, n=1, cutoff=cutoff)
    return known[close[0]] if close else ""


def one_of(valid: Iterable[str], limit: int = 12) -> str:
    """Return the valid words for a message, the first `limit` of them."""
    words = sorted(valid)
    more = f" … ({len(words)} in all)" if len(words) > limit else ""
    return ", ".join(words[:limit]) + more


def _folded(word: str) -> str:
    return word.strip().lower().replace("-", "_")
