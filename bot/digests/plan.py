"""A digest of the config, ready to be followed: its zone, its conditions, the hours in which reviews grow older."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from bot.config.digest import Digest
from bot.config.hours import hours_of, known_hours
from bot.config.model import Config
from bot.config.notes import Notes
from bot.core.conditions import All, AnyOf, Condition, Lookup, Not, lookup
from bot.core.fields import RAW_PREFIX
from bot.core.hours import Hours
from bot.core.identity import digest_of
from bot.core.rule import ALWAYS
from bot.errors import Problem
from bot.rulepack.conditions import WhereShape

_SHAPE = WhereShape()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One digest. `sources` are the configured ones; `admits` says whether it tells of an event's fields."""

    name: str
    digest: Digest
    zone: ZoneInfo
    where: Condition = ALWAYS
    hours: Hours | None = None
    sources: tuple[str, ...] = ()

    @property
    def filters(self) -> bool:
        """Say whether it tells of some events only."""
        return self.where != ALWAYS

    @cached_property
    def admits(self) -> Callable[[Lookup], bool]:
        """The compiled conditions."""
        return self.where.compiled()

    def may_concern(self, own: Mapping[str, Any]) -> bool:
        """Say whether an event may pass, by its own fields: one that is missing may yet be lent."""
        if not self.filters or not self._asked.issubset(own):
            return True
        return self.admits(lookup(own, None))

    @cached_property
    def _asked(self) -> frozenset[str]:
        return frozenset(_fields(self.where))

    @cached_property
    def scope(self) -> str:
        """A hash of what figures of two periods must have in common to be compared: the events and when a day ends."""
        return digest_of((self.name, repr(self.where), self.zone.key, str(self.digest.at)))


def read_plans(config: Config) -> tuple[dict[str, Plan], list[Problem]]:
    """Return the digests by name, and what is wrong with their conditions."""
    notes = Notes(config.file)
    plans = {name: _plan(name, digest, config, notes) for name, digest in config.digests.items()}
    return plans, notes.problems


def _plan(name: str, digest: Digest, config: Config, notes: Notes) -> Plan:
    return Plan(
        name=name,
        digest=digest,
        zone=digest.timezone or config.timezone,
        where=_where(digest, notes),
        hours=_hours(digest, config),
        sources=tuple(config.sources),
    )


def _where(digest: Digest, notes: Notes) -> Condition:
    if digest.where_node is None:
        return ALWAYS
    read: Condition | None = _SHAPE.read(digest.where_node, notes)
    raw = next((field for field in _fields(read) if field.startswith(RAW_PREFIX)), None) if read else None
    if raw is not None:
        message = f"a digest looks at stored fields only, and `{raw}` is in the body, which is kept for a while only"
        notes.error(digest.where_node, message, word=raw)
    return read or ALWAYS


def _fields(condition: Condition) -> Iterator[str]:
    match condition:
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from _fields(part)
        case Not(part):
            yield from _fields(part)
        case _:
            yield condition.field


def _hours(digest: Digest, config: Config) -> Hours | None:
    """Return the hours that it names, else the only ones there are; where there are several nobody can choose."""
    if digest.during:
        return known_hours(config).get(digest.during)
    written = hours_of(config)
    return next(iter(written.values())) if len(written) == 1 else None
