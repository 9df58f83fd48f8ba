"""Made-up secrets stay the same from start to start, and never replace a real one."""

from __future__ import annotations

import stat
from pathlib import Path

from bot.config.model import Config, SourceConfig
from bot.service import dev_secrets


def config(folder: Path, **sources: SourceConfig) -> Config:
    return Config(file="config.yaml", folder=folder, sources=sources, rules=())


EXTEND = SourceConfig(name="extend", kind="extend")
ALFRED = SourceConfig(name="alfred", kind="alfred")


def test_each_source_without_a_secret_gets_its_kind_of_secret(tmp_path: Path) -> None:
    made = dev_secrets.with_made_up(config(tmp_path, extend=EXTEND, alfred=ALFRED)).sources
    assert len(made["extend"].secrets) == 1
    assert made["extend"].token is None
    assert made["alfred"].token
    assert made["alfred"].secrets == ()


def test_the_next_start_and_send_find_the_same_ones(tmp_path: Path) -> None:
    first = dev_secrets.with_made_up(config(tmp_path, extend=EXTEND)).sources["extend"].secrets
    later = dev_secrets.with_made_up(config(tmp_path, extend=EXTEND, alfred=ALFRED))
    assert later.sources["extend"].secrets == first
    sent = dev_secrets.completed(config(tmp_path, extend=EXTEND), dev_secrets.read(tmp_path))
    assert sent.sources["extend"].secrets == first


def test_a_secret_that_is_set_is_used_and_written_nowhere(tmp_path: Path) -> None:
    real = SourceConfig(name="extend", kind="extend", secrets=(b"real-secret",))
    assert dev_secrets.with_made_up(config(tmp_path, extend=real)).sources["extend"].secrets == (b"real-secret",)
    assert dev_secrets.read(tmp_path) == {}


def test_only_their_owner_can_read_them(tmp_path: Path) -> None:
    dev_secrets.with_made_up(config(tmp_path, extend=EXTEND))
    assert stat.S_IMODE((tmp_path / "var" / "dev-secrets").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700


def test_two_folders_have_different_ones(tmp_path: Path) -> None:
    made = set()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        made |= set(dev_secrets.with_made_up(config(tmp_path / name, extend=EXTEND)).sources["extend"].secrets)
    assert len(made) == 2
