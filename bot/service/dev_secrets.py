"""Made-up secrets of `--dev`: kept beside the store, readable by their owner only, so that `tocsin send` finds them."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from bot.config.model import Config, SourceConfig

_FILE: Final = "var/dev-secrets"
_SECRET_BYTES: Final = 16


def with_made_up(config: Config) -> Config:
    """Return the config with a secret made up for every source that has none; the same ones at every start."""
    kept = read(config.folder)
    lacking = [name for name, source in config.sources.items() if not _has_secret(source)]
    made = {name: kept.get(name) or f"dev_{secrets.token_hex(_SECRET_BYTES)}" for name in lacking}
    if not made.items() <= kept.items():
        _write(config.folder, {**kept, **made})
    return completed(config, made)


def completed(config: Config, known: Mapping[str, str]) -> Config:
    """Return the config with these secrets for the sources that have none of their own."""
    sources = {name: _with_secret(source, known.get(name)) for name, source in config.sources.items()}
    return replace(config, sources=sources)


def read(folder: Path) -> dict[str, str]:
    """Return the secrets made up so far, by the names of their sources."""
    try:
        lines = (folder / _FILE).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def _has_secret(source: SourceConfig) -> bool:
    return bool(source.secrets) or bool(source.token)


def _with_secret(source: SourceConfig, secret: str | None) -> SourceConfig:
    if secret is None or _has_secret(source):
        return source
    value = secret.encode("utf-8")
    return replace(source, token=value) if source.kind == "alfred" else replace(source, secrets=(value,))


def _write(folder: Path, values: Mapping[str, str]) -> None:
    path = folder / _FILE
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("# Made up by `tocsin run --dev`. Worthless anywhere else.\n")
        file.writelines(f"{name}={value}\n" for name, value in sorted(values.items()))
    fresh.replace(path)
