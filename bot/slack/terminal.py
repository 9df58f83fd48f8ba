"""A message as lines on a terminal: the same words as in Slack, in the same order."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.core.rule import Severity
from bot.slack.card import Card
from bot.slack.content import SEPARATOR, Colour, Content
from bot.slack.layout import context_text, field_line, list_line, more_line
from bot.slack.text import cleaned

WIDTH: Final = 80
_BAR: Final = "│ "
_DIM: Final = "\x1b[2m"
_BOLD: Final = "\x1b[1m"
_PLAIN: Final = "\x1b[0m"
_RED, _GREEN, _YELLOW, _BLUE = "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[34m"
_SEVERITIES: Final = {
    Severity.INFO: _BLUE,
    Severity.WARNING: _YELLOW,
    Severity.ERROR: _YELLOW,
    Severity.CRITICAL: _RED,
}
_STATES: Final = {
    Colour.FIRING: _RED,
    Colour.ACKNOWLEDGED: _YELLOW,
    Colour.SILENCED: _DIM,
    Colour.RESOLVED: _GREEN,
    Colour.OVER: _DIM,
}


def draw(card: Card, heading: str, zone: ZoneInfo, *, colour: bool = False) -> str:
    """Return a message as lines of at most 80 columns (an address may be longer), the last one ended.

    There is no right-hand border: how wide an emoji is differs between terminals.
    """
    content = card.content
    headline = _BOLD + _SEVERITIES[card.severity]
    lines = [_styled(line, headline, colour=colour) for line in wrapped(content.headline)]
    lines.extend(line for text in _texts(content) for line in wrapped(text))
    small = [SEPARATOR.join(context_text(part, zone) for part in content.context)]
    small.extend([content.footer] if card.bar else [])
    lines.extend(_styled(line, _DIM, colour=colour) for text in small for line in wrapped(text))
    lines.extend(_addresses(card))
    return _framed(heading, lines, _STATES[content.standing.colour] if colour and card.bar else "")


def framed(heading: str, lines: list[str]) -> str:
    """Return lines of at most 78 columns under a heading."""
    return _framed(heading, [cleaned(line) for line in lines], "")


def columns(text: str) -> int:
    """Return how many columns a terminal gives a text: wide letters and emoji two, marks on letters none."""
    return sum(_width(character) for character in text)


def wrapped(text: str) -> list[str]:
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


def _texts(content: Content) -> Iterator[str]:
    yield " ".join(filter(None, (content.lead, f"@{content.mention.name}" if content.mention else None)))
    yield content.standing.sentence or ""
    yield content.description or ""
    yield from (field_line(field) for field in (*content.fields, *content.extra))
    for section in content.sections:
        yield f"{section.heading}:"
        yield from (list_line(line) for line in section.lines)
        yield more_line(section)


def _addresses(card: Card) -> Iterator[str]:
    """Yield the runbook and the buttons, each on a line of its own: they are whole, however long."""
    if card.content.runbook:
        yield f"Runbook: {card.content.runbook}"
    for block in card.blocks:
        if block["type"] == "actions":
            yield from (_button(element) for element in block["elements"])


def _button(element: dict[str, Any]) -> str:
    if element["type"] == "button":
        return f"[ {element['text']['text']} ] {element.get('url', '')}".rstrip()
    offered = ", ".join(option["text"]["text"] for option in element["options"])
    label = element["placeholder"]["text"] if "placeholder" in element else "⋯"
    return f"[ {label} ] {offered}"


def _framed(heading: str, lines: list[str], bar_style: str) -> str:
    top = f"┌─ {cleaned(heading)} "
    bar = _styled(_BAR, bar_style, colour=bool(bar_style))
    body = [top + "─" * max(0, WIDTH - columns(top)), *(bar + line for line in lines), "└" + "─" * (WIDTH - 1)]
    return "\n".join(body) + "\n"


def _width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


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
