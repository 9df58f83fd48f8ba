"""The tools of the block rules: collects every problem with the place where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from tests.fakes.slack import wording


class Checker:
    """Problems in the order in which Slack lists them, each `reason [json-pointer:/place]`."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def add(self, reason: str, pointer: str) -> None:
        self.problems.append(f"{reason} [json-pointer:{pointer}]")

    def nested(self, pointer: str, check: Callable[[], None]) -> None:
        """Run a check of a nested object; when it fails, the enclosing schema has failed too, and is named first."""
        before = len(self.problems)
        check()
        if len(self.problems) > before:
            self.problems.insert(before, f"{wording.NO_SCHEMA} [json-pointer:{pointer}]")

    def shape(self, value: Any, pointer: str, required: Iterable[str], optional: Iterable[str] = ()) -> bool:
        """Check an object's properties: none missing, none unknown, none null. False when it is no object."""
        if not isinstance(value, dict):
            self.add(wording.BAD_VALUE, pointer)
            return False
        allowed = {"type", *required, *optional}
        for name in required:
            if name not in value:
                self.add(wording.missing(name), pointer)
        for name, held in value.items():
            if name not in allowed or held is None:
                self.add(wording.additional(name), pointer)
        return True

    def string(self, value: Any, pointer: str, most: int, least: int = 1) -> None:
        """Check a string's length in code points as sent."""
        if not isinstance(value, str):
            self.add(wording.BAD_VALUE, pointer)
        elif len(value) < least:
            self.add(wording.EMPTY, pointer)
        elif len(value) > most:
            self.add(wording.too_long(most), pointer)

    def optional_string(self, holder: dict[str, Any], name: str, pointer: str, most: int) -> None:
        if holder.get(name) is not None:
            self.string(holder[name], f"{pointer}/{name}", most)

    def boolean(self, holder: dict[str, Any], name: str, pointer: str) -> None:
        if name in holder and not isinstance(holder[name], bool):
            self.add(wording.BAD_VALUE, f"{pointer}/{name}")

    def items(self, value: Any, pointer: str, most: int, least: int = 1) -> list[Any]:
        """Check how many there are; returns them (an empty list when it is no list)."""
        if not isinstance(value, list):
            self.add(wording.BAD_VALUE, pointer)
            return []
        if len(value) > most:
            self.add(wording.too_many(most), pointer)
        if len(value) < least:
            self.add(wording.too_few(least), pointer)
        return value

    def url(self, value: Any, pointer: str) -> None:
        """Check an address: http(s) with a host, without spaces, not too long."""
        self.string(value, pointer, wording.URL)
        if isinstance(value, str) and value and not _is_web_address(value):
            self.add(wording.BAD_URL, pointer)

    def text_object(self, value: Any, pointer: str, most: int, *, plain_only: bool = False) -> None:
        self.nested(pointer, lambda: self._text_object(value, pointer, most, plain_only=plain_only))

    def _text_object(self, value: Any, pointer: str, most: int, *, plain_only: bool) -> None:
        if not isinstance(value, dict):
            self.add(wording.BAD_VALUE, pointer)
            return
        kind = value.get("type")
        if kind not in {"plain_text", "mrkdwn"} or (plain_only and kind != "plain_text"):
            self.add(wording.unsupported(kind), f"{pointer}/type")
            return
        extra = "emoji" if kind == "plain_text" else "verbatim"
        self.shape(value, pointer, ["text"], [extra])
        self.boolean(value, extra, pointer)
        if "text" in value:
            self.string(value["text"], f"{pointer}/text", most)


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not any(c.isspace() for c in value)
