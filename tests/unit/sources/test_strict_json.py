from __future__ import annotations

import pytest

from bot.errors import UnreadableError
from bot.sources.strict_json import MAX_DEPTH, decode_object


def nested(depth: int, opening: bytes = b'{"a":', closing: bytes = b"}") -> bytes:
    return opening * (depth - 1) + b'{"b":1}' + closing * (depth - 1)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"null",
        b"true",
        b"1",
        b'"text"',
        b"[]",
        b'[{"a":1}]',
        b"{",
        b'{"a":1',
        b'{"a":1,}',
        b"{'a':1}",
        b'{"a":1} x',
        b'{"a":1}{"b":2}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":1e999}',
        b'{"a":' + b"9" * 5_000 + b"}",
        b'{"a":01}',
        b'{"a":"\\ud800"}',
        b'{"a":"\\udc00x"}',
        b'{"\\ud800":1}',
        b'{"a":"\xff"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\xc0\x80"}',
        b'{"a":"\n"}',
        b'\xef\xbb\xbf{"a":1}',
        '{"a":1}'.encode("utf-16"),
        b"\x00",
        b"<html>",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        nested(MAX_DEPTH + 1),
        nested(900),
        b'{"a":' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}",
    ],
)
def test_what_is_no_plain_object_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableError) as refused:
        decode_object(body)

    assert refused.value.__cause__ is None


def test_the_reason_quotes_nothing_of_the_body() -> None:
    for body in (b'{"secret": secret}', b'{"secret":"\xff"}', b'{"secret":{"secret":1e999}}', b'["secret"]'):
        with pytest.raises(UnreadableError) as refused:
            decode_object(body)
        assert "secret" not in str(refused.value)


def test_the_deepest_allowed_nesting_is_read() -> None:
    for sibling in (b"", b',"c":{}'):
        value = decode_object(nested(MAX_DEPTH, closing=sibling + b"}"))

        for _ in range(MAX_DEPTH - 1):
            value = value["a"]
        assert value == {"b": 1}


def test_many_brackets_are_not_depth() -> None:
    wide = b'{"a":[' + b",".join([b"{}"] * 5_000) + b"]}"
    written = b'{"a":"' + b"[{" * 5_000 + b'"}'

    assert len(decode_object(wide)["a"]) == 5_000
    assert len(decode_object(written)["a"]) == 10_000


def test_of_a_doubled_key_the_last_counts() -> None:
    assert decode_object(b'{"a":1,"b":2,"a":3}') == {"a": 3, "b": 2}


def test_what_is_odd_but_sound_is_read() -> None:
    odd = '\n\t {"a": "\\u0000 \\ud83d\\ude00 \u2028", "": 123456789012345678901234567890, "n": -0.0}\r\n'

    assert decode_object(odd.encode()) == {"a": "\0 \U0001f600 \u2028", "": 123456789012345678901234567890, "n": 0.0}
