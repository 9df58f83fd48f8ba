from __future__ import annotations

from hashlib import sha256
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.drop import Drop
from bot.sources.strict_json import decode_object

JSON = st.recursive(
    st.none() | st.integers(-9, 9) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["content", "value", "a", "é"]), inner, max_size=3)
    ),
    max_leaves=12,
)


def dropped(body: bytes, *names: str) -> tuple[dict[str, Any], bytes]:
    tree = decode_object(body)
    return tree, Drop(names).apply(tree, body)


def keys_of(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for child in value.values() for key in keys_of(child)}
    return {key for child in value for key in keys_of(child)} if isinstance(value, list) else set()


def test_named_keys_go_at_any_depth_with_all_that_is_below_them() -> None:
    body = b'{"content": 1, "event": {"value": {"content": "x"}, "rows": [[{"value": 2, "keep": 3}]]}}'

    tree, stored = dropped(body, "content", "value")

    assert tree == {"event": {"rows": [[{"keep": 3}]]}}
    assert msgspec.json.decode(stored) == tree


@pytest.mark.parametrize("body", [b'{ "a" : 1 }', b'{"a": "the content of it"}', b'{"contents": 1}'])
def test_a_body_that_spells_no_named_key_stays_as_received(body: bytes) -> None:
    _, stored = dropped(body, "content")

    assert stored is body


@pytest.mark.parametrize(
    "body",
    [
        b'{"event": {"content": "secret"}, "event": {"k": 1}}',
        b'{"event": {"\\u0063ontent": "secret"}, "event": {"k": 1}}',
        b'{"event": {"k": {"content": "secret"}, "k": 1}}',
        b'{"event": {"content": "secret", "content": "secret", "k": 1}}',
    ],
)
def test_what_stands_under_a_doubled_key_is_not_stored_either(body: bytes) -> None:
    tree, stored = dropped(body, "content")

    assert stored == b'{"event":{"k":1}}'
    assert tree == {"event": {"k": 1}}


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b'[{"content": "secret", "a": 1}]', b'[{"a":1}]'),
        (b'{"payload": {"content": "secret"}}', b'{"payload":{}}'),
        (b'{"\\u0063ontent": "secret"}', b"{}"),
        (b'[{"a": {"content": "secret"}, "a": 2}]', b'[{"a":2}]'),
    ],
)
def test_json_that_is_no_event_is_kept_without_the_named_keys(body: bytes, kept: bytes) -> None:
    assert Drop(("content",)).keepable(body) == kept


@pytest.mark.parametrize(
    "body",
    [
        b'{"event": {"content": "secret',
        b'{"content": "secret", "n": NaN}',
        b"{'content': 'secret'}",
        b"content=secret",
        b"<content>secret</content>",
        b'{"\\u0063ontent": "secret"',
        b'"{\\"content\\": \\"secret\\"}"',
        b'\xff{"content": "secret"}',
        '{"content": "secret"}'.encode("utf-16"),
        b'[{"content": "secret"}]' + b"[" * 5_000,
    ],
)
def test_of_a_body_that_is_no_json_and_may_hold_a_named_key_only_a_stub_is_kept(body: bytes) -> None:
    kept = msgspec.json.decode(Drop(("content",)).keepable(body))

    assert (kept["size"], kept["sha256"]) == (len(body), sha256(body).hexdigest())
    assert "never stored" in kept["not_kept"]
    assert len(kept) == 3


def test_an_escape_that_may_spell_a_name_with_a_slash_is_one_reason_for_a_stub() -> None:
    body = b'{"a\\/b": "secret"'

    assert b"secret" not in Drop(("a/b",)).keepable(body)
    assert Drop(("content",)).keepable(body) is body


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"[]", b"null", b'{"a": NaN}', b'{"contents": [', b'{"content_type": "a', b"discontent"]
)
def test_an_unreadable_body_that_names_no_dropped_key_is_kept_as_it_is(body: bytes) -> None:
    assert Drop(("content",)).keepable(body) is body
    assert Drop(()).keepable(b'{"content": "kept') == b'{"content": "kept'


@pytest.mark.parametrize("depth", [100, 400, 900, 20_000])
def test_nesting_of_any_depth_leaves_no_dropped_value(depth: int) -> None:
    body = b"[" * depth + b'{"content": "secret"}' + b"]" * depth

    assert b"secret" not in Drop(("content",)).keepable(body)


@given(
    st.binary(max_size=60) | st.builds(lambda text: text.encode(), st.text(alphabet='{}[]":,\\u01content', max_size=40))
)
def test_what_is_kept_of_any_bytes_can_be_told(body: bytes) -> None:
    kept = Drop(("content", "n")).keepable(body)

    assert kept == body or not {"content", "n"} & keys_of(msgspec.json.decode(kept))


def test_without_names_nothing_is_looked_at() -> None:
    body = b'{"content": 1}'

    tree, stored = dropped(body)

    assert (tree, stored) == ({"content": 1}, body)


def test_a_key_spelled_with_escapes_goes_too() -> None:
    tree, stored = dropped(b'{"\\u0063ontent": "secret", "a\\/b": "secret", "k": 1}', "content", "a/b")

    assert tree == {"k": 1}
    assert stored == b'{"k":1}'


def test_a_number_of_any_size_survives_being_written_anew() -> None:
    big = int("9" * 60)

    _, stored = dropped(b'{"content": 1, "n": %d, "f": 0.1}' % big, "content")

    assert msgspec.json.decode(stored) == {"n": big, "f": 0.1}


@given(st.dictionaries(st.sampled_from(["content", "value", "a", "é"]), JSON, max_size=4))
def test_no_named_key_is_left_and_nothing_else_is_lost(tree: dict[str, Any]) -> None:
    body = msgspec.json.encode(tree)

    kept, stored = dropped(body, "content", "é")

    assert not {"content", "é"} & keys_of(kept)
    assert msgspec.json.decode(stored) == kept
    assert keys_of(kept) <= keys_of(tree) - {"content", "é"}
    assert stored is not body or not {"content", "é"} & keys_of(tree)
