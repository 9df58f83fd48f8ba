"""The sample deliveries on disk, and sources to read them with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bot.cli import samples
from bot.sources import Source, build

FOLDER: Final = Path(samples.__file__).parent
SECRET: Final = b"wss_tests_only_0123456789abcdefghij"
TOKEN: Final = b"tests-only-token"
NOW_MS: Final = 1_773_129_720_000


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a source is told, as the shipped config.yaml would, with secrets of its own."""

    name: str
    kind: str
    secrets: tuple[bytes, ...] = (SECRET,)
    token: bytes | None = None
    company: tuple[str, ...] = ("metadata.company", "metadata.tenant")
    link: str | None = None
    drop: tuple[str, ...] = ()
    environment: str = "prod"
    more_types: tuple[str, ...] = ()
    fetch_from: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sample:
    """One file: its platform, the API version (empty for Alfred), its name without `.json`."""

    platform: str
    version: str
    name: str
    body: bytes

    @property
    def label(self) -> str:
        return "/".join(filter(None, (self.platform, self.version, self.name)))


def extend(**changed: Any) -> Source:
    return build(Settings(**{"name": "extend", "kind": "extend", **changed}))


def alfred(**changed: Any) -> Source:
    usual = {"name": "alfred", "kind": "alfred", "secrets": (), "token": TOKEN, "drop": ("content", "value")}
    return build(Settings(**{**usual, **changed}))


def source_of(sample: Sample) -> Source:
    return extend() if sample.platform == "extend" else alfred()


def all_samples() -> Iterator[Sample]:
    """Newest version first, Alfred last, by name."""
    folders = sorted((FOLDER / "extend").iterdir(), reverse=True)
    for folder in [*folders, FOLDER / "alfred"]:
        platform = folder.relative_to(FOLDER).parts[0]
        version = folder.name if platform == "extend" else ""
        for path in sorted(folder.glob("*.json")):
            yield Sample(platform, version, path.stem, path.read_bytes())


def sample(label: str) -> bytes:
    """Return the bytes of e.g. `alfred/job_start_event`."""
    return (FOLDER / f"{label}.json").read_bytes()
