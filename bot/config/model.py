"""What config.yaml becomes: frozen values with every default filled in, durations in milliseconds, sizes in bytes.

Secrets stand here resolved; none of these values shows one in its repr.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from bot.config.digest import Digest
from bot.config.nodes import Entries
from bot.errors import Problem

SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
DAY: Final = 24 * 60 * MINUTE
MIB: Final = 1024 * 1024
SQLITE_PREFIX: Final = "sqlite:///"
UTC: Final = ZoneInfo("UTC")


class SourceKind(StrEnum):
    """The platforms that this version can verify and read."""

    EXTEND = "extend"
    ALFRED = "alfred"


class OnUnknown(StrEnum):
    """What becomes of a doubtful post where the channel cannot be read back."""

    REPEAT_MARKED = "repeat_marked"
    PARK = "park"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceConfig:
    """One origin of events. `secrets` are the signing secrets that may be live at once, `token` the path token.

    `company` are dotted paths inside the payload, first present wins; `drop` are names of values never stored, at
    any depth; `fetch_from` are the only hosts from which a payload by reference may be fetched.
    """

    name: str
    kind: str
    secrets: tuple[bytes, ...] = field(default=(), repr=False)
    token: bytes | None = field(default=None, repr=False)
    company: tuple[str, ...] = ()
    link: str | None = None
    drop: tuple[str, ...] = ()
    environment: str = "prod"
    more_types: tuple[str, ...] = ()
    fetch_from: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackConfig:
    """How messages leave. Neither `bot_token` nor `webhooks`: preview. `webhooks` maps channel names to addresses.

    `bot_token_file` is where the token was read, if that was a file: there a replaced one is found without a restart.
    `on_unknown_by` has severities of which `on_unknown` is not true.
    """

    bot_token: str | None = field(default=None, repr=False)
    webhooks: Mapping[str, str] = field(default_factory=dict, repr=False)
    app_token: str | None = field(default=None, repr=False)
    signing_secret: bytes | None = field(default=None, repr=False)
    api_url: str = "https://slack.com/api/"
    admin_channel: str | None = None
    may_act: tuple[str, ...] = ("any",)
    timeout_ms: int = 10 * SECOND
    settle_ms: int = 90 * SECOND
    on_unknown: OnUnknown = OnUnknown.REPEAT_MARKED
    on_unknown_by: Mapping[str, OnUnknown] = field(default_factory=dict)
    bot_token_file: Path | None = None


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """Where the bot listens; `max_body` in bytes."""

    host: str = "127.0.0.1"
    port: int = 8080
    external_url: str | None = None
    max_body: int = 32 * MIB


class Hours(msgspec.Struct, frozen=True, kw_only=True):
    """Named recurring hours `[start, end)` in minutes of the local day; `end` before `start` runs over midnight.

    `days` count from 0 = Monday. A span belongs to the day on which it begins, and a holiday cancels that span.
    """

    days: frozenset[int]
    start: int
    end: int
    holidays: frozenset[date] = frozenset()
    timezone: ZoneInfo | None = None


class Storm(msgspec.Struct, frozen=True, kw_only=True):
    """The first `messages` first messages of a channel within `within_ms` are posted, the rest folded."""

    messages: int = 20
    within_ms: int = 5 * MINUTE


class Keep(msgspec.Struct, frozen=True, kw_only=True):
    """How long things are kept: bodies, the keys that recognise duplicates, the record of what was done."""

    bodies_ms: int = 7 * DAY
    keys_ms: int = 90 * DAY
    audit_ms: int = 400 * DAY
    max_size: int = 5_000_000_000


class MissingSecret(msgspec.Struct, frozen=True):
    """A secret that config.yaml refers to and that is not set: where it is used, and the reference as written."""

    key: str
    reference: str
    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All of config.yaml. `folder` is where relative paths start; `warnings` are notes for `check`.

    `default_node` is the unread `defaults:` section: its keys are the rule language's and are read with the rules.
    It is not `readable` where it stands in for a file that could not be read at all: what only the file could tell
    (people, defaults, sources) is then not asked of rules.
    """

    file: str
    folder: Path
    sources: Mapping[str, SourceConfig]
    rules: tuple[Path, ...]
    store: str = SQLITE_PREFIX + "var/tocsin.db"
    timezone: ZoneInfo = UTC
    server: Server = field(default_factory=Server)
    slack: SlackConfig | None = None
    channels: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    hours: Mapping[str, Hours] = field(default_factory=dict)
    digests: Mapping[str, Digest] = field(default_factory=dict)
    storm: Storm = field(default_factory=Storm)
    api_tokens: tuple[bytes, ...] = field(default=(), repr=False)
    keep: Keep = field(default_factory=Keep)
    default_node: Entries | None = None
    dev: bool = False
    readable: bool = True
    missing_secrets: tuple[MissingSecret, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def preview(self) -> bool:
        """Say whether messages are drawn in the terminal instead of posted."""
        return self.dev or self.slack is None or not (self.slack.bot_token or self.slack.webhooks)

    @property
    def store_path(self) -> Path:
        """The store's file, absolute."""
        return Path(self.store.removeprefix(SQLITE_PREFIX))

    @property
    def more_types(self) -> tuple[str, ...]:
        """Types beyond the catalogue that any source admits, sorted."""
        return tuple(sorted({name for source in self.sources.values() for name in source.more_types}))
