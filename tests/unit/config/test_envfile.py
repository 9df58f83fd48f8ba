"""A file of secrets is text: what a shell would make of a value never happens to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config.envfile import read_env_file
from bot.errors import InvalidInputError


def read(folder: Path, content: bytes) -> dict[str, str]:
    path = folder / ".env"
    path.write_bytes(content)
    return read_env_file(path)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=b", "b"),
        ("A=", ""),
        ("A=b c", "b c"),
        ("A=$HOME&`id`;$(id)|x", "$HOME&`id`;$(id)|x"),
        ("A=a=b==", "a=b=="),
        ("A=a#b # c", "a#b # c"),
        ("A='b c'", "b c"),
        ('A="b $c"', "b $c"),
        ("A='b\"", "'b\""),
        ("A='", "'"),
        ("A=''", ""),
        ("A=''b''", "'b'"),
        ("A=it's", "it's"),
        ("A=b\\n\\", "b\\n\\"),
        ("  export A = b  ", "b"),
        ("exportA=b", None),
    ],
)
def test_a_value_is_what_stands_there(tmp_path: Path, line: str, value: str | None) -> None:
    assert read(tmp_path, line.encode()).get("A") == value


def test_comments_blank_lines_and_foreign_line_ends_are_fine(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf# secrets\r\n\r\nA='b'\r\n  # more\r\nB=c\r\nA=last"
    assert read(tmp_path, content) == {"A": "last", "B": "c"}


def test_what_is_no_pair_is_told_by_line_and_never_by_what_it_says(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError) as raised:
        read(tmp_path, b"A=b\ncanary\n1A=canary\nB=can\0ary\n")
    assert [problem.line for problem in raised.value.problems] == [2, 3, 4]
    assert "can" not in str(raised.value).replace(str(tmp_path), "")


def test_a_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="No such file"):
        read_env_file(tmp_path / "none")
