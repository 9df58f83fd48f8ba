"""Makes a new event of a sample: a new id, now instead of when it was written down, and values set by hand."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from bot.errors import UsageError

_TIME: Final = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
_INNER: Final = ("payload", "event")
_ID_BYTES: Final = 8
_DEEPEST: Final = 100


def new_event(body: bytes, assignments: Iterable[str] = (), *, now_ms: int | None = None) -> bytes:
    """Return the body with a new event id, `path=value` assignments, and with `now_ms` all its times moved to end now.

    A body that is no JSON object is returned as it is, so that broken deliveries can be sent too.
    """
    wanted = [_assignment(text) for text in assignments]
    try:
        tree = msgspec.json.decode(body)
    except msgspec.DecodeError:
        tree = None
    if not isinstance(tree, dict):
        if wanted:
            raise UsageError("--set needs a JSON object to set values in")
        return body
    _renew_id(tree)
    if now_ms is not None:
        tree = _moved(tree, now_ms)
    for path, value in wanted:
        _assign(tree, path, value)
    return msgspec.json.encode(tree)


def _renew_id(tree: dict[str, Any]) -> None:
    for name, prefix in (("eventId", "event_"), ("event_id", "")):
        if name in tree:
            tree[name] = prefix + secrets.token_hex(_ID_BYTES)


def _moved(tree: dict[str, Any], now_ms: int) -> dict[str, Any]:
    times = [_read(text) for text in _texts(tree) if _TIME.match(text)]
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    shift = now - max(times, default=now)
    moved: dict[str, Any] = _mapped(tree, lambda text: _written(_read(text) + shift) if _TIME.match(text) else text)
    if "event_time" in moved:  # Alfred: Unix seconds, as text or as a number
        seconds = now_ms / 1000
        moved["event_time"] = f"{seconds:.2f}" if isinstance(moved["event_time"], str) else seconds
    return moved


def _texts(node: Any) -> list[str]:
    if isinstance(node, str):
        return [node]
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [text for child in children for text in _texts(child)]


def _mapped(node: Any, change: Callable[[str], str]) -> Any:
    if isinstance(node, str):
        return change(node)
    if isinstance(node, dict):
        return {name: _mapped(child, change) for name, child in node.items()}
    if isinstance(node, list):
        return [_mapped(child, change) for child in node]
    return node


def _read(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _written(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _assignment(text: str) -> tuple[str, Any]:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError("--set wants path=value in UTF-8") from None
    path, equals, value = text.partition("=")
    if not equals or not path:
        raise UsageError(f"--set wants path=value, not {text}")
    try:
        return path, msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return path, value


def _assign(tree: dict[str, Any], path: str, value: Any) -> None:
    """Set a value by a dotted path from the body's top, or from inside its payload or event, whichever has it."""
    names = path.split(".")
    if len(names) > _DEEPEST:
        raise UsageError(f"--set goes at most {_DEEPEST} levels deep")
    node = tree
    if names[0] not in tree:
        node = next((tree[inner] for inner in _INNER if isinstance(tree.get(inner), dict)), tree)
    for name in names[:-1]:
        child = node.setdefault(name, {})
        if not isinstance(child, dict):
            raise UsageError(f"--set {path}: {name} is not an object")
        node = child
    node[names[-1]] = value
