"""Slack's signature on its requests: v0, HMAC-SHA256 over the raw body.

Source: docs.slack.dev, verifying requests from Slack. slack-sdk's own verifier raises on a timestamp that is no number,
on a body that is no UTF-8 and on a signature that is no ASCII; here each of these is a refusal like every other.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from bot.errors import NotAuthenticError

TOLERANCE_S: Final = 300
_TIMESTAMP: Final = "X-Slack-Request-Timestamp"
_SIGNATURE: Final = "X-Slack-Signature"
_DIGITS: Final = 12  # a timestamp of more is no time anybody reckons with


def verify(secret: bytes, headers: Mapping[str, str], body: bytes, now_ms: int) -> None:
    """Return when the request is Slack's and from these five minutes, either way; NotAuthenticError otherwise."""
    stamp, given = headers.get(_TIMESTAMP, ""), headers.get(_SIGNATURE, "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= _DIGITS):
        raise NotAuthenticError("the timestamp is missing or no number")
    expected = signature(secret, stamp, body)
    if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogateescape")):
        raise NotAuthenticError("the signature is missing or wrong")
    if abs(now_ms - 1_000 * int(stamp)) > 1_000 * TOLERANCE_S:
        raise NotAuthenticError("the timestamp is more than five minutes off")


def signature(secret: bytes, stamp: str, body: bytes) -> str:
    """Return the signature that Slack sends for a body at a time (text of seconds since 1970)."""
    return "v0=" + hmac.new(secret, b"v0:" + stamp.encode("ascii") + b":" + body, sha256).hexdigest()
