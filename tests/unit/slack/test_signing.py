"""Slack's signature: the published vector, and everything that is not it."""

from __future__ import annotations

import pytest

from bot.errors import NotAuthenticError
from bot.slack.signing import TOLERANCE_S, signature, verify

SECRET = b"8f742231b10e8888abcd99yyyzzz85a5"
STAMP = "1531420618"
NOW = 1_531_420_618_000
# Source: docs.slack.dev, verifying requests from Slack.
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SIGNED = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


def headers(stamp: str = STAMP, signed: str = SIGNED) -> dict[str, str]:
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signed}


def test_the_published_vector_is_authentic() -> None:
    verify(SECRET, headers(), BODY, NOW)


@pytest.mark.parametrize("off_ms", [-TOLERANCE_S * 1_000, TOLERANCE_S * 1_000])
def test_five_minutes_either_way_are_good(off_ms: int) -> None:
    verify(SECRET, headers(), BODY, NOW + off_ms)


@pytest.mark.parametrize("off_ms", [-TOLERANCE_S * 1_000 - 1, TOLERANCE_S * 1_000 + 1])
def test_a_moment_more_is_refused(off_ms: int) -> None:
    with pytest.raises(NotAuthenticError, match="five minutes"):
        verify(SECRET, headers(), BODY, NOW + off_ms)


@pytest.mark.parametrize(
    ("given", "body", "secret"),
    [
        ({}, BODY, SECRET),
        (headers(stamp="now"), BODY, SECRET),
        (headers(stamp="²"), BODY, SECRET),
        (headers(stamp="-1531420618"), BODY, SECRET),
        (headers(stamp="9" * 400), BODY, SECRET),
        (headers(stamp=""), BODY, SECRET),
        (headers(signed=""), BODY, SECRET),
        (headers(signed="v0=ünïcode"), BODY, SECRET),
        (headers(signed="\udcff"), BODY, SECRET),
        (headers(signed=SIGNED.upper()), BODY, SECRET),
        (headers(), BODY + b"&x=1", SECRET),
        (headers(), b"\xff\xfe", SECRET),
        (headers(), BODY, b"another secret"),
        (headers(signed=signature(b"another secret", STAMP, BODY)), BODY, SECRET),
    ],
)
def test_everything_else_is_refused_and_raises_nothing_of_its_own(
    given: dict[str, str], body: bytes, secret: bytes
) -> None:
    with pytest.raises(NotAuthenticError):
        verify(secret, given, body, NOW)
