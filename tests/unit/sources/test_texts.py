from __future__ import annotations

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from bot.core.inputs import Value
from bot.sources.lenient import MAX_TEXT, text
from bot.sources.texts import add_texts

ANYTHING = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers()))


@given(ANYTHING)
@example("null")
@example("nil or not")
@example(" ")
@example("")
@example("x" * (MAX_TEXT + 1))
def test_a_table_reads_what_a_text_says_and_nothing_where_it_says_nothing(value: Any) -> None:
    fields: dict[str, Value] = {}
    add_texts(fields, {"theirs": value}, (("theirs", "ours"), ("missing", "missing")))

    assert fields.get("ours") == text(value)
    assert fields.keys() <= {"ours"}
    assert None not in fields.values()


def test_the_later_line_that_says_something_wins() -> None:
    fields: dict[str, Value] = {}
    add_texts(fields, {"a": "old", "b": "new", "c": "null"}, (("a", "name"), ("b", "name"), ("c", "name")))

    assert fields == {"name": "new"}
