"""What a source is, and what it makes of one authentic body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from bot.core.inputs import Event


class Reading(msgspec.Struct, frozen=True, gc=False):
    """What one authentic body says.

    `event.at` is 0: the store stamps it when it journals the event. `body` is what may be stored: the bytes as
    received, or written anew without the fields that the source drops. `reference` is the address of the payload
    when it came by reference; `event` then holds only what the envelope says (`event.details` is ENVELOPE).
    """

    event: Event
    body: bytes
    reference: str | None = None


class Source(Protocol):
    """One configured origin of events with its way to verify and to read. Holds no state between deliveries."""

    name: str
    kind: str
    fetch_from: tuple[str, ...]

    def verify(self, headers: Mapping[str, str], body: bytes, token: str | None, now_ms: int) -> None:
        """Return when the delivery is authentic.

        Args:
            headers: as received, looked up without regard to case; a multidict shows doubled ones.
            body: the raw bytes, before anything is unpacked or parsed.
            token: the part of the address after the source's name, if there was one.
            now_ms: the time of receipt, ms since 1970 UTC.

        Raises:
            NotAuthenticError: for every cause, and nothing else for any input.
        """
        ...

    def handshake(self, body: bytes) -> str | None:
        """Return the challenge to be echoed when a verified body asks for that, else None. Never raises."""
        ...

    def read(self, body: bytes) -> Reading:
        """Read a verified body.

        The same body always gives the same reading, and a stored `Reading.body` gives the same fields again.

        Raises:
            UnreadableError: the body is no event; nothing else, on any bytes.
        """
        ...

    def keepable(self, body: bytes) -> bytes:
        """Return what may be stored of a verified body that `read` refused: no value of a dropped field.

        That is the body itself, the body written anew, or a short JSON object that says why it is not kept, with its
        size in bytes and its SHA-256. Never raises.
        """
        ...

    def complete(self, envelope: Event, payload: bytes) -> tuple[Event, bytes]:
        """Return the whole event, and the body to store, from an envelope and its payload fetched later.

        The event keeps the id and the time of the envelope, and what the signed envelope says of run, batch and
        company wins: the fetched payload is not signed. The stored body can be `read` again.

        Raises:
            UnreadableError: the payload is not an object; nothing else, on any bytes.
        """
        ...
