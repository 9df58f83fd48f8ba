"""Secrets come from the environment or from files, and show in no repr."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config.load import load_config
from bot.config.model import Config

TEXT = """\
sources:
  extend: {kind: extend, secrets: [env:A, "file:secret.txt"]}
  alfred: {kind: alfred, token: env:A}
rules: [r]
slack: {bot_token: env:A, signing_secret: env:A, app_token: env:A}
api: {tokens: [env:A]}
"""


def loaded(tmp_path: Path, env: dict[str, str]) -> Config:
    path = tmp_path / "config.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return load_config(path, env, secrets_required=False)


def test_a_file_is_found_from_the_folder_of_the_config_and_its_last_line_end_is_no_part(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_bytes(b"wss_abc\n")
    secret.chmod(0o600)
    config = loaded(tmp_path, {"A": "a"})
    assert config.sources["extend"].secrets == (b"a", b"wss_abc")
    assert not any("chmod" in note.message for note in config.warnings)


def test_a_file_that_others_can_read_is_noted(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_bytes(b"wss_abc")
    secret.chmod(0o644)
    notes = [note for note in loaded(tmp_path, {"A": "a"}).warnings if "chmod" in note.message]
    assert [(note.line, note.word) for note in notes] == [(2, "file:secret.txt")]


@pytest.mark.parametrize("value", ["", "  \n"])
def test_an_empty_secret_is_not_set(tmp_path: Path, value: str) -> None:
    assert loaded(tmp_path, {"A": value}).sources["alfred"].token is None


def test_no_secret_shows_in_a_repr(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_bytes(b"hush-hush")
    config = loaded(tmp_path, {"A": "hush-hush"})
    assert config.slack is not None
    shown = [repr(config), repr(config.sources), repr(config.slack), str(config.api_tokens)]
    shown += [
        repr(config.slack.bot_token),
        repr(config.sources["extend"].secrets[0]),
        str(config.sources["alfred"].token),
    ]
    assert not any("hush" in text for text in shown)
