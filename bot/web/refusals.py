"""Why a request is not done, as one exception that carries its answer."""

from __future__ import annotations

from bot.errors import TocsinError
from bot.web.answers import Answer


class RefusedError(TocsinError):
    """A request changes nothing. `reason` is the metric's label; `closes` ends the connection after the answer."""

    def __init__(self, reason: str, answer: Answer, *, closes: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.answer = answer.last() if closes else answer
