"""What two failures have in common: the text of a cause without what is different each time.

Ids, numbers, durations, dates, addresses and file names become a sign for what stood there, so that "Timeout after
12.5 s reading a.pdf" and "Timeout after 9 s reading b.pdf" are one cause. What the event itself calls its document,
run or job is known and goes first, whatever it looks like; the rest is told by its form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

FILE: Final = "(file)"
ID: Final = "(id)"
LINK: Final = "(link)"
TIME: Final = "(time)"
NUMBER: Final = "#"
NO_CAUSE: Final = "no cause given"
# Longer ones say the same thing with more of a stack trace or of a document behind it.
LONGEST: Final = 160
_SHORTEST_KNOWN: Final = 4  # shorter ids stand in too many words
# What is looked at: some of the patterns are quadratic, and this much takes them a few ms at worst.
_LOOKED_AT: Final = 400

_EXTENSIONS: Final = (
    "bmp csv doc docx eml gif heic htm html jpeg jpg json log md msg pdf png ppt pptx rtf svg tar tif tiff tsv txt "
    "webp xls xlsm xlsx xml yaml yml zip"
).replace(" ", "|")
_UNITS: Final = (
    "nanoseconds?|microseconds?|milliseconds?|millis|seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|ns|us|µs|ms|"
    "s|m|h|d|w"
)
# In this order: what is longer and tells more comes first. Each pattern is linear on text without line breaks.
_FORMS: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (re.compile(r"\b[a-z][a-z0-9+.-]{1,15}://[^\s\"'<>)\]]+", re.IGNORECASE), LINK),
    (re.compile(rf"\"[^\"/]{{1,200}}\.(?:{_EXTENSIONS})\"|'[^'/]{{1,200}}\.(?:{_EXTENSIONS})'", re.IGNORECASE), FILE),
    (re.compile(rf"[^\s\"'<>|:;,()\[\]]+\.(?:{_EXTENSIONS})\b", re.IGNORECASE), FILE),
    (re.compile(r"(?<![\w.])(?:/[\w.@ -]{1,80}){2,}"), FILE),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), ID),
    (re.compile(r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"), TIME),
    (re.compile(r"\b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b"), TIME),
    (re.compile(r"\b\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?\b"), TIME),
    (re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE), ID),
    (re.compile(rf"\b(?:\d+(?:[.,]\d+)*\s?(?:{_UNITS})\b\s?)+", re.IGNORECASE), f"{NUMBER} "),
    (re.compile(r"\b(?=\w*\d)(?:0x)?[0-9a-f]{8,}\b", re.IGNORECASE), ID),
    # Letters and digits mixed, or with capitals inside: workflow_run_xK9mWPq2, J-2024-000317, Eq2Lb7.
    (re.compile(r"\b(?=[\w-]*[A-Za-z])(?=[\w-]*\d)[A-Za-z0-9]+(?:[_-][A-Za-z0-9]+)*\b"), ID),
    (re.compile(r"[+-]?\d+(?:[.,:]\d+)*(?:\s?%)?"), NUMBER),
)
_AGAIN: Final = re.compile(r"(\(file\)|\(id\)|\(link\)|\(time\)|#)(?:[\s,;]*(?:and\s)?\1)+")
_HAS_EXTENSION: Final = re.compile(rf"\.(?:{_EXTENSIONS})$", re.IGNORECASE)
_SPACES: Final = re.compile(r"\s+")
_BEFORE_MARK: Final = re.compile(r"\s+([.,;:!?)\]])")
# Words with a digit that say what happened and do not count anything.
_KEPT: Final = re.compile(
    r"\b(?:HTTP/[\d.]+|(?:HTTP|status|code|error)(?: code| status)?[ :=]{0,2}[1-5]\d\d)\b", re.IGNORECASE
)
_HIDDEN: Final = "\ue000{}\ue001"
_SHOWN: Final = re.compile("\ue000([a-j]+)\ue001")
_LETTERS: Final = "abcdefghij"


def normalised(cause: str | None, known: Iterable[str] = ()) -> str:
    """Return what a cause says without its own particulars; at most LONGEST characters, never empty.

    `known` are the event's own ids and names. Words that are codes (CORRUPT_FILE, HTTP 503) are left as they are.
    """
    text = _SPACES.sub(" ", (cause or "")[:_LOOKED_AT]).strip()
    if not text:
        return NO_CAUSE
    for name in sorted(filter(_is_telling, known), key=len, reverse=True):
        text = text.replace(name, FILE if _HAS_EXTENSION.search(name) else ID)
    return _formless(text)


def _is_telling(name: str) -> bool:
    return len(name) >= _SHORTEST_KNOWN and not (name.isalpha() and name.isupper())


@lru_cache(maxsize=16_384)
def _formless(text: str) -> str:
    kept = list[str]()

    def hide(found: re.Match[str]) -> str:
        kept.append(found[0])
        return _HIDDEN.format("".join(_LETTERS[int(digit)] for digit in str(len(kept) - 1)))

    text = _KEPT.sub(hide, text)
    for pattern, sign in _FORMS:
        text = pattern.sub(sign, text)
    text = _SHOWN.sub(lambda found: kept[int("".join(str(_LETTERS.index(one)) for one in found[1]))], text)
    text = _BEFORE_MARK.sub(r"\1", _SPACES.sub(" ", _AGAIN.sub(r"\1", text))).strip()
    return (text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…") or NO_CAUSE
