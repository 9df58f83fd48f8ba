"""JSON of strangers, read strictly: what cannot be kept and compared the same way everywhere is refused at once.

Refused: anything but an object, text that is not UTF-8, lone surrogates, NaN and infinities, numbers past a double,
integers of more than 4,300 digits, nesting past MAX_DEPTH. Of a doubled key the last one counts.
"""

from __future__ import annotations

import gc
from typing import Any, Final

import msgspec

from bot.errors import UnreadableError

# Far above what either platform nests, far below the interpreter's recursion limit, which differs between versions
# and with the stack at hand: a body that is read today must be readable by a replay.
MAX_DEPTH: Final = 128

_decode = msgspec.json.Decoder().decode
encode: Final = msgspec.json.Encoder().encode


def decode(body: bytes) -> Any:
    """Return whatever JSON `body` holds, nested as deep as the interpreter allows.

    Raises:
        UnreadableError: with a reason that quotes nothing of the body.
    """
    try:
        return _decode(body)
    except (ValueError, RecursionError) as error:  # msgspec's errors and UnicodeDecodeError are ValueErrors
        raise UnreadableError(f"not readable as JSON: {error}") from None


def decode_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object that `body` holds, nested at most MAX_DEPTH deep.

    Raises:
        UnreadableError: with a reason that quotes nothing of the body.
    """
    value = decode(body)
    if type(value) is not dict:
        raise UnreadableError(f"a JSON object was expected, not {type(value).__name__}")
    if _openings(body) > MAX_DEPTH and not _is_surely_shallow(value) and _is_too_deep(value):
        raise UnreadableError(f"nested deeper than {MAX_DEPTH}")
    return value


def _openings(body: bytes) -> int:
    """Count what may open an object or a list, in texts too; `bytes.count` twice takes three times as long."""
    return len(body) - len(body.replace(b"{", b"").replace(b"[", b""))


def _is_surely_shallow(value: Any) -> bool:
    """Walk level by level at the speed of C: the exact walk below costs as much as decoding did.

    The collector tracks every object and list that holds another one; objects without may be untracked, which hides
    at most the last level.
    """
    level = [value]
    for _ in range(MAX_DEPTH - 1):
        level = list(filter(gc.is_tracked, gc.get_referents(*level)))
        if not level:
            return True
    return False


def _is_too_deep(value: Any) -> bool:
    """Walk level by level, without recursion: the depth is the attack."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            for child in (node.values() if type(node) is dict else node)
            if type(child) is dict or type(child) is list
        ]
        if not level:
            return False
    return True
