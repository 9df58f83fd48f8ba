"""Who may ask and who may act over HTTP: bearer tokens, compared in constant time."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Final

_SCHEME: Final = "bearer "
_HEADER: Final = "Authorization"


class Tokens:
    """The tokens that are good: those of `api.tokens` may read; the one of our own commands may read and act.

    Only hashes are kept, so that every comparison is of equally many bytes, whatever somebody sends.
    """

    def __init__(self, readers: Iterable[bytes] = (), own: bytes | None = None) -> None:
        self._own = () if own is None else (_digest(own),)
        self._readers = (*map(_digest, readers), *self._own)

    def may_read(self, headers: Mapping[str, str]) -> bool:
        """Say whether `Authorization: Bearer …` holds a token that may read."""
        return authorised(headers, self._readers)

    def may_act(self, headers: Mapping[str, str]) -> bool:
        """Say whether it holds the token of our own commands."""
        return authorised(headers, self._own)


def authorised(headers: Mapping[str, str], digests: Iterable[bytes]) -> bool:
    """Say whether the bearer token's hash is one of these; every one is compared, so that time tells nothing."""
    given = headers.get(_HEADER, "")
    if given[: len(_SCHEME)].lower() != _SCHEME:
        return False
    found = _digest(given[len(_SCHEME) :].strip().encode("utf-8", "surrogateescape"))
    return any([hmac.compare_digest(found, known) for known in digests])  # noqa: C419  (a list: no early end)


def _digest(token: bytes) -> bytes:
    return sha256(token).digest()
