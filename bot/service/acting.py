"""What people act on: alerts and shared messages as they stand, and the journal that takes what they do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final, Protocol

import msgspec

from bot.clock import Clock
from bot.config.checks import channel_problem
from bot.config.hours import hours_of
from bot.config.model import Config
from bot.config.words import nearest
from bot.core.deeds import Subject
from bot.core.fields import FIELDS
from bot.core.inputs import Action
from bot.core.mornings import next_morning
from bot.core.roundup import Roundup, RoundupKind
from bot.core.rule import Rule, Severity
from bot.core.ruleset import RuleSet
from bot.core.silencing import silence_roundup
from bot.core.state import Alert
from bot.store.values import Appended, Message, Signature

# What a silence may name beside the fields of events.
_OWN_NAMES: Final = ("rule", "severity", "fingerprint")


class ActedOn(Protocol):
    """What acting needs of the store."""

    def read_alert(self, alert_id: str) -> Alert | None:
        """Return an alert as it stands."""
        ...

    def read_roundup(self, roundup_id: str) -> Roundup | None:
        """Return a shared message as it stands."""
        ...

    def read_message(self, alert_id: str, channel: str) -> Message | None:
        """Return the message of a card in a channel."""
        ...

    async def append_action(self, action: Action, signature: Signature | None = None) -> Appended:
        """Journal what a person did."""
        ...


class Acting(msgspec.Struct, frozen=True, kw_only=True):
    """Buttons and commands act through this. `wake` lets the pipeline decide what was journaled."""

    store: ActedOn
    config: Config
    clock: Clock
    rule_set: Callable[[], RuleSet]
    explained: Callable[[str], Awaitable[str]]
    wake: Callable[[], None]

    def subject(self, card_id: str) -> Subject | None:
        """Return the alert or roundup of a card as it stands."""
        return self.store.read_alert(card_id) or self.store.read_roundup(card_id)

    def silence(self, silence_id: str) -> Roundup | None:
        """Return the card of a silence that is on."""
        found = self.store.read_roundup(silence_roundup(silence_id))
        return found if found is not None and found.ended_at is None else None

    def channel(self, card_id: str, channel_id: str) -> str:
        """Return the name by which rules know the channel that holds a card; where none is known, its id."""
        subject = self.subject(card_id)
        for name in () if subject is None else _channels_of(subject):
            message = self.store.read_message(card_id, name)
            if message is not None and message.channel_id == channel_id:
                return name
        return _names(self.config.channels).get(channel_id, channel_id)

    def morning(self, subject: Subject) -> int:
        """Return when work on it begins again (ms): by its rule's hours, else by the first ones of the config."""
        hours = hours_of(self.config)
        if isinstance(subject, Roundup) and subject.name in hours:  # a hand-over is named after its hours
            hours = {subject.name: hours[subject.name]}
        return next_morning(self.clock.now_ms(), self._rule_of(subject), hours.values(), self.config.timezone)

    def complaint(self, matcher: Mapping[str, str], channel: str | None) -> str | None:
        """Say in words why a silence can mean nothing, or not be told, with the nearest word; None: it can."""
        message, hint = channel_problem(channel, self.config) if channel else ("", "")
        if message:
            return message + (f"; did you mean {hint}?" if hint else "")
        known = (*_OWN_NAMES, *FIELDS)
        for name, text in matcher.items():
            if name not in known:
                return f"there is no field {name}{_meant(name, known)}"
            valid = {"rule": tuple(self.rule_set().rules), "severity": tuple(Severity)}.get(name)
            if valid is not None and text not in valid:
                return f"there is no {name} {text}{_meant(text, valid)}"
        return None

    def now_ms(self) -> int:
        """Return the time."""
        return self.clock.now_ms()

    async def record(self, action: Action, signature: Signature) -> Appended:
        """Journal an action, once."""
        recorded = await self.store.append_action(action, signature)
        self.wake()
        return recorded

    async def explain(self, card_id: str) -> str:
        """Say why a card is there."""
        return await self.explained(card_id)

    def _rule_of(self, subject: Subject) -> Rule | None:
        rules = self.rule_set().rules
        if isinstance(subject, Alert):
            return rules.get(subject.rule)
        return rules.get(subject.name) if subject.kind is RoundupKind.GROUP else None


def _meant(word: str, valid: Iterable[str]) -> str:
    near = nearest(word, valid)
    return f"; did you mean {near}?" if near else ""


def _channels_of(subject: Subject) -> tuple[str, ...]:
    if isinstance(subject, Roundup):
        return (subject.channel,)
    return tuple(dict.fromkeys((*subject.channels, *(told.channel for told in subject.told))))


def _names(channels: Mapping[str, str]) -> dict[str, str]:
    return {channel_id: name for name, channel_id in channels.items()}
