"""Removes the fields that must never be stored, before anything else looks at a body."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any, Final

from bot.errors import UnreadableError
from bot.sources.strict_json import decode, encode

# A neighbour that makes of a name the part of a longer one: `content` in `content_type`.
_WORD: Final = rb"[0-9A-Za-z_\x80-\xff]"
_ESCAPABLE: Final = re.compile(r'["\\/\x00-\x1f]')  # characters with an escape of their own in JSON


class Drop:
    """Names of JSON keys that are removed at any depth.

    Most bodies hold none of them, so the bytes are searched first: only a body that spells such a key, or that has
    escapes which may spell one, is walked. That one is always written anew: of a doubled key the tree holds the last
    value only, so the bytes may still hold what the tree never showed. JSON inside a text is text and stays whole.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = frozenset(names)
        ordered = sorted(self._names)
        self._spellings = tuple(encode(name) for name in ordered)
        either = b"|".join(re.escape(name.encode("utf-8", "replace")) for name in ordered)
        # An escape may spell a name; the NUL bytes of another encoding, or of a packed body, may hide one.
        escape = rb"\\" if _ESCAPABLE.search("".join(ordered)) else rb"\\u"
        self._mention = re.compile(rb"(?<!%b)(?:%b)(?!%b)|%b|\x00" % (_WORD, either, _WORD, escape))

    def apply(self, tree: dict[str, Any], body: bytes) -> bytes:
        """Remove the keys from `tree` in place; return the bytes to store: `body` itself when it spells none."""
        return self._without(tree, body) if self._names else body

    def keepable(self, body: bytes) -> bytes:
        """Return what may be stored of a body that is no event; never raises.

        JSON is written anew without the keys. What is no JSON cannot be walked: it is kept when it names none of the
        keys anywhere, in quotes or not, else a stub stands in for it with its size and its SHA-256.
        """
        if not self._names:
            return body
        try:
            tree = decode(body)
            if type(tree) is dict or type(tree) is list:
                return self._without(tree, body)
        except (UnreadableError, RecursionError):  # nesting that can be read may still be too deep to be written
            pass
        return _stub(body) if self._mention.search(body) else body

    def _without(self, tree: Any, body: bytes) -> bytes:
        if not self._may_hold(body):
            return body
        self._remove_from(tree)
        return encode(tree)

    def _may_hold(self, body: bytes) -> bool:
        for spelling in self._spellings:  # any() with a generator takes 0.2 µs more, at every event
            if spelling in body:
                return True
        return b"\\" in body

    def _remove_from(self, tree: Any) -> None:
        waiting: list[Any] = [tree]
        while waiting:
            node = waiting.pop()
            if type(node) is dict:
                for name in self._names & node.keys():
                    del node[name]
            children = node.values() if type(node) is dict else node
            waiting.extend(child for child in children if type(child) is dict or type(child) is list)


def _stub(body: bytes) -> bytes:
    why = "no readable JSON, and it may hold a field that is never stored"
    return encode({"not_kept": why, "size": len(body), "sha256": sha256(body).hexdigest()})
