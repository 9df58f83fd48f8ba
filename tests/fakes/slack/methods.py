"""chat.* and auth.test: destination, content, store, in Slack's order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.fakes.slack import content, reading, wording
from tests.fakes.slack.decoding import RefusedError
from tests.fakes.slack.state import APP, BOT, BOT_USER, TEAM, Channel, Message, Workspace

Answer = dict[str, Any]


def post_message(workspace: Workspace, args: dict[str, Any], now: float, scopes: tuple[str, ...]) -> Answer:
    channel = destination(workspace, args, scopes)
    content.check(args, workspace.switches)
    repeated = _repeated(workspace, args, channel, now)
    if repeated is not None:
        return _posted(repeated) | {"is_duplicate": True}
    kept, answer = content.content_of(args), Answer()
    text = kept.get("text")
    if isinstance(text, str) and len(text) > wording.TEXT_KEPT:
        kept["text"] = text[: wording.TEXT_KEPT]
        answer = {"warning": "message_truncated", "response_metadata": {"warnings": ["message_truncated"]}}
    message = workspace.store(
        channel.id,
        now,
        kept,
        thread_ts=_thread(workspace, args, channel),
        broadcast=bool(args.get("reply_broadcast")),
        client_msg_id=args.get("client_msg_id"),
    )
    return _posted(message) | answer


def destination(workspace: Workspace, args: dict[str, Any], scopes: tuple[str, ...]) -> Channel:
    """Find the channel and whether this may be posted to it. Raises RefusedError."""
    if not args.get("channel"):
        messages = [f"[ERROR] {wording.missing('channel')}"]
        raise RefusedError("invalid_arguments", response_metadata={"messages": messages})
    channel = workspace.find_channel(str(args["channel"]))
    if channel is None or (channel.is_private and not channel.is_member):
        raise RefusedError("channel_not_found")
    threaded = bool(args.get("thread_ts"))
    refusals = {
        "not_in_channel": not channel.is_member and "chat:write.public" not in scopes,
        "is_archived": channel.is_archived,
        "restricted_action_read_only_channel": channel.read_only,
        "restricted_action_thread_only_channel": channel.thread_only and not threaded,
        "restricted_action_non_threadable_channel": channel.non_threadable and threaded,
    }
    for error, refused in refusals.items():
        if refused:
            raise RefusedError(error)
    return channel


def update(workspace: Workspace, args: dict[str, Any], now: float, scopes: tuple[str, ...]) -> Answer:
    del scopes
    message = _own(workspace, args, "cant_update_message")
    window = workspace.switches.edit_window
    if workspace.channels[message.channel].is_archived:
        raise RefusedError("is_inactive")
    if window is not None and now - message.at > window:
        raise RefusedError("edit_window_closed")
    _check_update(workspace, args, message)
    changed = dict(message.content)
    sent = content.content_of(args)
    if "text" in sent and "blocks" not in sent:
        changed.pop("blocks", None)
    changed.update(sent)
    for name in ("parse", "link_names"):  # chat.update forgets them when they are omitted
        if name not in sent:
            changed.pop(name, None)
    workspace.revise(message, now, changed)
    shown = message.public()
    return {"channel": message.channel, "ts": message.ts, "text": shown.get("text", ""), "message": shown}


def _check_update(workspace: Workspace, args: dict[str, Any], message: Message) -> None:
    switches, text = workspace.switches, args.get("text")
    size = len(str(text or "").encode() if switches.update_limit_in_bytes else str(text or ""))
    if size > wording.UPDATE_TEXT_BYTES:
        raise RefusedError("msg_too_long")
    if "text" in args or "blocks" in args or "attachments" in args:
        content.check(args, switches)
    new = args.get("blocks")
    if switches.strict_rich and new and _only_rich(message.content.get("blocks")) and not _has_rich(new):
        raise RefusedError("block_mismatch")


def _only_rich(blocks: Any) -> bool:
    return bool(blocks) and all(block.get("type") == "rich_text" for block in blocks)


def _has_rich(blocks: list[Any]) -> bool:
    return any(block.get("type") == "rich_text" for block in blocks)


def delete(workspace: Workspace, args: dict[str, Any], now: float, scopes: tuple[str, ...]) -> Answer:
    del now, scopes
    message = _own(workspace, args, "cant_delete_message")
    message.deleted = True
    return {"channel": message.channel, "ts": message.ts}


def permalink(workspace: Workspace, args: dict[str, Any], now: float, scopes: tuple[str, ...]) -> Answer:
    del now, scopes
    channel = workspace.find_channel(str(args.get("channel", "")))
    message = workspace.find(channel.id, str(args.get("message_ts"))) if channel else None
    if channel is None:
        raise RefusedError("channel_not_found")
    if message is None:
        raise RefusedError("message_not_found")
    reply = f"?thread_ts={message.thread_ts}&cid={channel.id}" if message.thread_ts else ""
    address = f"https://fake.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}{reply}"
    return {"channel": channel.id, "permalink": address}


def auth_test(workspace: Workspace, args: dict[str, Any], now: float, scopes: tuple[str, ...]) -> Answer:
    del workspace, args, now, scopes
    names = {"url": "https://fake.slack.com/", "team": "Fake", "user": "tocsin"}
    return names | {"team_id": TEAM, "user_id": BOT_USER, "bot_id": BOT, "app_id": APP}


def look_up(workspace: Workspace, args: dict[str, Any], now: float, scopes: tuple[str, ...]) -> Answer:
    del now, scopes
    return workspace.directory.look_up(args)


def members(workspace: Workspace, args: dict[str, Any], now: float, scopes: tuple[str, ...]) -> Answer:
    del now, scopes
    return workspace.directory.members(args)


def _own(workspace: Workspace, args: dict[str, Any], if_foreign: str) -> Message:
    channel = workspace.find_channel(str(args.get("channel", "")))
    if channel is None:
        raise RefusedError("channel_not_found")
    message = workspace.find(channel.id, str(args.get("ts")))
    if message is None:
        raise RefusedError("message_not_found")
    if not message.is_ours:
        raise RefusedError(if_foreign)
    return message


def _thread(workspace: Workspace, args: dict[str, Any], channel: Channel) -> str | None:
    wanted = args.get("thread_ts")
    if not wanted:
        return None
    parent = workspace.find(channel.id, str(wanted))
    if parent is not None:
        return parent.thread_ts or parent.ts
    orphan = workspace.switches.orphan_thread
    if orphan == "error":
        raise RefusedError("cannot_reply_to_message")
    return str(wanted) if orphan == "keep" else None


def _repeated(workspace: Workspace, args: dict[str, Any], channel: Channel, now: float) -> Message | None:
    own = args.get("client_msg_id")
    if workspace.switches.client_msg_id != "dedupe" or not own:
        return None
    same = [m for m in workspace.messages if m.channel == channel.id and m.client_msg_id == own and now - m.at < 86_400]
    if same and same[0].deleted:
        raise RefusedError("duplicate_message_not_found")
    return same[0] if same else None


def _posted(message: Message) -> Answer:
    return {"channel": message.channel, "ts": message.ts, "message": message.public()}


Method = Callable[[Workspace, dict[str, Any], float, tuple[str, ...]], Answer]
# Each method with the scope it needs.
METHODS: dict[str, tuple[Method, str | None]] = {
    "chat.postMessage": (post_message, "chat:write"),
    "chat.update": (update, "chat:write"),
    "chat.delete": (delete, "chat:write"),
    "chat.getPermalink": (permalink, None),
    "auth.test": (auth_test, None),
    "conversations.history": (reading.history, None),
    "conversations.replies": (reading.replies, None),
    "conversations.info": (reading.info, "channels:read"),
    "conversations.list": (reading.list_channels, "channels:read"),
    "users.lookupByEmail": (look_up, "users:read.email"),
    "usergroups.users.list": (members, "usergroups:read"),
}
