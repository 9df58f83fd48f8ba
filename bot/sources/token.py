"""The secret last part of an address, for platforms that sign nothing."""

from __future__ import annotations

import hmac

from bot.errors import NotAuthenticError


class Token:
    """Compares in constant time, on bytes: text that is not ASCII would raise."""

    def __init__(self, secret: bytes | None) -> None:
        self._secret = secret or b""
        self.is_set = bool(self._secret)  # whether there is anything to compare with

    def check(self, given: str | None) -> None:
        """Return when `given` is the secret; without a secret nothing is authentic.

        Raises:
            NotAuthenticError: for anything else.
        """
        told = (given or "").encode("utf-8", "surrogatepass")
        if not hmac.compare_digest(told, self._secret) or not self._secret:
            raise NotAuthenticError("the token in the address is wrong or missing")
