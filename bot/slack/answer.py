"""How one call to Slack ended, as a value."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Verdict(StrEnum):
    """The classes of answers. Every error of slack-sdk, aiohttp and Slack falls into exactly one."""

    DELIVERED = "delivered"
    REFUSED_FOR_NOW = "refused for now"  # nothing was stored; the same again later
    NOT_DELIVERED = "surely not delivered"  # not one byte of the request left
    UNKNOWN = "unknown"  # it may have been stored
    PAYLOAD_REFUSED = "payload refused"  # this form of it never; a plainer one may pass
    DESTINATION_REFUSED = "destination refused"  # until a person repairs the channel
    CREDENTIALS_REFUSED = "credentials refused"  # nothing goes out until a person replaces the token
    MESSAGE_GONE = "message gone"  # an edit's message was deleted, or may not be edited any more


class Answer(msgspec.Struct, frozen=True):
    """What came back. `wait` is in seconds, where Slack named one; `ts` and `channel_id` of what was posted.

    `detail` is a code or the name of an exception: words for the log, never a payload and never an address.
    """

    verdict: Verdict
    detail: str = ""
    wait: float | None = None
    ts: str | None = None
    channel_id: str | None = None
    code: str | None = None  # Slack's own, where it gave one
