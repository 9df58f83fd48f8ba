"""Foreign text made harmless: stripped, clamped, escaped; and foreign addresses."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from bot.slack import limits

ELLIPSIS: Final = "…"

# Whatever ends a line, and tabs, become one space: a second line could pass for one of ours.
_LINE_BREAKS: Final = re.compile("\r\n|[\t\n\v\f\r\x85\u2028\u2029]")
# Controls; bidi marks, overrides and isolates; zero-width characters and joiners; soft hyphen; tags; lone surrogates
# and noncharacters. They disguise file names ("gpj.exe" shown as "exe.jpg"), or Slack refuses them.
_STRIPPED: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_NOT_IN_URLS: Final = re.compile(r'[\s\x00-\x20\x7f-\x9f<>|"\ud800-\udfff]')
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_EMPTY_WORDS: Final = frozenset({"none", "null", "undefined", "nan"})


def cleaned(text: str) -> str:
    """Return text on one line without control, bidi and zero-width characters."""
    return _STRIPPED.sub("", _LINE_BREAKS.sub(" ", text)).strip()


def meaningful(value: str | None) -> str | None:
    """Return cleaned text, or None when it says nothing: empty, or only a program's word for nothing."""
    if value is None:
        return None
    text = cleaned(value)
    return None if not text or text.lower() in _EMPTY_WORDS else text


def clamped(text: str, most: int) -> str:
    """Return at most `most` code points, the last of them an ellipsis where something was cut."""
    return text if len(text) <= most else text[: most - 1].rstrip() + ELLIPSIS


def escaped(text: str, most: int | None = None) -> str:
    """Escape the three characters that are special in mrkdwn and `text`; Slack decodes only these.

    With `most` the escaped length is clamped, and no entity is ever cut. Source: docs.slack.dev, formatting text.
    """
    pieces = [_ENTITIES.get(character, character) for character in text]
    if most is not None and sum(map(len, pieces)) > most:
        pieces = [*_fitting(pieces, most - 1, len), ELLIPSIS]
    return "".join(pieces)


def escaped_to_bytes(text: str, most: int) -> str:
    """Escape, and clamp the UTF-8 length: chat.update counts bytes."""
    pieces = [_ENTITIES.get(character, character) for character in text]
    if sum(map(_size, pieces)) > most:
        pieces = [*_fitting(pieces, most - _size(ELLIPSIS), _size), ELLIPSIS]
    return "".join(pieces)


def safe_url(url: str | None) -> str | None:
    """Return an address fit for a button, or None when it is not http(s), has no host or is over 3,000 characters.

    Whitespace, controls and `< > | "` are percent-encoded (they would end a link in mrkdwn); all else is unchanged.
    """
    if url is None:
        return None
    encoded = _NOT_IN_URLS.sub(_percent, url)
    try:
        parts = urlsplit(encoded)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"} or not host or len(encoded) > limits.BUTTON_URL:
        return None
    return encoded


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match.group().encode("utf-8", "replace"))


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _fitting(pieces: list[str], most: int, size_of: Callable[[str], int]) -> list[str]:
    """Return the longest run of whole pieces whose sizes sum up to at most `most`."""
    total = 0
    for index, piece in enumerate(pieces):
        total += size_of(piece)
        if total > most:
            return pieces[:index]
    return pieces
