"""Whose document it is: platforms leave that to metadata whose keys every team chooses for itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.sources.lenient import text


class CompanyPaths:
    """Configured dotted paths such as `metadata.company`; the first that leads to a text or a number wins."""

    def __init__(self, paths: tuple[str, ...]) -> None:
        self._paths = tuple(tuple(path.split(".")) for path in paths)

    def first_in(self, tree: Mapping[str, Any]) -> str | None:
        """Return the company that `tree` names, None when no path leads to anything."""
        for path in self._paths:
            node: Any = tree
            for name in path:
                node = node.get(name) if type(node) is dict else None
            said = text(node)
            if said is not None:
                return said
        return None
