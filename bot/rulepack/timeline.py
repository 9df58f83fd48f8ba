"""What happened in an example, for a person who wonders why it failed."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from bot.core.conditions import as_text
from bot.core.decisions import Transition
from bot.core.inputs import Event
from bot.core.text import duration_text
from bot.rulepack.moments import say as say_time

_TOLD_AT_MOST: Final = 6
_UNTOLD: Final = frozenset({"source", "environment"})


class Timeline:
    """Lines in order of time; what is said later about an instant stands below what was said before."""

    def __init__(self, zone: ZoneInfo, start: int) -> None:
        self._zone, self._start = zone, start
        self._lines: list[tuple[int, int, str]] = []

    def time(self, at: int) -> str:
        """Write a time with its offset from the clock's start, which is how rules say it."""
        offset = at - self._start
        sign = "-" if offset < 0 else "+"
        return f"{say_time(at, self._zone)} ({sign}{duration_text(abs(offset))})"

    def say(self, at: int, what: str, about: str = "") -> None:
        """Add a line."""
        self._lines.append((at, len(self._lines), f"{self.time(at)}  {what} {about}".rstrip()))

    def event(self, event: Event, remark: str) -> None:
        """Add an event with its first fields."""
        told = [f"{name}={as_text(value)}" for name, value in event.fields.items() if name not in _UNTOLD]
        more = " …" if len(told) > _TOLD_AT_MOST else ""
        self.say(event.at, event.type, " ".join(told[:_TOLD_AT_MOST]) + more + (f"  ({remark})" if remark else ""))

    def transition(self, transition: Transition) -> None:
        """Add a change of an alert, with what a reader of its message sees."""
        alert = transition.alert
        key = key_text(tuple(value for _, value in alert.key) or ("all",))
        channels = ", ".join(alert.channels) or "nobody"
        self.say(transition.at, f"  -> {transition.change} {key}:", f'"{alert.title}" to {channels}')

    def lines(self) -> tuple[str, ...]:
        """Return all lines in order of time."""
        return tuple(text for _, _, text in sorted(self._lines))


def key_text(key: tuple[str, ...]) -> str:
    """Write a key as a rule's author would."""
    return key[0] if len(key) == 1 else f"[{', '.join(key)}]"
