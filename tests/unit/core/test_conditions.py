from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.conditions import All, AnyOf, Clause, Condition, Not, Op, dig, lookup
from bot.core.fields import FieldType

NUMBER, YES_NO, LIST, RAW = FieldType.NUMBER, FieldType.YES_NO, FieldType.LIST, FieldType.RAW


def holds(condition: Condition, raw: Any = None, **values: Any) -> bool:
    return condition.compiled()(lookup(values, raw))


@pytest.mark.parametrize(
    ("clause", "value", "expected"),
    [
        (Clause("cause", Op.IS, "X"), "X", True),
        (Clause("cause", Op.IS, "X"), "x", False),
        (Clause("cause", Op.IS, ("X", "Y")), "Y", True),
        (Clause("cause", Op.IS, "X"), None, False),
        (Clause("cause", Op.IS_NOT, "X"), None, True),
        (Clause("cause", Op.IS_NOT, ("X", "Y")), "Y", False),
        (Clause("errors", Op.IS, "a", LIST), ("b", "a"), True),
        (Clause("errors", Op.IS_NOT, "a", LIST), ("b", "a"), False),
        (Clause("errors", Op.CONTAINS, "time", LIST), ("ok", "timed out"), True),
        (Clause("document", Op.STARTS_WITH, "inv"), "invoice.pdf", True),
        (Clause("document", Op.ENDS_WITH, ".pdf"), "invoice.pdf", True),
        (Clause("document", Op.ENDS_WITH, ".PDF"), "invoice.pdf", False),
        (Clause("document", Op.MATCHES, "o.c"), "invoice.pdf", True),
        (Clause("document", Op.MATCHES, "^o.c"), "invoice.pdf", False),
        (Clause("retries", Op.AT_LEAST, 3, NUMBER), 3, True),
        (Clause("retries", Op.MORE_THAN, 3, NUMBER), 3, False),
        (Clause("retries", Op.AT_MOST, 3, NUMBER), 3, True),
        (Clause("retries", Op.LESS_THAN, 3, NUMBER), 3, False),
        (Clause("retries", Op.LESS_THAN, 3, NUMBER), None, False),
        (Clause("score", Op.LESS_THAN, 0.7, NUMBER), 0.62, True),
        (Clause("retries", Op.IS, 3, NUMBER), 3.0, True),
        (Clause("valid", Op.IS, operand=False, field_type=YES_NO), False, True),
        (Clause("cause", Op.EXISTS, operand=True), "X", True),
        (Clause("cause", Op.EXISTS, operand=False), None, True),
        (Clause("cause", Op.EXISTS, operand=False), "X", False),
    ],
)
def test_an_operator_answers_as_the_rule_language_says(clause: Clause, value: Any, expected: bool) -> None:
    assert holds(clause, **{clause.field: value}) is expected


@pytest.mark.parametrize(
    ("operand", "value", "expected"),
    [
        ("3", 3, True),
        ("3", "3", True),
        ("yes", True, True),
        ("true", True, True),
        ("no", True, False),
        ("a", "a", True),
    ],
)
def test_raw_values_are_compared_as_their_own_type_is_written(operand: str, value: Any, expected: bool) -> None:
    assert holds(Clause("raw.a", Op.IS, operand, RAW), {"a": value}) is expected


def test_a_number_in_text_counts_as_a_number_and_other_text_is_missing() -> None:
    clause = Clause("raw.a", Op.AT_LEAST, 3, RAW)

    assert holds(clause, {"a": "4"})
    assert not holds(clause, {"a": "many"})


@pytest.mark.parametrize("text", ["1_0", "\u0663", " 3", "0x10", "nan", "inf", "1e999", "3 files", ""])
def test_text_that_only_looks_like_a_number_is_missing(text: str) -> None:
    assert not holds(Clause("raw.a", Op.AT_MOST, 10**9, RAW), {"a": text})


def test_not_of_two_parts_is_not_both() -> None:
    both = Not(All((Clause("a", Op.IS, "1"), Clause("b", Op.IS, "2"))))

    assert holds(both, a="1", b="3")
    assert not holds(both, a="1", b="2")


def test_not_passes_a_missing_field() -> None:
    assert holds(Not(Clause("cause", Op.IS, "X")))


def test_any_of_needs_one_part() -> None:
    either = AnyOf((Clause("a", Op.IS, "1"), Clause("b", Op.IS, "2")))

    assert holds(either, b="2")
    assert not holds(either, a="2")


def test_the_refusal_names_the_first_clause_that_said_no_and_the_value_it_saw() -> None:
    condition = All((Clause("a", Op.IS, "1"), Clause("retries", Op.AT_LEAST, 3, NUMBER)))

    refusal = condition.refusal(lookup({"a": "1", "retries": 2}, None))

    assert refusal is not None
    assert str(refusal) == "retries at_least 3: saw 2"


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a.b", 1),
        ("a.c", None),
        ("rules.name", ["x", "y"]),
        ("rules.nothing", None),
        ("tags", ["t"]),
        ("missing.deep", None),
        ("null", None),
        ("a.b.c", None),
    ],
)
def test_a_raw_path_walks_objects_and_every_element_of_a_list(path: str, found: Any) -> None:
    raw = {"a": {"b": 1}, "rules": [{"name": "x"}, {"name": "y"}, "odd"], "tags": ["t"], "null": None}

    assert dig(raw, path) == found


values = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.tuples(st.text())
clauses = st.builds(Clause, st.sampled_from(["a", "b"]), st.sampled_from([Op.IS, Op.IS_NOT, Op.CONTAINS]), st.text())
conditions = st.recursive(
    clauses,
    lambda inner: (
        st.builds(All, st.tuples(inner, inner)) | st.builds(AnyOf, st.tuples(inner, inner)) | st.builds(Not, inner)
    ),
    max_leaves=6,
)


@given(conditions, values, values)
def test_a_condition_holds_exactly_when_it_has_no_refusal(condition: Condition, a: Any, b: Any) -> None:
    get = lookup({"a": a, "b": b}, None)

    assert condition.compiled()(get) is (condition.refusal(get) is None)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    ),
    st.text(),
)
def test_any_path_into_any_json_finds_something_or_nothing_and_never_raises(raw: Any, path: str) -> None:
    dig(raw, path)
    assert holds(Clause(f"raw.{path}", Op.EXISTS, operand=True), raw) is (dig(raw, path) is not None)
