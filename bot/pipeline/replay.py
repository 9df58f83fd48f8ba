"""Deciding again what the journal holds, from nothing: the same rows, the same timers, the rule sets of then.

What `pipeline.py` does with a row is done here with one that is decided already; tests/integration/test_replay.py
holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from msgspec.structs import replace

from bot.core.decisions import Decisions
from bot.core.fold import drain, fold, take
from bot.core.inputs import Details, Event, Reload
from bot.core.kinds import Share
from bot.core.rule import Rule
from bot.core.ruleset import RuleSet
from bot.core.troubles import EVENT_SET_ASIDE, PAYLOAD_UNAVAILABLE, trouble
from bot.errors import StoreError
from bot.pipeline.view import StateReader, StoredView
from bot.store.operations import Given
from bot.store.replaying import ReplayRow
from bot.store.values import RowKind

_KILLED: Final = "the process ended "
_RAW: Final = "raw."


class Replay:
    """State as it grows row by row. `raw_of` is asked for a row's payload where a rule may look into it."""

    def __init__(
        self,
        reader: StateReader,
        first: RuleSet,
        rule_set_of: Callable[[str], RuleSet],
        raw_of: Callable[[ReplayRow, Event], Any],
    ) -> None:
        self.view = StoredView(reader)
        self.rule_set = first
        self._rule_set_of, self._raw_of = rule_set_of, raw_of
        self._raw_wanted: dict[tuple[str, tuple[str, ...]], bool] = {}
        self._rules_on_raw = rules_on_raw(first)
        self.on_raw = {rule.name for rule in self._rules_on_raw}  # of all rule sets so far

    def decide(self, rows: Sequence[ReplayRow]) -> Decisions:
        """Return what follows from some rows and from the timers that are due before them."""
        into = Decisions()
        self.view.read_ahead(row.input for row in rows)
        for row in rows:
            drain(row.input.at, self.view, self.rule_set, into)
            if isinstance(row.input, Reload):
                self._take_up(row.input.version)
            self._one(row, into)
        return into

    def finish(self, before: int) -> Decisions:
        """Return what follows from the timers that were due before a time."""
        return drain(before, self.view, self.rule_set)

    def _take_up(self, version: str) -> None:
        self.rule_set = self._rule_set_of(version)
        self._raw_wanted.clear()
        self._rules_on_raw = rules_on_raw(self.rule_set)
        self.on_raw.update(rule.name for rule in self._rules_on_raw)

    def _one(self, row: ReplayRow, into: Decisions) -> None:
        if row.error is not None and row.error.startswith(_KILLED):
            self._set_aside(row, row.error, into)
            return
        given = self._with_raw(row, row.input) if isinstance(row.input, Event) else row.input
        try:
            self._fold(row, given, into)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001  (as in the pipeline: it is set aside there too)
            self._set_aside(row, type(error).__name__, into)

    def _fold(self, row: ReplayRow, given: Given, into: Decisions) -> None:
        if isinstance(given, Event) and row.kind is RowKind.EVENT and given.details is not Details.WHOLE:
            self._by_reference(row, given, into)
        else:
            take(given, self.view, self.rule_set, into)

    def _by_reference(self, row: ReplayRow, event: Event, into: Decisions) -> None:
        if row.was_fetched:
            return  # decided with the row that its payload, or the lack of it, brought
        why = "it came without its address" if row.reference is None else "its host is not in fetch_from"
        missing = trouble(PAYLOAD_UNAVAILABLE, event.source, event.event_id, at=event.at, cause=why)
        for given in (event, missing):
            fold(given, self.view, self.rule_set, into)

    def _set_aside(self, row: ReplayRow, why: str, into: Decisions) -> None:
        source = getattr(row.input, "source", "the bot itself")
        told = trouble(EVENT_SET_ASIDE, source, f"seq:{row.seq}", at=row.input.at, cause=why)
        fold(told, self.view, self.rule_set, into)

    def _with_raw(self, row: ReplayRow, event: Event) -> Event:
        """Return the event with its payload, which costs more than deciding: only where a rule may ask for it."""
        if event.details is Details.ENVELOPE or not self._rules_on_raw:
            return event
        key = (event.type, event.outcomes)
        wanted = self._raw_wanted.get(key)
        if wanted is None:
            wanted = self._raw_wanted[key] = any(_may_concern(rule, event) for rule in self._rules_on_raw)
        return replace(event, payload=self._raw_of(row, event)) if wanted else event


def rules_on_raw(rule_set: RuleSet) -> tuple[Rule, ...]:
    """Return the rules whose conditions, keys or texts name a `raw.` path, and perhaps some that only mention it."""
    return tuple(rule for rule in rule_set.active if _RAW in repr(rule))


def _may_concern(rule: Rule, event: Event) -> bool:
    of = (rule.kind.of,) if isinstance(rule.kind, Share) else ()
    return any(selector.selects(event.type, event.outcomes) for selector in (rule.when, *rule.closing, *of))
