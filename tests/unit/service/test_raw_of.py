"""A stored body that trips over a bug of ours must not hold up the journal."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest

from bot import log
from bot.core.inputs import Event
from bot.errors import UnreadableError
from bot.service.setup import raw_of

EVENT = Event(event_id="e", source="extend", type="t", at=0)


class Raising:
    """A source whose `read` raises."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def read(self, _body: bytes) -> NoReturn:
        raise self._error


@pytest.mark.parametrize("error", [UnreadableError("no"), RecursionError(), KeyError("x")])
def test_whatever_a_source_raises_the_payload_is_only_missing(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    said: list[Any] = []
    monkeypatch.setattr(log, "bug", lambda *given, **_fields: said.append(given))
    sources: Any = {"extend": Raising(error)}
    read = raw_of(sources)
    assert [read(EVENT, b"{}"), read(EVENT, b"{}")] == [None, None]
    assert len(said) == (0 if isinstance(error, UnreadableError) else 1)
