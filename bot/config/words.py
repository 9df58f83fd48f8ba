"""The nearest valid word, and the words that people bring along from other systems."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final

from bot.config.quantities import WEEKDAYS, duration_ms
from bot.core.text import duration_text

_CUTOFF: Final = 0.6
_SHORT: Final = 0.4  # of three letters, one wrong or left out
_YES_NO: Final[Mapping[str, str]] = {"on": "yes", "off": "no", "y": "yes", "n": "no", "1": "yes", "0": "no"}
_DAYS: Final[Mapping[str, str]] = {"weekdays": "mon-fri", "weekend": "sat-sun", "daily": "mon-sun"}
_NONE: Final[Mapping[str, str]] = {}
_DURATION_PART: Final = re.compile(
    r"([0-9]{1,9}(?:\.[0-9]{1,3})?)\s*(weeks?|days?|hours?|hrs?|minutes?|mins?|seconds?|secs?|[wdhms])(?![a-z])",
    re.IGNORECASE,
)

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


def duration_hint(text: str) -> str:
    """Return a duration as we write it for one in other words (`5 min`, `2 hours`, `1.5h`, `PT5M`), or nothing.

    A bare number says no unit, so nothing is guessed of it.
    """
    parts = _DURATION_PART.findall(text)
    if not parts or _DURATION_PART.sub("", text.strip().removeprefix("PT").removeprefix("-")).strip(" ,"):
        return ""
    hint = "".join(_whole(float(count), unit[0].lower()) for count, unit in parts)
    return hint if duration_ms(hint) is not None else ""


def _whole(count: float, unit: str) -> str:
    """Write so many of a unit in whole numbers: 1.5 hours are 1h30m."""
    return f"{count:.0f}{unit}" if count.is_integer() else duration_text(round(count * (duration_ms(f"1{unit}") or 0)))


def day_hint(word: str) -> str:
    """Return the day that was most likely meant: the one it begins with, or the nearest with the same first letter."""
    folded = _folded(word)
    same = [day for day in WEEKDAYS if day[0] == folded[:1]]
    begun = [day for day in WEEKDAYS if folded.startswith(day)]
    return _DAYS.get(folded) or next(iter(begun), "") or nearest(word, same, cutoff=_SHORT) or nearest(word, WEEKDAYS)


def _folded(word: str) -> str:
    return word.strip().lower().replace("-", "_")
