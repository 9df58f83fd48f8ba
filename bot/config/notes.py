"""What is wrong with one file, collected: reading never stops at the first problem."""

from __future__ import annotations

from typing import Final

from bot.config.nodes import Node, word_of
from bot.errors import Problem

ERROR: Final = "error"
WARNING: Final = "warning"
_WORD_LIMIT: Final = 80


class Notes:
    """The problems of one file, by its name as the user knows it.

    `error_count` grows with every error, so that a caller can tell whether the part it read has one.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.error_count = 0

    def error(self, node: Node, message: str, *, hint: str = "", word: str | None = None, shift: int = 0) -> None:
        """Note an error at a node; `shift` moves the column inside a text."""
        said = word_of(node) if word is None else word
        self.at(node.line, node.column + shift, message, word=said, hint=hint)

    def warning(self, node: Node, message: str, *, hint: str = "", word: str | None = None) -> None:
        """Note something that may be meant, and often is not."""
        said = word_of(node) if word is None else word
        self.at(node.line, node.column, message, word=said, level=WARNING, hint=hint)

    def at(self, line: int, column: int, message: str, *, word: str = "", level: str = ERROR, hint: str = "") -> None:
        """Note a problem at a place of the text; line 0 means the whole file."""
        self.problems.append(Problem(self.file, line, column, _short(word), level, message, hint))
        self.error_count += level == ERROR

    def in_order(self) -> list[Problem]:
        """Return the problems by place; what concerns the whole file comes first."""
        return sorted(self.problems, key=lambda problem: (problem.line, problem.column))

    @property
    def has_errors(self) -> bool:
        """Say whether anything noted stops the file from being used."""
        return self.error_count > 0


def _short(word: str) -> str:
    first = word.split("\n", 1)[0]
    return first if len(first) <= _WORD_LIMIT else first[: _WORD_LIMIT - 1] + "…"
