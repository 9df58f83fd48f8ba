"""Removes the fields that must never be stored, before anything else looks at a body."""

from __future__ import annotations

from typing import Any

from bot.sources.strict_json import encode


class Drop:
    """Names of JSON keys that are removed at any depth.

    Most bodies hold none of them, so the bytes are searched first: only a body that spells such a key, or that has
    escapes which may spell one, is walked, and only one that lost something is written anew.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = frozenset(names)
        self._spellings = tuple(encode(name) for name in sorted(self._names))

    def apply(self, tree: dict[str, Any], body: bytes) -> bytes:
        """Remove the keys from `tree` in place; return the bytes to store: `body` itself when nothing was removed."""
        if not self._names or not self._may_hold(body):
            return body
        return encode(tree) if self._remove_from(tree) else body

    def _may_hold(self, body: bytes) -> bool:
        return any(spelling in body for spelling in self._spellings) or b"\\" in body

    def _remove_from(self, tree: dict[str, Any]) -> bool:
        removed = False
        waiting: list[Any] = [tree]
        while waiting:
            node = waiting.pop()
            if type(node) is dict:
                for name in self._names & node.keys():
                    del node[name]
                    removed = True
            children = node.values() if type(node) is dict else node
            waiting.extend(child for child in children if type(child) is dict or type(child) is list)
        return removed
