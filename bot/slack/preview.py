"""Cards drawn on a terminal: what `run` shows where there is no Slack, and what `preview` prints."""

from __future__ import annotations

import re
import sys
import unicodedata
from typing import Final, TextIO
from zoneinfo import ZoneInfo

import structlog

from bot.core.rule import Severity
from bot.slack.answer import Answer, Verdict
from bot.slack.buckets import UNLIMITED, Limits
from bot.slack.card import Card, context_text, field_line
from bot.slack.text import cleaned
from bot.store.values import Message

WIDTH: Final = 80
_BAR: Final = "│ "
_DIM: Final = "\x1b[2m"
_BOLD: Final = "\x1b[1m"
_PLAIN: Final = "\x1b[0m"
_COLOURS: Final = {
    Severity.INFO: "\x1b[34m",
    Severity.WARNING: "\x1b[33m",
    Severity.ERROR: "\x1b[33m",
    Severity.CRITICAL: "\x1b[31m",
}

_log = structlog.get_logger()


class PreviewSender:
    """Prints each new message and each later change. Colours only where `stream` (stdout) is a terminal.

    Where nobody reads any more (`tocsin run --dev | head`) every card counts as shown: a preview promises nothing.
    """

    edits: Final = True
    limits: Final[Limits] = UNLIMITED

    def __init__(self, zone: ZoneInfo, stream: TextIO | None = None, *, colour: bool | None = None) -> None:
        self._zone, self._stream = zone, stream or sys.stdout
        self._colour = self._stream.isatty() if colour is None else colour
        self._posted, self._is_broken = 0, False

    def address(self, channel: str) -> str:
        """Return the name itself."""
        return channel

    async def post(self, channel: str, card: Card) -> Answer:
        """Print a new message."""
        self._posted += 1
        self._print(draw(card, channel, self._zone, colour=self._colour))
        return Answer(Verdict.DELIVERED, ts=f"preview.{self._posted}", channel_id=channel)

    async def edit(self, message: Message, card: Card) -> Answer:
        """Print the message as it reads now."""
        heading = f"{message.channel} (message changed)"
        self._print(draw(card, heading, self._zone, colour=self._colour))
        return Answer(Verdict.DELIVERED, ts=message.ts, channel_id=message.channel_id)

    async def close(self) -> None:
        """Do nothing: the terminal is not ours."""

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


def draw(card: Card, heading: str, zone: ZoneInfo, *, colour: bool = False) -> str:
    """Return a card as lines of at most 80 columns, the last one ended.

    There is no right-hand border: how wide an emoji is differs between terminals.
    """
    content = card.content
    top = f"┌─ {cleaned(heading)} "
    lines = [top + "─" * max(0, WIDTH - columns(top))]
    headline = _wrapped(content.headline)
    lines.extend(_BAR + _styled(line, _BOLD + _COLOURS[card.severity], colour=colour) for line in headline)
    for text in (content.standing.sentence, content.description, *map(field_line, (*content.fields, *content.extra))):
        lines.extend(_BAR + line for line in _wrapped(text or ""))
    context = " · ".join(context_text(part, zone) for part in content.context)
    lines.extend(_BAR + _styled(line, _DIM, colour=colour) for line in _wrapped(context))
    if content.runbook:
        lines.append(f"{_BAR}Runbook: {content.runbook}")
    if content.link:
        lines.append(f"{_BAR}[ {content.link.label} ] {content.link.url}")
    return "\n".join([*lines, "└" + "─" * (WIDTH - 1)]) + "\n"


def columns(text: str) -> int:
    """Return how many columns a terminal gives a text: wide letters and emoji two, marks on letters none."""
    return sum(_width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _wrapped(text: str) -> list[str]:
    """Break a text into lines of at most 78 columns, at spaces where there are any."""
    room, lines, line = WIDTH - len(_BAR), list[str](), ""
    for word in re.split(r"(\s+)", text):
        for piece in _chopped(word, room):
            if columns(line + piece.rstrip()) > room:
                lines.append(line.rstrip())
                line = piece.lstrip()
            else:
                line += piece
    return [*lines, line.rstrip()] if line.strip() else lines


def _chopped(word: str, room: int) -> list[str]:
    pieces, piece, width = list[str](), "", 0
    for character in word:
        wide = _width(character)
        if width + wide > room:
            pieces.append(piece)
            piece, width = "", 0
        piece, width = piece + character, width + wide
    return [*pieces, piece]


def _styled(text: str, style: str, *, colour: bool) -> str:
    return f"{style}{text}{_PLAIN}" if colour else text
