"""What a row's turn comes to: a post, a reply, an edit, or nothing at all. Reads the outbox, changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import partial
from typing import Any, Final, TypeAlias

import msgspec

from bot.clock import Clock
from bot.slack import drawing
from bot.slack.buckets import Call
from bot.slack.card import Subject
from bot.slack.ladder import Drawn
from bot.slack.outbox import Outbox
from bot.slack.sender import Sender, Thread
from bot.slack.setting import Setting
from bot.store.values import Delivery, DeliveryState, Message, Place, Recorded


class Idle(Enum):
    """Why nothing was sent in a row's turn."""

    SETTLED = "settled"  # there is nothing to send any more
    HELD = "held"  # an edit or reply whose message is not there


class Turn(msgspec.Struct, frozen=True):
    """A row whose turn it is. `call` None: its channel cannot show it. `channel` is where it goes: mostly its own.

    `in_thread` False: its thread was refused, so it stands alone.
    """

    row: Delivery
    call: Call | None
    channel: str
    in_thread: bool = True


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be sent. `message` is what an edit changes; without one it is a post to `channel`, at `place`.

    `is_card`: the message becomes the one that later edits of its subject change.
    """

    draw: Callable[[], Drawn]
    bare: Callable[[], Drawn]
    revision: int
    channel: str
    message: Message | None = None
    place: Place | None = None
    thread: Thread | None = None
    is_card: bool = True


Plan: TypeAlias = Job | Recorded | Idle


def _superseded(why: str) -> Recorded:
    return Recorded(state=DeliveryState.SUPERSEDED, detail=why)


_NO_SUBJECT: Final = _superseded("its alert is not stored any more")
# Not `sent`: the message would count as showing it, and an ending would not be told.
_NOT_SHOWN: Final = _superseded("this channel's messages cannot be changed")
_OVER: Final = _superseded("what it tells of is over")
_NO_CARD: Final = _superseded("it has no card of its own: that was told together with others, or refused for good")


class Planning:
    """Looks at a row, its subject and the message that is there."""

    def __init__(self, outbox: Outbox, sender: Sender, clock: Clock, setting: Callable[[], Setting]) -> None:
        self._outbox, self._sender, self._clock, self._setting = outbox, sender, clock, setting

    async def plan(self, turn: Turn) -> Plan:
        """Return what to send, how the row ends without anything sent, or that it must wait for its message."""
        row = turn.row
        if row.body is not None:
            return await self._written(turn)
        subject = await self._outbox.subject(row.alert_id)
        if subject is None:
            return _NO_SUBJECT
        if drawing.is_stale(subject, row):
            return _OVER
        if row.reason.is_post:
            return self._post(turn, subject)
        message = await self._outbox.message(row.hangs_on, row.channel)
        if message is None:
            return await self._without_card(turn, subject)
        return self._reply(turn, subject, message) if row.reason.is_reply else self._edit(turn, subject, message)

    def _post(self, turn: Turn, subject: Subject) -> Job:
        return self._card(turn, subject, turn.row.delivery_id, place=Place(self._sender.address(turn.channel)))

    async def _without_card(self, turn: Turn, subject: Subject) -> Plan:
        """Wait for the message; where none will come, what calls for attention becomes it, the rest is over."""
        row = turn.row
        if await self._outbox.will_have_card(row.hangs_on, row.channel):
            return Idle.HELD
        return self._post(turn, subject) if row.reason.is_reply else _NO_CARD

    def _reply(self, turn: Turn, subject: Subject, message: Message) -> Plan:
        if turn.call is None:
            return _NOT_SHOWN
        draw, bare = self._news(turn, subject)
        return self._in_thread(turn, message, draw=draw, bare=bare, revision=subject.revision, is_card=False)

    def _in_thread(self, turn: Turn, message: Message | None, **parts: Any) -> Job:
        """Return a reply to a message, which may stand elsewhere than in its own channel.

        Where the channel is refused meanwhile, or the thread is, it stands alone.
        """
        channel, thread = turn.channel, None
        there = message.channel_id if message is not None else None
        is_there = turn.channel == turn.row.channel or there == self._sender.address(turn.channel)
        if message is not None and message.ts and turn.in_thread and is_there:
            channel, thread = there or turn.channel, Thread(message.ts, turn.row.reason.is_broadcast)
        place = Place(self._sender.address(channel), thread.ts if thread else None)
        return Job(channel=channel, place=place, thread=thread, **parts)

    def _edit(self, turn: Turn, subject: Subject, message: Message) -> Plan:
        if turn.call is None:
            return _NOT_SHOWN
        if message.revision >= subject.revision:
            return _as_shown(message, turn.row.revision)
        if turn.call is Call.POST:  # where nothing can be edited an ending is a message of its own
            draw, bare = self._news(turn, subject)
            place = Place(self._sender.address(turn.channel))
            return Job(draw=draw, bare=bare, revision=subject.revision, channel=turn.channel, place=place)
        return self._card(turn, subject, message.delivery_id, message=message)

    def _news(self, turn: Turn, subject: Subject) -> tuple[Callable[[], Drawn], Callable[[], Drawn]]:
        draw = partial(drawing.drawn_news, subject, turn.row, self._setting(), self._clock.now_ms())
        return draw, partial(drawing.bare, subject, turn.row.delivery_id)

    def _card(self, turn: Turn, subject: Subject, delivery_id: str, **parts: Any) -> Job:
        draw = partial(drawing.drawn_card, subject, delivery_id, turn.row, self._setting(), self._clock.now_ms())
        bare = partial(drawing.bare, subject, delivery_id)
        return Job(draw=draw, bare=bare, revision=subject.revision, channel=turn.channel, **parts)

    async def _written(self, turn: Turn) -> Plan:
        """Plan a message that stands in its row: a post, or a reply that waits for the message it hangs on."""
        row, draw, message = turn.row, partial(drawing.drawn_body, turn.row, self._setting()), None
        if row.reason.is_reply:
            message = await self._outbox.message(row.alert_id, row.channel)
            if message is None and await self._outbox.will_have_card(row.alert_id, row.channel):
                return Idle.HELD
        return self._in_thread(turn, message, draw=draw, bare=draw, revision=row.revision, is_card=row.reason.is_post)


def _as_shown(message: Message, revision: int) -> Recorded:
    """Say of an edit that there is nothing to change. With its revision, so that a later one is not lost with it."""
    shown = max(message.revision, revision)
    return Recorded(state=DeliveryState.SENT, ts=message.ts, channel_id=message.channel_id, revision=shown)
