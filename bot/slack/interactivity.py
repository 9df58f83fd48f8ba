"""Clicks on cards, from Socket Mode or HTTP alike: taken at once, then read, allowed, recorded, and answered.

Slack waits three seconds for an answer and shows a warning then, so taking a click waits for nothing: what is slow
(the store, a group's members) comes after. What a click changed shows on the card itself. Whatever changes nothing is
said to the one person who clicked, and never in the channel.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final, Protocol

import msgspec
import structlog

from bot import log
from bot.clock import Clock
from bot.core.deeds import Subject, action_id, matcher_of, objection, silence_on, silenced
from bot.core.inputs import Action, ActionKind
from bot.errors import StoreError
from bot.slack.buttons import ACKNOWLEDGE, OPEN, Choice
from bot.slack.clicks import Clicked, clicks_of
from bot.slack.permission import Allowed
from bot.store.values import Appended, Signature, Way

RECORD_S: Final = 10.0  # how long recording may take before the person is told that it did not work
ANSWER_S: Final = 10.0
# The same person on the same button of the same card within this time meant it once.
DOUBLE_CLICK_S: Final = 5.0
_MOST_WAITING: Final = 500
_AT_ONCE: Final = 8
_HOUR_MS: Final = 3_600_000

_LOG = structlog.get_logger()


class Acting(Protocol):
    """What clicks act on."""

    def subject(self, card_id: str) -> Subject | None:
        """Return the alert or roundup of a card as it stands. StoreError when it cannot be read."""
        ...

    def channel(self, card_id: str, channel_id: str) -> str:
        """Return the name by which rules know the channel that holds a card."""
        ...

    def morning(self, subject: Subject) -> int:
        """Return when work on it begins again (ms)."""
        ...

    async def record(self, action: Action, signature: Signature) -> Appended:
        """Journal an action. StoreError when it cannot be."""
        ...

    async def explain(self, card_id: str) -> str:
        """Say why a card is there: the rule, what matched, how it counted. Plain text."""
        ...


Tell = Callable[[Clicked, str], Awaitable[None]]
"""Says something to the one person who clicked; never raises but for cancellation."""


class Reception(msgspec.Struct, frozen=True, kw_only=True):
    """What answering clicks needs: who may, on what, and how people are told. `count` hears of each outcome."""

    acting: Acting
    allowed: Callable[[str], Awaitable[Allowed]]
    tell: Tell
    clock: Clock
    count: Callable[[str], None]


class Interactivity:
    """Takes Slack's block_actions. `run` works on them until it is cancelled."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._waiting: asyncio.Queue[Clicked] = asyncio.Queue(_MOST_WAITING)
        self._recent: dict[tuple[str, ...], float] = {}

    def offer(self, payload: Mapping[str, Any]) -> bool:
        """Take a request's clicks at once; False when too many wait, and Slack is to show its warning.

        What is no click on a card of ours is taken and means nothing.
        """
        clicks = clicks_of(payload)
        if self._waiting.qsize() + len(clicks) > _MOST_WAITING:
            self._reception.count("too_many")
            return False
        for clicked in clicks:
            self._waiting.put_nowait(clicked)
        return True

    async def run(self) -> None:
        """Answer clicks, several at a time: one that waits for the store holds up no other."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(_AT_ONCE):
                tasks.create_task(self._work())

    async def settled(self) -> None:
        """Wait until every click that was taken is answered. Bound it with a timeout."""
        await self._waiting.join()

    async def _work(self) -> None:
        while True:
            clicked = await self._waiting.get()
            try:
                self._reception.count(await self._answer(clicked))
            except Exception as error:  # noqa: BLE001 - one click that cannot be answered must not cost the others
                log.bug(_LOG, "click_not_answered", error)
                self._reception.count("failed")
                await self._reception.tell(clicked, _FAULT)
            finally:
                self._waiting.task_done()

    async def _answer(self, clicked: Clicked) -> str:
        """Do what a click asks for and return what became of it, in a word for the metrics."""
        if clicked.action_id == OPEN:
            return "link"
        if self._is_double(clicked):
            return "double"
        refusal = await self._refusal(clicked)
        if refusal is not None:
            await self._reception.tell(clicked, refusal)
            return "not_allowed"
        if clicked.choice is Choice.WHY:
            await self._reception.tell(clicked, await self._explanation(clicked))
            return "explained"
        try:
            return await self._act(clicked)
        except (StoreError, TimeoutError) as error:
            _LOG.warning("click_not_recorded", card=clicked.card_id, cause=str(error) or type(error).__name__)
            await self._reception.tell(clicked, _NOT_RECORDED)
            return "failed"

    def _is_double(self, clicked: Clicked) -> bool:
        now = self._reception.clock.monotonic()
        self._recent = {key: at for key, at in self._recent.items() if now - at < DOUBLE_CLICK_S}
        key = (clicked.user_id, clicked.card_id, clicked.action_id, clicked.choice or "")
        is_double = key in self._recent
        self._recent[key] = now
        return is_double

    async def _refusal(self, clicked: Clicked) -> str | None:
        allowed = Allowed.UNSURE
        with suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_S):
                allowed = await self._reception.allowed(clicked.user_id)
        return _REFUSALS.get(allowed)

    async def _explanation(self, clicked: Clicked) -> str:
        try:
            async with asyncio.timeout(ANSWER_S):
                return await self._reception.acting.explain(clicked.card_id)
        except (StoreError, TimeoutError):
            return "The reason cannot be read right now. Please ask again in a minute."

    async def _act(self, clicked: Clicked) -> str:
        acting, kind = self._reception.acting, _kind_of(clicked)
        subject = acting.subject(clicked.card_id) if kind is not None else None
        why_not = _OLD if kind is None else objection(subject, kind)
        if kind is None or subject is None or why_not is not None:
            await self._reception.tell(clicked, why_not or _OLD)
            return "nothing_to_do"
        own_id = action_id(Way.BUTTON, clicked.user_id, clicked.card_id, clicked.action_id, clicked.at)
        action = self._action(clicked, subject, kind, own_id)
        async with asyncio.timeout(RECORD_S):
            recorded = await acting.record(action, Signature(own_id, Way.BUTTON, clicked.user_id))
        return "duplicate" if recorded.duplicate else kind.value

    def _action(self, clicked: Clicked, subject: Subject, kind: ActionKind, own_id: str) -> Action:
        actor = clicked.user_name
        if kind is ActionKind.SILENCE:
            channel = self._reception.acting.channel(clicked.card_id, clicked.channel_id)
            matcher, until = matcher_of(subject) or (), self._until(clicked, subject)
            return silenced(own_id, matcher, until=until, actor=actor, channel=channel)
        if kind is ActionKind.UNSILENCE:
            return Action(at=0, kind=kind, actor=actor, silence_id=silence_on(subject) or "")
        return Action(at=0, kind=kind, actor=actor, alert_id=clicked.card_id)

    def _until(self, clicked: Clicked, subject: Subject) -> int:
        hours = _SILENCE_HOURS.get(clicked.choice)
        if hours is None:
            return self._reception.acting.morning(subject)
        return self._reception.clock.now_ms() + hours * _HOUR_MS


def _kind_of(clicked: Clicked) -> ActionKind | None:
    if clicked.action_id == ACKNOWLEDGE:
        return ActionKind.ACKNOWLEDGE
    return _KINDS.get(clicked.choice)


_KINDS: Final[dict[Choice | None, ActionKind]] = {
    Choice.ONE_HOUR: ActionKind.SILENCE,
    Choice.FOUR_HOURS: ActionKind.SILENCE,
    Choice.MORNING: ActionKind.SILENCE,
    Choice.RESOLVE: ActionKind.RESOLVE,
    Choice.END_SILENCE: ActionKind.UNSILENCE,
}
_SILENCE_HOURS: Final[dict[Choice | None, int]] = {Choice.ONE_HOUR: 1, Choice.FOUR_HOURS: 4}
_OLD: Final = "This button is of an older version of Tocsin and does nothing any more."
_FAULT: Final = "This did not work through a fault of Tocsin; it is in the log. Nothing may have changed."
_NOT_RECORDED: Final = (
    "Tocsin could not record this in time. If the message above does not change within a minute, please click again."
)
_REFUSALS: Final = {
    Allowed.NO: "You may not act on this: slack.may_act in Tocsin's config does not name you. Nothing was changed.",
    Allowed.UNSURE: "Slack did not say who is in the groups that may act on this. Please click again in a minute.",
}
