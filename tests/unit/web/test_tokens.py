"""Bearer tokens: who may read, who may act."""

from __future__ import annotations

import pytest

from bot.web import Tokens

TOKENS = Tokens([b"reader-1", b"reader-2"], b"own")


def headers(value: str) -> dict[str, str]:
    return {"Authorization": value}


@pytest.mark.parametrize(
    ("value", "may_read", "may_act"),
    [
        ("Bearer reader-1", True, False),
        ("bearer reader-2", True, False),
        ("Bearer own", True, True),
        ("Bearer own ", True, True),
        ("Bearer ow", False, False),
        ("Bearer own2", False, False),
        ("Bearer ", False, False),
        ("Basic own", False, False),
        ("own", False, False),
        ("Bearer \udcff", False, False),
    ],
)
def test_readers_read_and_only_our_own_commands_act(value: str, may_read: bool, may_act: bool) -> None:
    assert TOKENS.may_read(headers(value)) is may_read
    assert TOKENS.may_act(headers(value)) is may_act


def test_without_tokens_nobody_may_do_anything() -> None:
    for value in ("", "Bearer ", "Bearer x"):
        assert not Tokens().may_read(headers(value))
        assert not Tokens().may_act({})
