"""What came of an example: the changes that its grammar knows, and what became of each first message."""

from __future__ import annotations

from typing import Final

import msgspec

from bot.core.conditions import as_text
from bot.core.decisions import Change, Decisions, HandOver, Telling, Transition
from bot.core.roundup import Member, RoundupKind
from bot.core.state import BY_HOURS, BY_RULE, Alert
from bot.rulepack.expectations import HANDS_OVER, STORM, Key

_CHANGES: Final = frozenset(
    {Change.FIRES, Change.RESOLVES, Change.EXPIRES, Change.REMINDS, Change.ESCALATES, Change.RELEASES}
)
_HOLDERS: Final = frozenset({BY_HOURS, BY_RULE})
ONE_BUCKET: Final[Key] = ("all",)


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened, in the words of the grammar. The key of a hand-over is the name of its hours."""

    at: int
    word: str
    key: Key
    alert_id: str = ""
    channels: frozenset[str] = frozenset()
    title: str = ""
    mention: str | None = None
    count: int = 0
    together: int = 0
    shown: tuple[tuple[str, str], ...] = ()
    still_open: frozenset[Key] = frozenset()
    ended: frozenset[Key] = frozenset()


class FirstMessage(msgspec.Struct):
    """When an alert's first message was decided (ms), how many alerts it holds, and what held it back."""

    at: int | None = None
    together: int = 0
    held_by: set[str] = msgspec.field(default_factory=set)


class Happenings:
    """All that happened to one rule's alerts so far."""

    def __init__(self, rule: str) -> None:
        self.rule = rule
        self.all: list[Happening] = []
        self.faults: list[str] = []
        self._first: dict[str, FirstMessage] = {}
        self._storms: set[str] = set()

    def take(self, decided: Decisions) -> None:
        """Record what was decided, in its order."""
        self.watch(decided)
        own = (each for each in decided.transitions if each.alert.rule == self.rule)
        self.all += [of_change(each) for each in own if each.change in _CHANGES]
        self.all += filter(None, (of_hand_over(card, self.rule) for card in decided.hand_overs))
        self.faults += [f"rule `{fault.rule}` raised {fault.error}" for fault in decided.faults]

    def watch(self, decided: Decisions) -> None:
        """Record only what became of first messages."""
        self._storms.update(mark for mark, card in decided.roundups.items() if card.kind is RoundupKind.STORM)
        for telling in decided.tellings:
            if telling.alert.rule == self.rule:
                self._note(telling)

    def first_message(self, alert_id: str) -> FirstMessage:
        """Return what became of an alert's first message."""
        return self._first.setdefault(alert_id, FirstMessage())

    def _note(self, telling: Telling) -> None:
        alert, first = telling.alert, self.first_message(telling.alert.alert_id)
        first.held_by.update(hold.name for hold in alert.holds if hold.by in _HOLDERS)
        if alert.held_by is None and first.at is None:
            first.at, first.together = telling.at, telling.together
            if any(told.card in self._storms for told in alert.told):
                first.held_by.add(STORM)


def of_change(transition: Transition) -> Happening:
    """Return a change of an alert as a happening."""
    alert = transition.alert
    return Happening(
        at=transition.at,
        word=transition.change.value,
        key=key_of(alert),
        alert_id=alert.alert_id,
        channels=frozenset(transition.channels or alert.channels),
        title=alert.title,
        mention=transition.mention,
        count=alert.count,
        shown=tuple((shown.name, as_text(shown.value)) for shown in alert.shown),
    )


def of_hand_over(card: HandOver, rule: str) -> Happening | None:
    """Return the beginning of hours as a happening with one rule's alerts; None where none of them is on the card."""
    still_open = frozenset(_key(member) for member in card.still_open if member.rule == rule)
    ended = frozenset(_key(member) for member in card.ended if member.rule == rule)
    if not still_open and not ended:
        return None
    return Happening(
        at=card.at,
        word=HANDS_OVER,
        key=(card.hours,),
        channels=frozenset(card.channels),
        together=len(still_open) + len(ended),
        still_open=still_open,
        ended=ended,
    )


def key_of(alert: Alert) -> Key:
    """Return an alert's key as examples write it."""
    return tuple(value for _, value in alert.key) or ONE_BUCKET


def _key(member: Member) -> Key:
    return member.key or ONE_BUCKET
