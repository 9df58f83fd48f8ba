"""Changed files are noticed once they stand still, whatever they are called and however they were changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.service.watching import Watch

RULES = "rules: {}\n"
CONFIG = "rules: [rules]\n"


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.yaml").write_text(RULES)
    return Watch(tmp_path / "config.yaml", [tmp_path / "rules"], (CONFIG, RULES))


def test_what_was_read_at_the_start_is_no_change(watch: Watch) -> None:
    assert [watch.look() for _ in range(25)] == [False] * 25


@pytest.mark.parametrize("name", ["config.yaml", "rules/a.yaml"])
def test_a_change_is_taken_once_it_stands_for_a_look(watch: Watch, tmp_path: Path, name: str) -> None:
    watch.look()
    (tmp_path / name).write_text("half")
    assert watch.look() is False
    assert watch.is_settling
    (tmp_path / name).write_text("half and more")
    assert watch.look() is False
    assert watch.look() is True
    watch.take()
    assert watch.look() is False


def test_what_is_changed_back_in_time_is_no_change(watch: Watch, tmp_path: Path) -> None:
    (tmp_path / "rules" / "a.yaml").write_text("x")
    assert watch.look() is False
    (tmp_path / "rules" / "a.yaml").write_text(RULES)
    assert watch.look() is False
    assert not watch.is_settling


def test_a_file_that_is_renamed_holds_the_same_rules(watch: Watch, tmp_path: Path) -> None:
    (tmp_path / "rules" / "a.yaml").rename(tmp_path / "rules" / "b.yaml")
    assert [watch.look(), watch.look()] == [False, False]


def test_a_file_that_comes_or_goes_is_a_change(watch: Watch, tmp_path: Path) -> None:
    (tmp_path / "rules" / "b.yaml").write_text("x")
    assert [watch.look(), watch.look()] == [False, True]
    watch.take()
    (tmp_path / "rules" / "b.yaml").unlink()
    assert [watch.look(), watch.look()] == [False, True]


def test_a_file_that_was_put_back_with_its_size_and_time_is_noticed_within_ten_looks(
    watch: Watch, tmp_path: Path
) -> None:
    watch.look()
    path = tmp_path / "rules" / "a.yaml"
    before = path.stat()
    with path.open("r+") as file:
        file.write(RULES.replace("{}", "[]"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert any(watch.look() for _ in range(12))


def test_a_link_that_is_swapped_is_a_change(watch: Watch, tmp_path: Path) -> None:
    for name, text in (("one", RULES), ("two", "rules: {a: {}}\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.yaml").write_text(text)
    (tmp_path / "rules" / "a.yaml").unlink()
    (tmp_path / "rules" / "..data").symlink_to(tmp_path / "one")
    (tmp_path / "rules" / "a.yaml").symlink_to("..data/a.yaml")
    watch.look()
    (tmp_path / "rules" / "..new").symlink_to(tmp_path / "two")
    (tmp_path / "rules" / "..new").rename(tmp_path / "rules" / "..data")
    assert [watch.look(), watch.look()] == [False, True]


def test_a_folder_that_is_gone_is_a_change_and_no_error(watch: Watch, tmp_path: Path) -> None:
    (tmp_path / "rules" / "a.yaml").unlink()
    (tmp_path / "rules").rmdir()
    (tmp_path / "config.yaml").unlink()
    assert [watch.look(), watch.look()] == [False, True]
