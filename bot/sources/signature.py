"""Extend's signature: HMAC-SHA256 over the raw bytes, several live secrets, a window of time.

Signed is `v0:` + the timestamp header exactly as received + `:` + the raw body; the key is the secret's text with its
`wss_`; the header is the lower-case hex digest without any prefix. (The `extend-ai` package 1.20.0, whose verdict a
test compares with this one; unlike that package nothing here raises anything but NotAuthenticError.)
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from typing import Final

from bot.errors import NotAuthenticError

TIMESTAMP_HEADER: Final = "x-extend-request-timestamp"
SIGNATURE_HEADER: Final = "x-extend-request-signature"
OLDEST_S: Final = 300
AHEAD_S: Final = 60


class Signatures:
    """Says whether a delivery was signed with one of the live secrets. Without a secret nothing is authentic."""

    def __init__(self, secrets: Iterable[bytes]) -> None:
        # Keyed once: keying costs as much as hashing a small body, and a copy of a keyed state costs little. (HMAC put
        # together from two states of SHA-256 takes 0.6 µs less; that is not worth having it written here.)
        self._keyed = tuple(hmac.new(secret, digestmod="sha256") for secret in secrets if secret)

    def check(self, headers: Mapping[str, str], body: bytes, now_ms: int) -> None:
        """Return when the body is signed and fresh: from 300 s old to 60 s ahead of `now_ms`.

        Raises:
            NotAuthenticError: whatever is wrong; the text names the cause and quotes nothing of the delivery.
        """
        stamp, signature = _only(headers, TIMESTAMP_HEADER), _only(headers, SIGNATURE_HEADER)
        _check_age(stamp, now_ms)
        prefix = b"v0:%b:" % stamp.encode()  # cannot fail: what int() reads holds no lone surrogate
        # A character that is not ASCII becomes `?`, which no hex digest holds; compare_digest refuses such text.
        given = signature.encode("ascii", "replace")
        for keyed in self._keyed:
            if hmac.compare_digest(_signature(keyed, prefix, body), given):
                return
        raise NotAuthenticError("the signature does not match")


def _signature(keyed: hmac.HMAC, prefix: bytes, body: bytes) -> bytes:
    signing = keyed.copy()
    signing.update(prefix)
    signing.update(body)
    return signing.hexdigest().encode()


def signed_headers(secret: bytes, body: bytes, now_s: int) -> dict[str, str]:
    """Return the two headers that Extend would send with `body` at `now_s` (Unix seconds)."""
    digest = hmac.digest(secret, b"v0:%d:%b" % (now_s, body), "sha256")
    return {TIMESTAMP_HEADER: str(now_s), SIGNATURE_HEADER: digest.hex()}


def _only(headers: Mapping[str, str], name: str) -> str:
    """Return the one value of a header. Of two, nobody can say which one was meant or signed."""
    getall = getattr(headers, "getall", None)
    if getall is not None:
        values = getall(name, ())
    else:
        values = [value for key, value in headers.items() if key.lower() == name]
    if len(values) != 1:
        raise NotAuthenticError(f"{len(values)} headers {name}, one is needed")
    value: str = values[0]
    return value


def _check_age(stamp: str, now_ms: int) -> None:
    try:
        age = now_ms // 1000 - int(stamp)
    except ValueError:
        raise NotAuthenticError("the timestamp is not a number") from None
    if age > OLDEST_S:
        raise NotAuthenticError("the timestamp is too old")
    if age < -AHEAD_S:
        raise NotAuthenticError("the timestamp is ahead of our clock")
