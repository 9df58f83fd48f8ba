"""The nearest valid word, and the words that people bring along from other systems."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final

from bot.config.quantities import WEEKDAYS

_CUTOFF: Final = 0.6
_SHORT: Final = 0.4  # of three letters, one wrong or left out
_YES_NO: Final[Mapping[str, str]] = {"on": "yes", "off": "no", "y": "yes", "n": "no", "1": "yes", "0": "no"}
_DAYS: Final[Mapping[str, str]] = {"weekdays": "mon-fri", "weekend": "sat-sun", "daily": "mon-sun"}
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


def yes_no_hint(word: str) -> str:
    """Return the yes or no that was most likely meant."""
    return _YES_NO.get(_folded(word)) or nearest(word, ("yes", "no", "true", "false"))


def days_hint(text: str) -> str:
    """Return days or ranges of days with each word put right (`mun-fri`: mon-fri), or nothing."""
    parts = re.split(r"(\s*[-,]\s*)", text.strip())
    parts[::2] = map(day_hint, parts[::2])
    return "".join(parts) if all(parts) else ""


def day_hint(word: str) -> str:
    """Return the day that was most likely meant: the one it begins with, or the nearest with the same first letter."""
    folded = _folded(word)
    same = [day for day in WEEKDAYS if day[0] == folded[:1]]
    begun = [day for day in WEEKDAYS if folded.startswith(day)]
    return _DAYS.get(folded) or next(iter(begun), "") or nearest(word, same, cutoff=_SHORT) or nearest(word, WEEKDAYS)


def _folded(word: str) -> str:
    return word.strip().lower().replace("-", "_")
