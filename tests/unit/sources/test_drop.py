from __future__ import annotations

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


@pytest.mark.parametrize(
    "body", [b'{ "a" : 1 }', b'{"a": "content"}', b'{"a": "the \\"content\\" of it"}', b'{"contents": 1}']
)
def test_a_body_that_loses_nothing_stays_as_received(body: bytes) -> None:
    _, stored = dropped(body, "content")

    assert stored is body


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
    assert (stored is body) == (not {"content", "é"} & keys_of(tree))
