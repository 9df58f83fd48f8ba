"""How the values of config.yaml may look: addresses, hosts, times, zones, names of channels and people."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from bot.config.model import SQLITE_PREFIX
from bot.config.nodes import Entries, Node
from bot.config.notes import Notes
from bot.config.quantities import MINUTES_PER_DAY, date_of, days_of, minute_of_day, second_of_day, whole_number
from bot.config.secrets import SecretShape
from bot.config.shapes import (
    JsonSchema,
    ListOf,
    Shape,
    Word,
    text_at,
)
from bot.config.words import day_hint, days_hint, nearest

_SOURCE_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_PATH: Final = re.compile(r"[^.\s]+(\.[^.\s]+)*")
_HOST: Final = re.compile(r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?")
_HOST_NAME: Final = re.compile(r"(?=.{1,253}$)(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(?:\.|$))+(?<!\.)")
_TYPE: Final = re.compile(r"(extend|alfred)(\.[a-z0-9_-]+)+")
_PERSON: Final = re.compile(r"[UWS][A-Z0-9]{2,}|[^@\s]+@[^@\s]+")
_LINK_FIELDS: Final = re.compile(r"\{(?:job|file|run)\}")
_IN_MEMORY: Final = ":memory:"
_OWN: Final = "tocsin"
_LAST: Final = "last"
LAST_OF_MONTH: Final = 31  # a shorter month has it on its last day


class TimezoneShape(Shape):
    """A zone of the IANA data base, such as America/Santo_Domingo."""

    def _schema(self) -> JsonSchema:
        return {"type": "string"}

    def _read(self, node: Node, notes: Notes) -> ZoneInfo | None:
        text = text_at(node, notes, "a time zone such as Europe/Madrid")
        if text is None:
            return None
        try:
            return ZoneInfo(text.text)
        except (OSError, ValueError, KeyError):
            hint = nearest(text.text, available_timezones())
            notes.error(text, f"`{text.text}` is no time zone", hint=hint)
            return None


class ChannelShape(Shape):
    """A channel's name or id."""

    def _schema(self) -> JsonSchema:
        return {"type": "string", "pattern": "^[^#\\s][^\\s]*$"}

    def _read(self, node: Node, notes: Notes) -> str | None:
        text = text_at(node, notes, "a channel's name or id, without `#`")
        wrong = channel_complaint(text.text) if text else ""
        if text is None or not wrong:
            return text.text if text else None
        bare = text.text.lstrip("#").strip()
        notes.error(text, wrong, hint="" if channel_complaint(bare) else bare)
        return None


class RawSection(Shape):
    """A map that a higher floor reads: its keys are the rule language's."""

    def _schema(self) -> JsonSchema:
        return {"type": "object"}

    def _read(self, node: Node, notes: Notes) -> Entries | None:
        if isinstance(node, Entries):
            return node
        notes.error(node, "a map is needed: one `key: value` a line")
        return None


def _matching(pattern: re.Pattern[str]) -> Callable[[str], str | None]:
    return lambda text: text if pattern.fullmatch(text) else None


def _days(text: str) -> frozenset[int] | None:
    found = [days_of(part.strip()) for part in text.split(",")]
    known = [days for days in found if days is not None]
    return frozenset().union(*known) if len(known) == len(found) else None


def _single_day(text: str) -> int | None:
    days = days_of(text)
    return next(iter(days)) if days is not None and len(days) == 1 else None


def _day_of_month(text: str) -> int | None:
    number = LAST_OF_MONTH if text == _LAST else whole_number(text)
    return number if number is not None and 1 <= number <= LAST_OF_MONTH else None


def _web_address(text: str) -> str | None:
    try:
        parts = urlsplit(text)
        fits = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return text if fits and not re.search(r"[\s<>|\"]", text) else None


def _link(text: str) -> str | None:
    bare = _LINK_FIELDS.sub("x", text)
    return text if "{" not in bare and "}" not in bare and _web_address(bare) else None


def _listen(text: str) -> str | None:
    """Read an address of this machine or a host's name; one whose last part is a number is an address mistyped."""
    try:
        return str(ip_address(text)) and text
    except ValueError:
        is_name = _HOST_NAME.fullmatch(text) and not text.rpartition(".")[2].isdigit()
        return text if is_name else None


def _api_url(text: str) -> str | None:
    return (text if text.endswith("/") else text + "/") if _web_address(text) else None


def _store(text: str) -> str | None:
    path = text.removeprefix(SQLITE_PREFIX)
    is_file = bool(path) and path != _IN_MEMORY and not path.endswith(("/", "/.", "/..")) and path not in {".", ".."}
    return text if text.startswith(SQLITE_PREFIX) and is_file else None


def source_name_complaint(name: str) -> str:
    """Say what is wrong with a source's name, which is part of its address; nothing when it fits."""
    if name == _OWN:
        return f"`{_OWN}` is the name of the bot's own events"
    fits = _SOURCE_NAME.fullmatch(name)
    return "" if fits else "a source's name is part of its address: small letters, digits, `-` and `_`"


def channel_complaint(name: str) -> str:
    """Say what is wrong with a channel's name or id; nothing when it fits."""
    if name.startswith("#"):
        return "a channel is written without `#`"
    return "a channel's name or id has no spaces and at most 80 characters" if _unfit_channel(name) else ""


def _unfit_channel(name: str) -> bool:
    return not name or len(name) > 80 or any(c.isspace() or c in "{}<>@" for c in name)  # noqa: PLR2004 - Slack's


SECRET: Final = SecretShape()
CHANNEL: Final = ChannelShape()
ADDRESS: Final = Word("an http or https address", _web_address, {"type": "string", "format": "uri"})
DAYS: Final = ListOf(Word("a day or a range of days such as mon or mon-fri", _days, {"type": "string"}, hint=days_hint))
TIME: Final = Word('a time of day such as "08:30"', minute_of_day, {"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}$"})
START: Final = Word(
    'a time of day such as "08:30", before 24:00',
    lambda text: minute if (minute := minute_of_day(text)) is not None and minute < MINUTES_PER_DAY else None,
    {"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}$"},
)
DUE: Final = Word(
    'a time of day such as "08:30", before 24:00',
    lambda text: second if (second := second_of_day(text)) is not None and second < MINUTES_PER_DAY * 60 else None,
    {"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}(:[0-9]{2})?$"},
)
DAY: Final = Word("a day such as fri", _single_day, {"type": "string"}, hint=day_hint)
DAY_OF_MONTH: Final = Word(
    "a day of the month from 1 to 31, or last", _day_of_month, {"anyOf": [{"type": "integer"}, {"const": "last"}]}
)
DATE: Final = Word("a date such as 2026-12-25", date_of, {"type": "string", "format": "date"})
ZONE: Final = TimezoneShape()
PATH: Final = Word("a dotted path such as metadata.company", _matching(_PATH), {"type": "string"})
LINK: Final = Word("an address, with {job}, {file} or {run} in it", _link, {"type": "string"})
TYPE: Final = Word("a type such as extend.verify_run.failed", _matching(_TYPE), {"type": "string"})
HOST: Final = Word("a host name such as files.example.com", _matching(_HOST), {"type": "string"})
BASE_ADDRESS: Final = Word("an http or https address", _api_url, {"type": "string", "format": "uri"})
LISTEN: Final = Word("a host name or an address such as 127.0.0.1, without port", _listen, {"type": "string"})
STORE: Final = Word("a store's file, such as sqlite:///var/tocsin.db", _store, {"type": "string"})
PERSON: Final = Word("a user id, a group id or an e-mail address", _matching(_PERSON), {"type": "string"})
