"""What the fake workspace holds: channels, tokens, messages with every revision, and switches."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.slack import mentions
from tests.fakes.slack.people import Directory

TEAM = "T0FAKE001"
BOT_USER = "U0BOT00001"
BOT = "B0BOT00001"
APP = "A0APP00001"
TOKEN = "xoxb-fake-bot-token"
APP_TOKEN = "xapp-fake-app-token"
ALL_SCOPES = (
    "chat:write",
    "chat:write.public",
    "channels:history",
    "groups:history",
    "channels:read",
    "groups:read",
    "users:read",
    "users:read.email",
    "usergroups:read",
)


@dataclass(slots=True)
class Channel:
    """A conversation and what may be done in it."""

    id: str
    name: str
    is_private: bool = False
    is_member: bool = True
    is_archived: bool = False
    read_only: bool = False
    thread_only: bool = False
    non_threadable: bool = False


@dataclass(slots=True)
class Token:
    """`kind` is bot, user or app; `state` is valid, revoked, expired or inactive."""

    kind: str = "bot"
    state: str = "valid"
    scopes: tuple[str, ...] = ALL_SCOPES


@dataclass(frozen=True, slots=True)
class Revision:
    """A message as it read from some time on."""

    at: float
    content: dict[str, Any]


@dataclass(slots=True)
class Message:
    """A stored message. `content` is what was sent: text, blocks, attachments, metadata, parse, link_names."""

    channel: str
    ts: str
    at: float
    visible_at: float
    content: dict[str, Any]
    via: str = "api"
    thread_ts: str | None = None
    broadcast: bool = False
    client_msg_id: str | None = None
    is_ours: bool = True
    deleted: bool = False
    revisions: list[Revision] = field(default_factory=list)
    notified: list[str] = field(default_factory=list)
    links: list[mentions.Link] = field(default_factory=list)

    @property
    def delivery_id(self) -> str | None:
        """The bot's own mark, from the metadata."""
        payload = (self.content.get("metadata") or {}).get("event_payload") or {}
        found = payload.get("delivery_id")
        return found if isinstance(found, str) else None

    @property
    def visible(self) -> str:
        """What a reader sees."""
        return mentions.visible(self.content)

    def public(self, *, with_metadata: bool = True) -> dict[str, Any]:
        """The message as Slack's answers give it."""
        shown: dict[str, Any] = {
            "type": "message",
            "user": BOT_USER,
            "bot_id": BOT,
            "app_id": APP,
            "team": TEAM,
            "ts": self.ts,
        }
        for name in ("text", "blocks", "attachments", "metadata"):
            if self.content.get(name):
                shown[name] = copy.deepcopy(self.content[name])
        if "metadata" in shown and not with_metadata:
            shown["metadata"] = {"event_type": shown["metadata"]["event_type"]}
        return shown | ({"thread_ts": self.thread_ts} if self.thread_ts else {})


@dataclass(slots=True)
class Switches:
    """Where Slack's behaviour is not documented; the defaults are the harsher reading."""

    profile: str = "internal"  # or unlisted: history 1 a minute, at most 15 items
    strict_bursts: bool = True
    share_webhook_bucket: bool = False
    punish: bool = False  # three violations in a row double the wait
    ban: bool = False  # ten violations deactivate the token
    orphan_thread: str = "unthread"  # keep, error
    client_msg_id: str = "ignore"  # dedupe
    edit_window: float | None = None
    update_limit_in_bytes: bool = True
    strict_rich: bool = True
    lenient_size: bool = False
    unsupported_blocks: tuple[str, ...] = ()
    history_lag: float = 0.3
    date_skew: float = 0.0
    workspace_per_minute: float = 300.0


@dataclass(slots=True)
class Call:
    """One request, noted before any fault."""

    at: float
    method: str
    token: str | None
    channel: str | None
    args: dict[str, Any]
    size: int
    peer: str
    raw: bytes = b""
    fault: str | None = None
    stored: bool = False
    status: int | None = None
    answer: Any = None


class Workspace:
    """All state behind the methods; survives a restarted client."""

    def __init__(self) -> None:
        self.channels = {
            "C0DOCALERT1": Channel("C0DOCALERT1", "doc-alerts"),
            "C0DOCREVW1": Channel("C0DOCREVW1", "doc-review"),
            "C0ARCHIVED1": Channel("C0ARCHIVED1", "old", is_archived=True),
            "C0STRANGER1": Channel("C0STRANGER1", "stranger", is_member=False),
            "G0SECRET001": Channel("G0SECRET001", "secret", is_private=True, is_member=False),
        }
        self.tokens = {TOKEN: Token(), APP_TOKEN: Token(kind="app")}
        self.webhooks: dict[str, str] = {}
        self.messages: list[Message] = []
        self.calls: list[Call] = []
        self.switches = Switches()
        self.directory = Directory()
        self._last_ts = 0

    def add_channel(self, channel_id: str, name: str, **flags: bool) -> Channel:
        channel = self.channels[channel_id] = Channel(channel_id, name, **flags)
        return channel

    def find_channel(self, wanted: str) -> Channel | None:
        """Find a channel by id, `#name` or name."""
        name = wanted.removeprefix("#")
        found = self.channels.get(wanted)
        return found or next((channel for channel in self.channels.values() if channel.name == name), None)

    def next_ts(self, now: float) -> str:
        """Return a ts that is later than all before it: seconds, a dot, six digits."""
        self._last_ts = max(self._last_ts + 1, round(now * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def find(self, channel: str, ts: str) -> Message | None:
        return next((m for m in self.messages if m.channel == channel and m.ts == ts and not m.deleted), None)

    def store(self, channel: str, now: float, content: dict[str, Any], **more: Any) -> Message:
        """Store a message and note whom it pings and where it links to."""
        lag = self.switches.history_lag
        kept = copy.deepcopy(content)
        for index, block in enumerate(kept.get("blocks") or []):
            block.setdefault("block_id", f"given{index}")
        message = Message(channel, self.next_ts(now), now, now + lag, kept, **more)
        reading = mentions.read(kept)
        message.notified, message.links = reading.notified, reading.links
        message.revisions.append(Revision(now, kept))
        self.messages.append(message)
        return message

    def revise(self, message: Message, now: float, content: dict[str, Any]) -> None:
        """Change a message. An edit notifies nobody, but its links and tokens are noted."""
        message.content = copy.deepcopy(content)
        reading = mentions.read(message.content)
        message.notified.extend(found for found in reading.notified if found not in message.notified)
        message.links = reading.links
        message.revisions.append(Revision(now, message.content))
