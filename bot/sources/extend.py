"""The Extend source: signed deliveries, three API versions, payloads inline or by reference."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from msgspec.structs import replace

from bot.core.catalogue import Outcome
from bot.core.identity import event_id
from bot.core.inputs import Details, Event, Undecoded, Value
from bot.errors import NotAuthenticError, UnreadableError
from bot.sources.company import CompanyPaths
from bot.sources.drop import Drop
from bot.sources.extend_fields import Tree, add_fields, occurred_at
from bot.sources.extend_names import PREFIX, About, Kind, kind_of
from bot.sources.lenient import text
from bot.sources.link import Link
from bot.sources.reading import Reading
from bot.sources.reference import address_of, is_reference
from bot.sources.settings import SourceSettings
from bot.sources.signature import Signatures
from bot.sources.strict_json import decode_object
from bot.sources.token import Token

_FAILED_STEP: Final = frozenset({"FAILED", "INVALIDATED"})
_SIGNED: Final = frozenset({"run", "batch", "company"})  # what an envelope may tell; a fetched payload is not signed
_NOTHING: Final[dict[str, Any]] = {}


class ExtendSource:
    """One Extend endpoint. See `Source` for what the methods promise."""

    kind = "extend"

    def __init__(self, settings: SourceSettings) -> None:
        self.name = settings.name
        self.fetch_from = tuple(settings.fetch_from)
        self._signatures = Signatures(settings.secrets)
        self._token = Token(settings.token)
        self._company = CompanyPaths(settings.company)
        self._drop = Drop(settings.drop)
        self._link = Link(settings.link)
        self._always: dict[str, Value] = {"source": settings.name, "environment": settings.environment}

    def verify(self, headers: Mapping[str, str], body: bytes, token: str | None, now_ms: int) -> None:
        """Check the signature; and the token, where one is configured as a second lock."""
        if self._token.is_set:
            self._token.check(token)
        elif token is not None:
            raise NotAuthenticError("a token where none is configured")
        self._signatures.check(headers, body, now_ms)

    def handshake(self, body: bytes) -> str | None:  # noqa: ARG002 - Extend has none; Alfred does
        """Extend asks for none."""
        return None

    def read(self, body: bytes) -> Reading:
        """Read an envelope `{eventId, eventType, payload}` with the payload inline or by reference."""
        envelope = decode_object(body)
        stored = self._drop.apply(envelope, body)
        payload = envelope.get("payload")
        kind = kind_of(envelope.get("eventType"), payload)
        provider_id = text(envelope.get("eventId")) or _hash_of(body)
        own_id = event_id(self.name, kind.type, provider_id)
        if is_reference(payload):
            return Reading(self._event_by_reference(own_id, kind, payload, envelope), stored, address_of(payload))
        kept = Undecoded(stored, "payload")
        return Reading(self._event(own_id, kind, payload, envelope, kept), stored)

    def keepable(self, body: bytes) -> bytes:
        """Take out what is dropped, as far as a body that is no event lets itself be read."""
        return self._drop.keepable(body)

    def complete(self, envelope: Event, payload: bytes) -> tuple[Event, bytes]:
        """Read the bare payload object that the address of a reference returned."""
        tree = decode_object(payload)
        if is_reference(tree):
            raise UnreadableError("the address of a payload led to another address")
        stored = self._drop.apply(tree, payload)
        kind = kind_of(envelope.type.removeprefix(PREFIX), tree)
        signed = {name: value for name, value in envelope.fields.items() if name in _SIGNED}
        whole = self._event(envelope.event_id, kind, tree, {}, Undecoded(stored), signed=signed)
        wire = kind.type.removeprefix(PREFIX).encode()
        return replace(whole, at=envelope.at), b'{"eventType":"%b","payload":%b}' % (wire, stored)

    def _event(
        self,
        own_id: str,
        kind: Kind,
        payload: Any,
        envelope: Tree,
        kept: Any,
        *,
        signed: Mapping[str, Value] = _NOTHING,
    ) -> Event:
        fields, tree = self._always.copy(), payload if type(payload) is dict else _NOTHING
        add_fields(fields, kind.about, tree, envelope, self._company)
        if signed:
            fields.update(signed)
        self._link.add_to(fields)
        return Event(
            event_id=own_id,
            source=self.name,
            type=kind.type,
            at=0,
            outcomes=_step_outcomes(kind, fields) if kind.about is About.STEP else kind.outcomes,
            fields=fields,
            payload=kept,
            occurred_at=occurred_at(kind.about, tree),
        )

    def _event_by_reference(self, own_id: str, kind: Kind, payload: Any, envelope: Tree) -> Event:
        """Read what the envelope carries. The address is no part of the payload: nothing may show or match it."""
        tree = {key: value for key, value in payload.items() if key != "data"} if type(payload) is dict else {}
        return replace(self._event(own_id, kind, tree, envelope, tree), details=Details.ENVELOPE)


def _hash_of(body: bytes) -> str:
    return "sha256:" + hashlib.sha256(body).hexdigest()


def _step_outcomes(kind: Kind, fields: Mapping[str, Value]) -> tuple[Outcome, ...]:
    """Add to the outcome of the type what only a step's content tells."""
    more = (Outcome.STEP_FAILED,) if str(fields.get("status", "")).upper() in _FAILED_STEP else ()
    return kind.outcomes + more + ((Outcome.VALIDATION_FAILED,) if fields.get("valid") is False else ())
