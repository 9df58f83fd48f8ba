"""Which files are read, and that one broken file hides none of the others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.errors import InvalidInputError
from bot.rulepack.load import load_rules, read_rules, rule_files
from tests.unit.rulepack.written import config_in

RULE = "rules: {{{name}: {{title: t, when: failed, notify: d}}}}\n"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_folder_is_read_to_its_depths_in_order_and_hidden_things_are_not(tmp_path: Path) -> None:
    for name in ("b.yaml", "a/z.yml", "a/notes.md", ".hidden.yaml", "..data/b.yaml"):
        write(tmp_path / "rules" / name, RULE.format(name="x"))
    assert rule_files([tmp_path / "rules"]) == [tmp_path / "rules" / "a" / "z.yml", tmp_path / "rules" / "b.yaml"]


def test_a_folder_that_links_to_itself_is_read_once(tmp_path: Path) -> None:
    write(tmp_path / "rules" / "a.yaml", RULE.format(name="a"))
    (tmp_path / "rules" / "again").symlink_to(tmp_path / "rules")
    assert rule_files([tmp_path / "rules"]) == [tmp_path / "rules" / "a.yaml"]


def test_a_mounted_file_is_a_link_and_is_read(tmp_path: Path) -> None:
    real = write(tmp_path / "rules" / "..2026" / "a.yaml", RULE.format(name="a"))
    (tmp_path / "rules" / "a.yaml").symlink_to(real)
    loaded = read_rules([tmp_path / "rules"], config_in(tmp_path))
    assert list(loaded.rule_set.rules) == ["a"]


def test_one_broken_file_hides_none_of_the_others(tmp_path: Path) -> None:
    broken = write(tmp_path / "rules" / "a.yaml", "rules:\n  a: {title: {x}: y}\n")
    partly = write(
        tmp_path / "rules" / "b.yaml",
        "rules:\n  b: {title: t, when: faild, notify: d}\n  c: {title: t, when: failed, notify: d}\n",
    )
    write(tmp_path / "rules" / "c.yaml", RULE.format(name="d"))
    loaded = read_rules([tmp_path / "rules"], config_in(tmp_path))
    errors = [(p.file, p.line) for p in loaded.problems if p.level == "error"]
    assert errors == [(str(broken), 2), (str(partly), 2)]
    assert list(loaded.rule_set.rules) == ["c", "d"]


def test_loading_raises_with_every_problem_of_every_file(tmp_path: Path) -> None:
    write(tmp_path / "rules" / "a.yaml", "rules: {a: {title: t, when: faild, notify: d}}\n")
    write(tmp_path / "rules" / "b.yaml", "rules: {b: {title: t, when: failed, notfy: d}}\n")
    with pytest.raises(InvalidInputError) as raised:
        load_rules([tmp_path / "rules"], config_in(tmp_path))
    words = [problem.word for problem in raised.value.problems if problem.level == "error"]
    assert words == ["faild", "notfy"]


def test_the_same_name_in_two_files_says_where_the_first_is(tmp_path: Path) -> None:
    first = write(tmp_path / "rules" / "a.yaml", RULE.format(name="same"))
    second = write(tmp_path / "rules" / "b.yaml", RULE.format(name="same"))
    loaded = read_rules([tmp_path / "rules"], config_in(tmp_path))
    error = next(problem for problem in loaded.problems if problem.level == "error")
    assert (error.file, error.line, error.word) == (str(second), 1, "same")
    assert f"{first}:1" in error.message


@pytest.mark.parametrize("name", ["none.yaml", "x" * 5000, "empty"])
def test_a_path_without_rules_is_a_problem(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    loaded = read_rules([tmp_path / name], config_in(tmp_path))
    assert [(p.file, p.line, p.level) for p in loaded.problems] == [(str(tmp_path / name), 0, "error")]


def test_a_pipe_among_the_rules_is_not_waited_for(tmp_path: Path) -> None:
    write(tmp_path / "rules" / "a.yaml", RULE.format(name="a"))
    os.mkfifo(tmp_path / "rules" / "pipe.yaml")
    (tmp_path / "rules" / "zero.yaml").symlink_to("/dev/zero")
    loaded = read_rules([tmp_path / "rules"], config_in(tmp_path))
    assert list(loaded.rule_set.rules) == ["a"]
    errors = [(Path(p.file).name, "no regular file" in p.message) for p in loaded.problems if p.level == "error"]
    assert errors == [("pipe.yaml", True), ("zero.yaml", True)]


def test_a_pipe_named_as_rules_is_said_to_be_one(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (problem,) = read_rules([tmp_path / "pipe.yaml"], config_in(tmp_path)).problems
    assert "no regular file" in problem.message


def test_rules_of_a_file_that_cannot_be_read_are_not_told_as_missing(tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "a.yaml").write_text("rules: {a: {title: t, when: failed, notify: d, inhibited_by: b}}\n")
    (folder / "b.yaml").write_text("rules: {b: [\n")
    loaded = read_rules([folder], config_in(tmp_path))
    assert {Path(problem.file).name for problem in loaded.problems if problem.level == "error"} == {"b.yaml"}
    (folder / "b.yaml").write_text("rules: {b: {title: t, when: failed, notify: d}}\n")
    assert not read_rules([folder], config_in(tmp_path)).has_errors
    (folder / "b.yaml").write_text("rules: {c: {title: t, when: failed, notify: d}}\n")
    errors = [problem for problem in read_rules([folder], config_in(tmp_path)).problems if problem.level == "error"]
    assert [(Path(error.file).name, error.word, error.hint) for error in errors] == [("a.yaml", "b", "")]
