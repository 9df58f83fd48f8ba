"""The faults that a delivery must survive: section 11 of what the fake Slack can do, one name each.

Each row says how it is brought about and how it is over again. What a row may cost in time is its own; what it may
never cost is a message, or a second copy of one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tests.fakes.slack import FakeSlack
from tests.fakes.slack.state import ALL_SCOPES

DAY_S = 86_400.0
CHANNEL = "C0DOCALERT1"
# What each kind of delivery calls.
METHODS = {
    "first": "chat.postMessage",
    "reply": "chat.postMessage",
    "digest": "chat.postMessage",
    "edit": "chat.update",
}

Order = Callable[[FakeSlack, str], Awaitable[None]]


async def _nothing(_fake: FakeSlack, _method: str) -> None:
    return


@dataclass(frozen=True)
class Row:
    """A fault for the calls of one method. `lasts` seconds later it is mended; all must be well after `heals`."""

    name: str
    break_: Order
    mend: Order = _nothing
    lasts: float = 60.0
    heals: float = 1_500.0
    can_be_read: bool = True  # what is in doubt meanwhile


def _fault(effect: str, **parts: Any) -> Order:
    async def order(fake: FakeSlack, method: str) -> None:
        fake.fault(effect, **{"method": method, **parts})

    return order


def _reading(effect: str, *, times: int) -> Order:
    """Lose the answer of a stored post, and then let reads go wrong."""

    async def order(fake: FakeSlack, method: str) -> None:
        fake.fault("timeout_after_store", method=method)
        for read in ("conversations.history", "conversations.replies"):
            fake.fault(effect, method=read, times=times)

    return order


def _slow_to_show(seconds: float) -> Order:
    async def order(fake: FakeSlack, method: str) -> None:
        fake.workspace.switches.history_lag = seconds
        fake.fault("reset_after_store", method=method)

    return order


def _skewed(seconds: float) -> Order:
    async def order(fake: FakeSlack, method: str) -> None:
        fake.workspace.switches.date_skew = seconds
        fake.fault("timeout_after_store", method=method)

    return order


def _unlisted() -> Order:
    async def order(fake: FakeSlack, method: str) -> None:
        fake.workspace.switches.profile = "unlisted"
        fake.fault("timeout_before_store", method=method)

    return order


async def _shut(fake: FakeSlack, _method: str) -> None:
    await fake.shut_port()


async def _open(fake: FakeSlack, _method: str) -> None:
    await fake.open_port()


def _token(state: str) -> Order:
    async def order(fake: FakeSlack, _method: str) -> None:
        fake.workspace.tokens[fake.token].state = state

    return order


def _channel(**flags: bool) -> Order:
    async def order(fake: FakeSlack, _method: str) -> None:
        for name, value in flags.items():
            setattr(fake.workspace.channels[CHANNEL], name, value)

    return order


def _without(*scopes: str) -> Order:
    async def order(fake: FakeSlack, _method: str) -> None:
        token = fake.workspace.tokens[fake.token]
        token.scopes = tuple(scope for scope in ALL_SCOPES if scope not in scopes)

    return order


async def _kick(fake: FakeSlack, method: str) -> None:
    fake.workspace.channels[CHANNEL].is_member = False
    await _without("chat:write.public")(fake, method)


async def _invite(fake: FakeSlack, method: str) -> None:
    fake.workspace.channels[CHANNEL].is_member = True
    await _without()(fake, method)


async def _clear(fake: FakeSlack, _method: str) -> None:
    fake.service.faults.rules.clear()


def _limited(**parts: Any) -> Order:
    return _fault("ratelimited", times=3, **{"seconds": 1.0, **parts})


_ROWS = [
    Row("no fault", _nothing),
    Row("refuse_connect", _shut, _open),
    Row("reset_before_read", _fault("reset_before_read")),
    Row("reset_after_store", _fault("reset_after_store")),
    Row("timeout_after_store", _fault("timeout_after_store")),
    Row("timeout_before_store", _fault("timeout_before_store")),
    Row("late_store after 5 s", _fault("late_store", seconds=15.0)),
    Row("late_store after 10 min", _fault("late_store", seconds=600.0), heals=1.1 * DAY_S),
    Row("500 html, not stored", _fault("status", status=500)),
    Row("502 html, not stored", _fault("status", status=502)),
    Row("503 json, stored", _fault("status_after_store", status=503, body="{}", content_type="application/json")),
    Row("504 empty, stored", _fault("status_after_store", status=504, body="")),
    Row("internal_error, not stored", _fault("ok_false", error="internal_error")),
    Row("internal_error, stored", _fault("ok_false_after_store", error="internal_error")),
    Row("fatal_error, stored", _fault("ok_false_after_store", error="fatal_error")),
    Row("a code that nobody lists", _fault("ok_false", error="brand_new_error")),
    Row("service_unavailable", _fault("ok_false", error="service_unavailable", times=3)),
    Row("truncate_body", _fault("truncate_body")),
    Row("bad_json", _fault("bad_json")),
    Row("wrong_content_type", _fault("wrong_content_type")),
    Row("empty_body", _fault("empty_body")),
    Row("redirect", _fault("redirect")),
    Row("slow", _fault("slow", seconds=8.0)),
    Row("429", _limited(retry_after="1")),
    Row("429 without header", _limited(retry_after=None)),
    Row("429 after 0", _limited(retry_after="0", seconds=0.0)),
    Row("429 after 1.5", _limited(retry_after="1.5", seconds=1.5)),
    Row("429 with a date", _fault("ratelimited", retry_after="Mon, 05 Jan 2026 09:03:00 GMT", seconds=1.0)),
    Row("429 after an hour", _fault("ratelimited", retry_after="3600", seconds=3_600.0), heals=2 * 3_600.0),
    Row("rate_limited as 200", _limited(retry_after=None, as_error=True)),
    Row("history_lag", _slow_to_show(30.0)),
    Row("history_missing", _reading("history_missing", times=3)),
    Row("history_cut", _reading("history_cut", times=20), _clear, lasts=700.0, heals=3_000.0),
    Row("history refused", _reading("ok_false", times=20), _clear, lasts=700.0, heals=3_000.0),
    Row("history limited", _reading("ratelimited", times=3)),
    Row("history once a minute", _unlisted(), heals=3_000.0),
    Row("clock ahead", _skewed(3_600.0)),
    Row("clock behind", _skewed(-3_600.0)),
    Row("revoke_token", _token("revoked"), _token("valid"), lasts=400.0),
    Row("remove_scope", _without("chat:write"), _without(), lasts=400.0),
    Row("kick_bot", _kick, _invite, lasts=1_000.0, can_be_read=False),
    Row("archive_channel", _channel(is_archived=True), _channel(is_archived=False), lasts=1_000.0),
    Row("read-only channel", _channel(read_only=True), _channel(read_only=False), lasts=1_000.0),
    Row("outage", _fault("status", status=503, times=None), _clear, lasts=900.0, heals=2_000.0),
    Row("image_download_fails", _fault("ok_false", error="invalid_blocks")),
]
ROWS = {row.name: row for row in _ROWS}
