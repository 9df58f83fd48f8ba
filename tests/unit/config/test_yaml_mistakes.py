"""What the strict YAML layer refuses: place, word and advice of each mistake that people make."""

from __future__ import annotations

import pytest

from bot.config.nodes import Entries, Items, Text
from bot.config.notes import Notes
from bot.config.yamltext import MAX_BYTES, read_yaml

QUOTES = "put it in quotes"

# (text, line, column, word, part of the message)
MISTAKES = [
    ("title: {company}: failed\n", 1, 8, "{company}: failed", QUOTES),
    ("a:\n  title: {company} failed\n", 2, 10, "{company} failed", QUOTES),
    ("title: %d failed\n", 1, 8, "%d failed", QUOTES),
    ("title: Acme: failed\n", 1, 8, "Acme: failed", QUOTES),
    ("title: @oncall failed\n", 1, 8, "@oncall failed", QUOTES),
    ("title: `x`\n", 1, 8, "`x`", QUOTES),
    ("title: [urgent] failed\n", 1, 8, "[urgent] failed", QUOTES),
    ('title: "a" b\n', 1, 8, '"a" b', "quote all of it"),
    ('title: "a\n', 1, 8, "", "never closed"),
    ("when: *.failed\n", 1, 7, "*.failed", QUOTES),
    ("when: [*.failed, x]\n", 1, 8, "*.failed", QUOTES),
    ("when:\n  - *.failed\n", 2, 5, "*.failed", QUOTES),
    ("when: *failed\n", 1, 7, "*failed", QUOTES),
    ("a: &b c\n", 1, 4, "&b", "anchors"),
    ("a: !!str c\n", 1, 4, "!", "tags"),
    ("<<: {a: b}\n", 1, 1, "<<", "merge"),
    ("a: b\n---\nc: d\n", 2, 1, "---", "second document"),
    ("a: 1\nb: 2\na: 3\n", 3, 1, "a", "first on line 1"),
    ("a: {b: 1, 'b': 2}\n", 1, 11, "b", "written twice"),
    ("? [a]\n: b\n", 1, 3, "[…]", "cannot be a key"),
    ("a:\n\tb: c\n", 2, 1, "\\t", "a tab"),
    ("a: b\x07\n", 1, 5, "\\x07", "U+0007"),
    ('a: "b\\x07"\n', 1, 4, "b\x07", "U+0007"),
    ("a: \u202eb\n", 1, 4, "\\u202e", "U+202E"),
    ("a: b\rc\n", 1, 5, "\\r", "U+000D"),
    ("a: 1\n b: 2\n", 2, 2, "b: 2", "indentation"),
    ("a:\n  b: c\n d: e\n", 3, 2, "d:", "indentation"),
    ("when\nc: d\n", 2, 1, "c: d", "`:` is missing above"),
    ("a: [b, c\n", 1, 9, "", "`,` or `]`"),
    ("a: {b: c\n", 1, 9, "", "`,` or `}`"),
    ("- a\nb: c\n", 2, 1, "b:", "starts with `- `"),
    ('a: "\\q"\n', 1, 5, '\\q"', "backslash"),
    ('a: "\\ud800"\n', 1, 7, 'd800"', "no character"),
    ("[" * 33 + "]" * 33, 1, 34, "", "deeper than 32"),
]


@pytest.mark.parametrize(("text", "line", "column", "word", "message"), MISTAKES)
def test_a_mistake_is_shown_at_its_place_with_advice(
    text: str, line: int, column: int, word: str, message: str
) -> None:
    notes = Notes("f.yaml")
    read_yaml(text.encode(), notes)
    first = notes.problems[0]
    assert (first.line, first.column, first.word) == (line, column, word)
    assert message in first.message
    assert len(notes.problems) == 1


def test_bytes_that_are_not_utf8_are_shown_at_their_place() -> None:
    notes = Notes("f.yaml")
    assert read_yaml(b"a: b\nc: \xff\n", notes) is None
    assert (notes.problems[0].line, notes.problems[0].column) == (2, 4)
    assert "UTF-8" in notes.problems[0].message


def test_a_file_over_1_mib_is_refused_unread() -> None:
    notes = Notes("f.yaml")
    assert read_yaml(b"#" * (MAX_BYTES + 1), notes) is None
    assert "1 MiB" in notes.problems[0].message


def test_a_file_of_exactly_1_mib_and_32_levels_are_read() -> None:
    notes = Notes("f.yaml")
    assert read_yaml(b"a: b\n#" + b"#" * (MAX_BYTES - 6), notes) is not None
    assert read_yaml(b"[" * 32 + b"]" * 32, notes) is not None
    assert notes.problems == []


def test_one_file_tells_all_that_its_events_show() -> None:
    notes = Notes("f.yaml")
    read_yaml(b"a: &x 1\nb: 2\nb: 3\nc: *x\n", notes)
    assert [problem.line for problem in notes.in_order()] == [1, 3, 4]


@pytest.mark.parametrize("start", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_and_a_byte_order_mark_change_nothing(start: str, end: str) -> None:
    notes = Notes("f.yaml")
    tree = read_yaml(f"{start}a:{end}  - on{end}  - '08:30'{end}".encode(), notes)
    assert isinstance(tree, Entries)
    assert tree.get("a") == Items((Text("on", 2, 5), Text("08:30", 3, 5, quoted=True)), 2, 3)


@pytest.mark.parametrize("text", ["on", "no", "0123", "12:30:45", "08:30", "1e3", "null", "~", "0x1F", "2026-01-05"])
def test_every_scalar_stays_the_text_that_was_written(text: str) -> None:
    tree = read_yaml(f"a: {text}\n".encode(), Notes("f.yaml"))
    assert isinstance(tree, Entries)
    assert tree.get("a") == Text(text, 1, 4)


def test_a_channel_that_became_a_comment_is_remembered() -> None:
    tree = read_yaml(b"notify: #doc-alerts\n", Notes("f.yaml"))
    assert isinstance(tree, Entries)
    assert tree.get("notify") == Text("", 1, 9, comment="#doc-alerts")
