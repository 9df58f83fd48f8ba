"""What happened in an example, for a person who wonders why it failed."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from bot.core.conditions import as_text
from bot.core.decisions import HandOver, Telling, Transition
from bot.core.inputs import Event
from bot.core.roundup import Member
from bot.core.state import BY_GROUP, Alert
from bot.core.text import duration_text
from bot.rulepack.moments import say as say_time

_TOLD_AT_MOST: Final = 6
_LINES_AT_MOST: Final = 1_000
_WAITS: Final = "until those that come due meanwhile can be told with it"
_UNTOLD: Final = frozenset({"source", "environment"})


class Timeline:
    """Lines in order of time; what is said later about an instant stands below what was said before.

    `rule` is whose example it is: changes of other rules say whose they are.
    """

    def __init__(self, zone: ZoneInfo, start: int, rule: str) -> None:
        self._zone, self._start, self._rule = zone, start, rule
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
        channels = ", ".join(transition.channels or alert.channels) or "nobody"
        mention = f", mentions {transition.mention}" if transition.mention else ""
        self.say(
            transition.at, f"  -> {transition.change} {self._named(alert)}:", f'"{alert.title}" to {channels}{mention}'
        )

    def telling(self, telling: Telling) -> None:
        """Add what became of a first message, unless it was told alone as soon as its alert fired."""
        alert, hold = telling.alert, telling.alert.held_by
        if hold is not None:
            why = _WAITS if hold.by == BY_GROUP else f"by {hold.by} {hold.name}"
            self.say(telling.at, f"  -> held {self._named(alert)}:", why)
        elif telling.at > alert.fired_at or telling.together > 1:
            said = f"{telling.together} together to {', '.join(telling.channels) or 'nobody'}"
            self.say(telling.at, f"  -> told {self._named(alert)}:", said)

    def hand_over(self, card: HandOver) -> None:
        """Add what hours hand over when they begin, with the keys on the card."""
        parts = (("still open", card.still_open), ("ended", card.ended))
        said = ", ".join(f"{word} {_keys(members)}" for word, members in parts if members)
        self.say(card.at, f"  -> hands_over {card.hours}:", f"{said} to {', '.join(card.channels)}")

    def _named(self, alert: Alert) -> str:
        key = key_text(tuple(value for _, value in alert.key) or ("all",))
        return key if alert.rule == self._rule else f"{key} of {alert.rule}"

    def lines(self) -> tuple[str, ...]:
        """Return the lines in order of time; of very many the first and the last."""
        texts = [text for _, _, text in sorted(self._lines)]
        left_out = len(texts) - _LINES_AT_MOST
        if left_out <= 0:
            return tuple(texts)
        half = _LINES_AT_MOST // 2
        return (*texts[:half], f"… {left_out:,} lines are left out …", *texts[-half:])


def key_text(key: tuple[str, ...]) -> str:
    """Write a key as a rule's author would."""
    return key[0] if len(key) == 1 else f"[{', '.join(key)}]"


def _keys(members: tuple[Member, ...]) -> str:
    return ", ".join(key_text(member.key or ("all",)) for member in members)
