"""What happens in an example: events by type and fields, whole deliveries for the real parser, acknowledgements."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec
from msgspec.structs import replace

from bot.config.nodes import Items, Node, Text
from bot.config.notes import Notes
from bot.config.quantities import number, yes_no
from bot.config.sections import Values
from bot.config.words import nearest, one_of
from bot.core.catalogue import Outcome, outcomes_of_type
from bot.core.fields import FIELDS, FieldType
from bot.core.identity import event_id
from bot.core.inputs import Event, Value
from bot.rulepack.selectors import unknown_type
from bot.rulepack.traits import PLATFORMS, platform_of

ReadDelivery: TypeAlias = Callable[[str, bytes], Event]
_NUMBER: Final = "{n}"
_CONTENT: Final = ("type", "body", "sample", "ack")
_FAILED_STEP: Final = frozenset({"FAILED", "INVALIDATED"})
_STEP: Final = "extend.workflow_run.step_run.processed"
_VERY_NEAR: Final = 0.85
_MAX_SAMPLE_BYTES: Final = 32 * 1024 * 1024


class Acknowledgement(msgspec.Struct, frozen=True):
    """A person acknowledges the open alert of a key."""

    key: tuple[str, ...]
    by: str


class Delivery(msgspec.Struct, frozen=True):
    """A whole body of a source. `mark` tells copies of one body apart: empty for the first."""

    source: str
    body: bytes | Path
    mark: str
    same_id: str | None

    def event(self, read: ReadDelivery) -> Event:
        """Read the body as the source would; raises what the source raises, and OSError for a file."""
        body = self.body if isinstance(self.body, bytes) else _content(self.body)
        event = read(self.source, body)
        if self.same_id is not None:
            return replace(event, event_id=event_id(self.source, event.type, self.same_id))
        return replace(event, event_id=event.event_id + self.mark)


Given: TypeAlias = Event | Delivery | Acknowledgement


class EventReader(msgspec.Struct, frozen=True):
    """Makes what an entry says; knows the types there are and the configured sources (None: nobody could read them)."""

    known_types: frozenset[str]
    sources: tuple[str, ...] | None

    def read(self, entry: Values, index: int, folder: Path, notes: Notes) -> Iterator[Given]:
        """Yield what happens, `times` over. `index` keeps the ids of entries apart."""
        said = [name for name in _CONTENT if name in entry]
        if len(said) != 1:
            if entry.is_whole:
                notes.error(entry.node, "an event says exactly one of `type`, `body`, `sample`, `ack`")
            return
        if not _fits(entry, said[0], notes):
            return
        before = notes.error_count
        for turn in range(1, entry.get("times", 1) + 1):
            given = self._one(entry, said[0], (index, turn), folder, notes)
            if given is None or notes.error_count > before:
                return
            yield given

    def _one(self, entry: Values, said: str, turn: tuple[int, int], folder: Path, notes: Notes) -> Given | None:
        if said == "ack":
            key: tuple[str, ...] = tuple(_numbered(part, turn[1]) for part in entry.get("ack", ()))
            return Acknowledgement(key, entry.get("by", "someone"))
        if said == "type":
            return self._event(entry, turn, notes)
        return self._delivery(entry, said, turn, folder, notes)

    def _event(self, entry: Values, turn: tuple[int, int], notes: Notes) -> Event | None:
        name: str | None = entry.get("type")
        if name is None or not self._is_type(name, entry.at("type"), notes):
            return None
        fields = _fields(entry, turn[1], notes)
        source = str(fields.setdefault("source", platform_of(name)))
        fields.setdefault("environment", "prod")
        given_id = entry.get("id")
        mark = f"{turn[0]}.{turn[1]}" if given_id is None else _numbered(given_id, turn[1])
        raw = entry.get("raw")
        return Event(
            event_id=event_id(source, name, mark),
            source=source,
            type=name,
            at=0,
            outcomes=outcomes_of(name, fields),
            fields=fields,
            payload=_numbered_tree(raw.value, turn[1]) if raw is not None else {},
        )

    def _is_type(self, name: str, node: Node, notes: Notes) -> bool:
        """A type that nobody listed may arrive, but a name that looks like a listed one is most likely misspelt."""
        if name in self.known_types:
            return True
        looks_listed = nearest(name, self.known_types, cutoff=_VERY_NEAR)
        if platform_of(name) in PLATFORMS and "." in name and not looks_listed:
            return True
        message, hint = unknown_type(name, self.known_types)
        notes.error(node, message, hint=hint)
        return False

    def _delivery(self, entry: Values, said: str, turn: tuple[int, int], folder: Path, notes: Notes) -> Delivery | None:
        source = self._source(entry, said, notes)
        body = _body(entry, turn[1]) if said == "body" else _sample(entry, folder, notes)
        if source is None or body is None:
            return None
        return Delivery(source, body, f"-{turn[1]}" if turn[1] > 1 else "", entry.get("id"))

    def _source(self, entry: Values, said: str, notes: Notes) -> str | None:
        node = entry.get("source")
        if not isinstance(node, Text):
            notes.error(entry.at(said), f"`{said}` needs `source`: who reads it", word=said)
            return None
        if self.sources is None or node.text in self.sources:
            return node.text
        message = f"no source `{node.text}` in the config; there are {one_of(self.sources)}"
        notes.error(node, message, hint=nearest(node.text, self.sources))
        return None


def outcomes_of(event_type: str, fields: Mapping[str, Value]) -> tuple[Outcome, ...]:
    """Return the outcomes of a type with what its content adds, as the sources read it."""
    found = outcomes_of_type(event_type)
    if event_type in {"alfred.job.failed", "alfred.job.retry"} and fields.get("exceeded_retries") is True:
        found += (Outcome.EXCEEDED_RETRIES,)
    if event_type == _STEP and str(fields.get("status", "")).upper() in _FAILED_STEP:
        found += (Outcome.STEP_FAILED,)
    if event_type == _STEP and fields.get("valid") is False:
        found += (Outcome.VALIDATION_FAILED,)
    return found


def _fits(entry: Values, said: str, notes: Notes) -> bool:
    """Note keys that mean nothing beside what the entry is."""
    always = {said, "at", "times", "every"}
    allowed = {
        "type": {"id", "raw", *FIELDS},
        "body": {"id", "source"},
        "sample": {"id", "source"},
        "ack": {"by"},
    }[said] | always
    wrong = [name for name in entry.nodes if name not in allowed]
    for name in wrong:
        notes.error(entry.at(name), f"`{name}` means nothing beside `{said}`", word=name)
    return not wrong


def _fields(entry: Values, turn: int, notes: Notes) -> dict[str, Value]:
    found: dict[str, Value] = {}
    written = entry.values
    for name, kind in FIELDS.items():
        node = written.get(name)
        if node is not None and (value := _typed(node, kind, turn, notes)) is not None:
            found[name] = value
    return found


def _typed(node: Node, kind: FieldType, turn: int, notes: Notes) -> Value | None:
    texts = [_numbered(item.text, turn) for item in _texts(node)]
    if kind is FieldType.LIST:
        return tuple(texts)
    if len(texts) != 1:
        notes.error(node, f"one {kind} is needed, not a list")
        return None
    if kind is FieldType.TEXT:
        return texts[0]
    value = number(texts[0]) if kind is FieldType.NUMBER else yes_no(texts[0])
    if value is None:
        notes.error(node, f"`{texts[0]}` is not {'a number' if kind is FieldType.NUMBER else 'yes or no'}")
    return value


def _texts(node: Node) -> list[Text]:
    items = node.items if isinstance(node, Items) else (node,)
    return [item for item in items if isinstance(item, Text)]


def _body(entry: Values, turn: int) -> bytes | None:
    boxed = entry.get("body")
    if boxed is None:
        return None
    tree = _numbered_tree(boxed.value, turn)
    said = tree if isinstance(tree, str) else json.dumps(tree, ensure_ascii=False)
    return said.encode()


def _sample(entry: Values, folder: Path, notes: Notes) -> Path | None:
    name: str | None = entry.get("sample")
    path = None if name is None else folder / name
    try:
        if path is None or path.is_file():
            return path
    except (OSError, ValueError):
        pass  # a name that no file can have
    notes.error(entry.at("sample"), "there is no such file; a sample is looked for from the folder of this file")
    return None


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MAX_SAMPLE_BYTES)


def _numbered(text: str, turn: int) -> str:
    return text.replace(_NUMBER, str(turn))


def _numbered_tree(tree: Any, turn: int) -> Any:
    if isinstance(tree, str):
        return _numbered(tree, turn)
    if isinstance(tree, list):
        return [_numbered_tree(item, turn) for item in tree]
    if isinstance(tree, dict):
        return {key: _numbered_tree(value, turn) for key, value in tree.items()}
    return tree
