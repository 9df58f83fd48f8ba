"""The Alfred source: a secret in the address, a handshake, two dialects, nested or flat."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from bot.core.identity import event_id
from bot.core.inputs import Event, Undecoded, Value
from bot.errors import UnreadableError
from bot.sources.alfred_fields import add_fields, occurred_at
from bot.sources.alfred_names import Kind, kind_of, kinds
from bot.sources.company import CompanyPaths
from bot.sources.drop import Drop
from bot.sources.lenient import text
from bot.sources.link import Link
from bot.sources.reading import Reading
from bot.sources.settings import SourceSettings
from bot.sources.strict_json import decode_object
from bot.sources.token import Token

_HANDSHAKE: Final = "url_verification"
_HANDSHAKE_BYTES: Final = _HANDSHAKE.encode()


class AlfredSource:
    """One Alfred webhook. See `Source` for what the methods promise.

    Alfred documents no signature: the secret in the address is all there is, and without one nothing is authentic.
    """

    kind = "alfred"

    def __init__(self, settings: SourceSettings) -> None:
        self.name = settings.name
        self.fetch_from = tuple(settings.fetch_from)
        self._token = Token(settings.token)
        self._company = CompanyPaths(settings.company)
        self._drop = Drop(settings.drop)
        self._link = Link(settings.link)
        self._kinds = kinds(tuple(settings.more_types))
        self._always: dict[str, Value] = {"source": settings.name, "environment": settings.environment}

    def verify(self, headers: Mapping[str, str], body: bytes, token: str | None, now_ms: int) -> None:  # noqa: ARG002
        """Check the token of the address; headers and body carry nothing that could be checked."""
        self._token.check(token)

    def handshake(self, body: bytes) -> str | None:
        """Return the challenge of `{"type": "url_verification", "challenge": …}`, which Alfred wants echoed."""
        if _HANDSHAKE_BYTES not in body:  # events are not decoded twice
            return None
        try:
            asked = decode_object(body)
        except UnreadableError:
            return None
        return text(asked.get("challenge")) if asked.get("type") == _HANDSHAKE else None

    def read(self, body: bytes) -> Reading:
        """Read one event, its object nested under `event` or flat in the body."""
        outer = decode_object(body)
        stored = self._drop.apply(outer, body)
        inner, kept = outer.get("event"), Undecoded(stored, "event")
        if type(inner) is not dict:
            inner, kept = outer, Undecoded(stored)
        kind = kind_of(inner, outer, self._kinds)
        provider_id = text(outer.get("event_id")) or text(inner.get("event_id"))
        return Reading(self._event(kind, provider_id or _hash_of(body), inner, outer, kept), stored)

    def keepable(self, body: bytes) -> bytes:
        """Take out what is dropped, as far as a body that is no event lets itself be read."""
        return self._drop.keepable(body)

    def complete(self, envelope: Event, payload: bytes) -> tuple[Event, bytes]:  # noqa: ARG002 - Extend's need
        """Alfred sends no references, so there is nothing to complete."""
        raise UnreadableError("Alfred sends no payload by reference")

    def _event(
        self, kind: Kind, provider_id: str, inner: dict[str, Any], outer: dict[str, Any], kept: Undecoded
    ) -> Event:
        fields = self._always.copy()
        add_fields(fields, inner)
        company = self._company.first_in(inner)
        if company is not None:
            fields["company"] = company
        self._link.add_to(fields)
        return Event(
            event_id=event_id(self.name, kind.type, provider_id),
            source=self.name,
            type=kind.type,
            at=0,
            outcomes=kind.outcomes_if_exceeded if fields.get("exceeded_retries") else kind.outcomes,
            fields=fields,
            payload=kept,
            occurred_at=occurred_at(inner, outer),
        )


def _hash_of(body: bytes) -> str:
    return "sha256:" + hashlib.sha256(body).hexdigest()
