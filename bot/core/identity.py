"""Ids are hashes of content, so that a replay mints the same ones."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

_SEPARATOR = "\x1f"


def joined(parts: Iterable[str]) -> str:
    """Join parts so that no other parts give the same text: a separator inside a part is escaped."""
    return _SEPARATOR.join([_escaped(part) if _SEPARATOR in part or "\\" in part else part for part in parts])


def digest_of(parts: Iterable[str], size: int = 10) -> str:
    """Return 2 x `size` hex digits of the joined parts."""
    return blake2b(joined(parts).encode("utf-8", "surrogatepass"), digest_size=size).hexdigest()


def _escaped(part: str) -> str:
    return part.replace("\\", "\\\\").replace(_SEPARATOR, "\\u")


def event_id(source: str, event_type: str, provider_id: str) -> str:
    """Same source, type and provider id twice is one event; the same id with another type is another."""
    return "evt_" + digest_of((source, event_type, provider_id))


def fingerprint(rule: str, key: Iterable[tuple[str, str]]) -> str:
    """Return what makes two firings the same alert; the order in which `per` names its fields does not matter."""
    return digest_of((rule, *(part for pair in sorted(key) for part in pair)))


def alert_id(alert_fingerprint: str, opened_by: str) -> str:
    """Return the id of one episode: of a fingerprint and the id of the event that opened it.

    A running number would begin again once the slice that kept it is forgotten, and two episodes would share an id.
    """
    return "al_" + digest_of((alert_fingerprint, opened_by))


def delivery_id(alert: str, channel: str, reason: str, sequence: int = 0) -> str:
    """Return the id under which one notification is sent, minted where it is decided and never again."""
    return "dl_" + digest_of((alert, channel, reason, str(sequence)))
