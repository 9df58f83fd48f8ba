"""Every error that Tocsin raises on purpose: one tree, so that a caller can tell ours from a bug."""

from __future__ import annotations

from typing import NamedTuple


class TocsinError(Exception):
    """Root of all errors raised on purpose; its text is meant for the reader, never a stack trace."""


class Problem(NamedTuple):
    """One thing wrong in a config or rule file, as `check --json` prints it (RULES.md, output for programs).

    `line` and `column` count from 1; 0 means the whole file. `level` is `error` or `warning`.
    """

    file: str
    line: int
    column: int
    word: str
    level: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        hint = f" (did you mean {self.hint}?)" if self.hint else ""
        return f"{place}: {self.level}: {self.message}{hint}"


class InvalidInputError(TocsinError):
    """Config or rules cannot be used; holds all problems of all files, never only the first."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class UsageError(TocsinError):
    """A command was asked for something that cannot be done as asked (no running bot, unknown sample)."""


class RefusedByBotError(TocsinError):
    """The running bot was asked to do something and says no; the text is its own."""


class EndlessExampleError(TocsinError):
    """An example of a rule in which more comes due than anybody can mean (a reminder each second, for years)."""


class OutputError(TocsinError):
    """What a command has to say cannot be written (a full disk behind stdout)."""


class NotAuthenticError(TocsinError):
    """A delivery failed verification. The text is for our log only: senders get one 401 for every cause."""


class UnreadableError(TocsinError):
    """An authentic body that cannot be read as an event; it is quarantined, not refused."""


class StoreError(TocsinError):
    """Root of what the store can say."""


class StoreUntrustedError(StoreError):
    """The store must not be used: a pragma did not take, a newer schema, or a second process holds it."""


class StoreUnavailableError(StoreError):
    """Cannot store durably right now (full, busy, draining); the sender is asked to come again."""


class StoreFailedError(StoreError):
    """A commit failed or its outcome is unknown: the process must stop and read the truth again at start."""


class FetchError(TocsinError):
    """A payload by reference could not be had; `permanent` when trying again cannot help."""

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent
