"""Cards drawn on a terminal: what `run` shows where there is no Slack, and what `preview` prints."""

from __future__ import annotations

import sys
from typing import Final, TextIO
from zoneinfo import ZoneInfo

import structlog

from bot.slack.answer import Answer, Verdict
from bot.slack.buckets import UNLIMITED, Limits
from bot.slack.card import Card
from bot.slack.ladder import Drawn, Sheet, plain_lines
from bot.slack.sender import NotRead, ReadAnswer, Thread
from bot.slack.terminal import draw, framed, wrapped
from bot.store.values import Message, Place

_log = structlog.get_logger()


class PreviewSender:
    """Prints each new message and each later change. Colours only where `stream` (stdout) is a terminal.

    Where nobody reads any more (`tocsin run --dev | head`) every card counts as shown: a preview promises nothing.
    """

    edits: Final = True
    reads: Final = False  # a terminal leaves nobody in doubt
    limits: Final[Limits] = UNLIMITED

    def __init__(self, zone: ZoneInfo, stream: TextIO | None = None, *, colour: bool | None = None) -> None:
        self._zone, self._stream = zone, stream or sys.stdout
        self._colour = self._stream.isatty() if colour is None else colour
        self._posted, self._is_broken = 0, False

    def address(self, channel: str) -> str:
        """Return the name itself."""
        return channel

    def known_id(self, address: str) -> str:
        """Return the address itself."""
        return address

    async def post(self, channel: str, card: Drawn, thread: Thread | None = None) -> Answer:
        """Print a new message."""
        self._posted += 1
        heading = channel if thread is None else f"{channel} (reply in thread)"
        self._print(self._drawn(card, heading))
        return Answer(Verdict.DELIVERED, ts=f"preview.{self._posted}", channel_id=channel)

    async def edit(self, message: Message, card: Drawn) -> Answer:
        """Print the message as it reads now."""
        self._print(self._drawn(card, f"{message.channel} (message changed)"))
        return Answer(Verdict.DELIVERED, ts=message.ts, channel_id=message.channel_id)

    async def read(self, place: Place, oldest: float, cursor: str | None) -> ReadAnswer:
        """Say that nothing can be read back; the relay never asks for it."""
        del place, oldest, cursor
        return NotRead("a terminal cannot be read", is_forbidden=True)

    async def delete(self, place: Place, ts: str) -> Answer:
        """Say that nothing can be taken back; the relay never asks for it."""
        del place, ts
        return Answer(Verdict.MESSAGE_GONE, "what was printed stays")

    async def close(self) -> None:
        """Do nothing: the terminal is not ours."""

    def _drawn(self, card: Drawn, heading: str) -> str:
        shown = card.drawn if isinstance(card, Sheet) else card
        if isinstance(shown, Card):
            return draw(shown, heading, self._zone, colour=self._colour)
        return framed(heading, [line for text in plain_lines(shown.payload()) for line in wrapped(text)])

    def _print(self, text: str) -> None:
        """Print what the terminal's encoding has; a letter it lacks must not cost the alert."""
        encoding = self._stream.encoding or "utf-8"
        try:
            self._stream.write(text.encode(encoding, "replace").decode(encoding))
            self._stream.flush()
        except (OSError, ValueError) as error:  # nobody reads it, the disk is full; closed
            if not self._is_broken:
                _log.warning("preview_not_printed", error=type(error).__name__)
            self._is_broken = True
        else:
            self._is_broken = False
