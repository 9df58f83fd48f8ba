"""Rules for rich_text: a tree of known leaves. Nothing in a text leaf is ever parsed."""

from __future__ import annotations

from typing import Any

from tests.fakes.slack import wording
from tests.fakes.slack.checker import Checker

_MANY = 10_000
_LEAVES: dict[str, tuple[list[str], list[str]]] = {
    "text": (["text"], ["style"]),
    "link": (["url"], ["text", "unsafe", "style"]),
    "emoji": (["name"], ["unicode", "style"]),
    "user": (["user_id"], ["style"]),
    "usergroup": (["usergroup_id"], ["style"]),
    "channel": (["channel_id"], ["style"]),
    "broadcast": (["range"], ["style"]),
    "date": (["timestamp", "format"], ["url", "fallback", "style"]),
    "color": (["value"], ["style"]),
}
_STYLES = {"bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"}


def rich_text(checker: Checker, block: dict[str, Any], pointer: str) -> None:
    checker.shape(block, pointer, ["elements"], ["block_id"])
    for index, element in enumerate(checker.items(block.get("elements"), f"{pointer}/elements", _MANY)):
        where = f"{pointer}/elements/{index}"
        checker.nested(where, lambda e=element, w=where: _container(checker, e, w))  # type: ignore[misc]


def _container(checker: Checker, element: Any, pointer: str) -> None:
    kind = element.get("type") if isinstance(element, dict) else None
    optional = {
        "rich_text_section": [],
        "rich_text_quote": ["border"],
        "rich_text_preformatted": ["border", "language"],
        "rich_text_list": ["indent", "offset", "border", "style"],
    }
    if kind not in optional:
        checker.add(wording.unsupported(kind), f"{pointer}/type")
        return
    required = ["elements", "style"] if kind == "rich_text_list" else ["elements"]
    checker.shape(element, pointer, required, optional[kind])
    if kind == "rich_text_list":
        _list(checker, element, pointer)
        return
    for index, leaf in enumerate(checker.items(element.get("elements"), f"{pointer}/elements", _MANY)):
        _leaf(checker, leaf, f"{pointer}/elements/{index}")


def _list(checker: Checker, element: dict[str, Any], pointer: str) -> None:
    if element.get("style") not in {"bullet", "ordered"}:
        checker.add(wording.BAD_VALUE, f"{pointer}/style")
    if not 0 <= element.get("indent", 0) <= wording.LIST_INDENT:
        checker.add(wording.BAD_VALUE, f"{pointer}/indent")
    for index, section in enumerate(checker.items(element.get("elements"), f"{pointer}/elements", _MANY)):
        _container(checker, section, f"{pointer}/elements/{index}")


def _leaf(checker: Checker, leaf: Any, pointer: str) -> None:
    kind = leaf.get("type") if isinstance(leaf, dict) else None
    if kind not in _LEAVES:
        checker.add(wording.unsupported(kind), f"{pointer}/type")
        return
    checker.shape(leaf, pointer, *_LEAVES[kind])
    for name in _LEAVES[kind][0]:
        if kind == "link":
            checker.url(leaf.get("url"), f"{pointer}/url")
        elif kind != "date" and name in leaf:
            checker.string(leaf[name], f"{pointer}/{name}", _MANY)
    _style(checker, leaf, pointer)


def _style(checker: Checker, leaf: dict[str, Any], pointer: str) -> None:
    style = leaf.get("style")
    if style is None:
        return
    if not isinstance(style, dict):
        checker.add(wording.BAD_VALUE, f"{pointer}/style")
        return
    for name, value in style.items():
        if name not in _STYLES or not isinstance(value, bool):
            checker.add(wording.additional(name), f"{pointer}/style")
