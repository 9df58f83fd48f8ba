"""Ids are hashes of content, so that a replay mints the same ones."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

_SEPARATOR = "\x1f"


def joined(parts: Iterable[str]) -> str:
    """Join parts so that no other parts give the same text: a separator inside a part is escaped."""
    known = tuple(parts)
    text = _SEPARATOR.join(known)
    if "\\" not in text and text.count(_SEPARATOR) == len(known) - 1:
        return text  # by far the most: nothing is to be escaped
    return _SEPARATOR.join(map(_escaped, known))


def behind(part: str) -> str:
    """Return what `joined` puts behind a first part for a second one."""
    if "\\" in part or _SEPARATOR in part:
        return _SEPARATOR + _escaped(part)
    return _SEPARATOR + part


def digest_of(parts: Iterable[str], size: int = 10) -> str:
    """Return 2 x `size` hex digits of the joined parts."""
    return blake2b(joined(parts).encode("utf-8", "surrogatepass"), digest_size=size).hexdigest()


def first_of(text: str) -> str:
    """Return the first of the parts that were joined; for one that needed no escaping, as names of rules do not."""
    return text.partition(_SEPARATOR)[0]


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


def roundup_id(kind: str, *parts: str) -> str:
    """Return the id of a message about many alerts: what it is about, and what began it."""
    return "ro_" + digest_of((kind, *parts))
