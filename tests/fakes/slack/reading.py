"""conversations.*: what can be read back, how late, and how much of it."""

from __future__ import annotations

from typing import Any

from tests.fakes.slack.decoding import RefusedError
from tests.fakes.slack.state import Channel, Message, Workspace

_MOST = 999
_MOST_UNLISTED = 15


def history(workspace: Workspace, args: dict[str, Any], now: float, scopes: tuple[str, ...]) -> dict[str, Any]:
    """Top-level messages and broadcast replies, newest first."""
    channel = _readable(workspace, args, scopes)
    found = [m for m in _visible(workspace, channel, now) if m.thread_ts is None or m.broadcast]
    found = [m for m in found if _in_range(m, args)]
    return _page(sorted(found, key=lambda m: m.ts, reverse=True), workspace, args)


def replies(workspace: Workspace, args: dict[str, Any], now: float, scopes: tuple[str, ...]) -> dict[str, Any]:
    """The parent, then its replies, oldest first."""
    channel, parent = _readable(workspace, args, scopes), str(args.get("ts"))
    found = [m for m in _visible(workspace, channel, now) if parent in {m.ts, m.thread_ts}]
    if not any(m.ts == parent for m in found):
        raise RefusedError("thread_not_found")
    return _page(sorted((m for m in found if _in_range(m, args)), key=lambda m: m.ts), workspace, args)


def info(workspace: Workspace, args: dict[str, Any], now: float, scopes: tuple[str, ...]) -> dict[str, Any]:
    """One channel."""
    del now, scopes
    channel = workspace.find_channel(str(args.get("channel", "")))
    if channel is None or (channel.is_private and not channel.is_member):
        raise RefusedError("channel_not_found")
    return {"channel": _public(channel)}


def list_channels(workspace: Workspace, args: dict[str, Any], now: float, scopes: tuple[str, ...]) -> dict[str, Any]:
    """All channels that the bot may see."""
    del args, now, scopes
    seen = [channel for channel in workspace.channels.values() if not channel.is_private or channel.is_member]
    return {"channels": [_public(channel) for channel in seen], "response_metadata": {"next_cursor": ""}}


def _readable(workspace: Workspace, args: dict[str, Any], scopes: tuple[str, ...]) -> Channel:
    channel = workspace.channels.get(str(args.get("channel", "")))  # reading takes ids only
    if channel is None or (channel.is_private and not channel.is_member):
        raise RefusedError("channel_not_found")
    needed = "groups:history" if channel.is_private else "channels:history"
    if needed not in scopes:
        raise RefusedError("missing_scope", needed=needed, provided=",".join(scopes))
    if not channel.is_member:
        raise RefusedError("not_in_channel")
    return channel


def _visible(workspace: Workspace, channel: Channel, now: float) -> list[Message]:
    return [m for m in workspace.messages if m.channel == channel.id and not m.deleted and m.visible_at <= now]


def _in_range(message: Message, args: dict[str, Any]) -> bool:
    at, inclusive = float(message.ts), bool(args.get("inclusive"))
    oldest, latest = _bound(args, "oldest", 0.0), _bound(args, "latest", float("inf"))
    return (oldest <= at <= latest) if inclusive else (oldest < at < latest)


def _bound(args: dict[str, Any], name: str, otherwise: float) -> float:
    try:
        return float(args[name]) if args.get(name) else otherwise
    except ValueError:
        raise RefusedError(f"invalid_ts_{name}") from None


def _page(found: list[Message], workspace: Workspace, args: dict[str, Any]) -> dict[str, Any]:
    most = _MOST_UNLISTED if workspace.switches.profile == "unlisted" else _MOST
    limit = min(max(1, int(args.get("limit") or 100)), most)
    cursor = str(args.get("cursor") or "0")
    if not cursor.isdigit():
        raise RefusedError("invalid_cursor")
    start, end = int(cursor), int(cursor) + limit
    shown = [m.public(with_metadata=args.get("include_all_metadata") is True) for m in found[start:end]]
    more = end < len(found)
    return {"messages": shown, "has_more": more, "response_metadata": {"next_cursor": str(end) if more else ""}}


def _public(channel: Channel) -> dict[str, Any]:
    flags = {"is_private": channel.is_private, "is_member": channel.is_member, "is_archived": channel.is_archived}
    return {"id": channel.id, "name": channel.name, "is_channel": not channel.is_private, **flags}
