"""Replay put together: the journal of a store, the rule sets of then, an empty store to decide into, and a report."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import msgspec

from bot import __version__
from bot.clock import Clock
from bot.core.decisions import Decisions
from bot.core.inputs import Event
from bot.core.rule import MS_PER_DAY
from bot.core.ruleset import RuleSet
from bot.errors import InvalidInputError, UsageError
from bot.pipeline.replay import Replay
from bot.service.ruletexts import rule_set_of, unpack
from bot.service.setup import raw_of
from bot.sources import Source
from bot.store.comparing import Difference, copy_kept, differences
from bot.store.reads import Reads
from bot.store.replaying import Extent, ReplayRow, Scratch, body_of, extent, rows_between
from bot.store.rulesets import in_force_at, text_of
from bot.store.values import Cursor as Place

# Rows that are decided before they are saved: what is held in memory beside the caches.
_BATCH: Final = 512
# After a journal whose beginning is forgotten, so long may what was forgotten still tell (job memory, windows).
_SETTLED_AFTER_MS: Final = 30 * MS_PER_DAY
_MOST_SHOWN: Final = 1_000

Progress = Callable[[int, int], None]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What of a replay is looked at: alerts of one rule (empty: all) that began at or after a time (ms)."""

    rule: str = ""
    since: int = 0
    verify: bool = False

    def means(self, rule: str, at: int) -> bool:
        """Say whether this is looked at."""
        return at >= self.since and self.rule in {"", rule}


class Replayed(msgspec.Struct, kw_only=True):
    """What came of it. `changes` counts transitions by rule and change.

    `forgotten` says in words what the store does not hold any more; `unsure` are differences that this may explain,
    `different` those that nothing explains. Both lists are cut at a thousand; the counts are not.
    """

    extent: Extent
    rows: int = 0
    seconds: float = 0.0
    changes: Counter[tuple[str, str]] = msgspec.field(default_factory=Counter)
    rule_sets: list[str] = msgspec.field(default_factory=list)
    forgotten: list[str] = msgspec.field(default_factory=list)
    different: list[Difference] = msgspec.field(default_factory=list)
    unsure: list[Difference] = msgspec.field(default_factory=list)
    count_different: int = 0
    count_unsure: int = 0

    def note(self, one: Difference, *, explained: bool) -> None:
        """Take a difference over."""
        kept = self.unsure if explained else self.different
        if len(kept) < _MOST_SHOWN:
            kept.append(one)
        self.count_unsure += explained
        self.count_different += not explained

    @property
    def is_same(self) -> bool:
        """Say whether nothing differs that cannot be explained by what is forgotten."""
        return not self.count_different


class RuleSetsOfThen:
    """Compiles the rule sets that the journal names from their stored texts."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads
        self._known: dict[str, RuleSet] = {}
        self.programs: set[str] = set()

    @property
    def versions(self) -> list[str]:
        """The versions that were asked for, in their order."""
        return list(self._known)

    def __call__(self, version: str) -> RuleSet:
        """Return a rule set. UsageError when it cannot be compiled any more."""
        if version not in self._known:
            self._known[version] = self._compiled(version)
        return self._known[version]

    def _compiled(self, version: str) -> RuleSet:
        body = text_of(self._reads.cursor, version)
        if not body:
            raise UsageError(f"the text of the rule set {version} is not in the store: nothing can be decided by it")
        texts = unpack(body)
        self.programs.add(texts.program)
        try:
            return rule_set_of(texts, version)
        except InvalidInputError as error:
            raise UsageError(f"tocsin {__version__} does not take the rule set {version} any more: {error}") from error


class _Bodies:
    """Payloads for rules that look into them, and how many are gone by now."""

    def __init__(self, reads: Reads, sources: Mapping[str, Source]) -> None:
        self._cursor = reads.cursor.connection.cursor()
        self._raw_of = raw_of(sources)
        self.gone = 0  # how many were asked for in vain …
        self.gone_until = 0  # … and when the last of these events came (ms)

    def __call__(self, row: ReplayRow, event: Event) -> Any:
        body = body_of(self._cursor, row.seq)
        if body is None:
            self.gone, self.gone_until = self.gone + 1, event.at
            return None
        return self._raw_of(event, body)


def replay(
    reads: Reads, sources: Mapping[str, Source], wanted: Wanted, clock: Clock, on_progress: Progress
) -> Replayed:
    """Decide again all that a store's journal holds.

    Args:
        reads: the store, also beside the running bot.
        sources: who read the stored bodies.
        wanted: what is counted and compared; everything is decided whatever it says, as later rows depend on it.
        clock: for how long it took.
        on_progress: told of rows done and rows in all, every few hundred.

    Raises:
        UsageError: when a rule set of then cannot be had.
    """
    with Scratch() as scratch, _collecting_seldom():
        whole = _one_moment(reads, scratch, verify=wanted.verify)
        began = clock.monotonic()
        run = _Run(reads, sources, wanted, scratch, whole)
        for rows in run.batches():
            run.take(rows)
            on_progress(run.found.rows, whole.rows)
        run.finish()
        run.found.seconds = clock.monotonic() - began
        return run.found


def _one_moment(reads: Reads, scratch: Scratch, *, verify: bool) -> Extent:
    """Read how far all is decided, and what was, in one moment. The rows up to there change no more."""
    reads.cursor.execute("BEGIN")
    try:
        whole = extent(reads.cursor)
        if verify:
            copy_kept(reads.cursor, scratch.cursor)
    finally:
        reads.cursor.execute("COMMIT")
    return whole


class _Run:
    """One replay under way."""

    def __init__(
        self, reads: Reads, sources: Mapping[str, Source], wanted: Wanted, scratch: Scratch, whole: Extent
    ) -> None:
        self._reads, self._wanted, self._scratch = reads, wanted, scratch
        self._whole = whole
        self._rule_sets, self._bodies = RuleSetsOfThen(reads), _Bodies(reads, sources)
        self.found = Replayed(extent=whole)
        first = in_force_at(reads.cursor, max(0, whole.first_seq - 1))
        begin_with = self._rule_sets(first.version) if first and whole.rows else RuleSet(rules={})
        self._again = Replay(scratch, begin_with, self._rule_sets, self._bodies)
        self._swept_at = whole.first_at  # what is stale leaves the state once a day, as retention sees to it in the bot

    def batches(self) -> Iterator[list[ReplayRow]]:
        """Yield the rows in their order."""
        after = 0
        while rows := rows_between(self._reads.cursor, after, self._whole.place.seq, _BATCH):
            after = rows[-1].seq
            yield rows

    def take(self, rows: list[ReplayRow]) -> None:
        """Decide some rows."""
        self._keep(self._again.decide(rows), Place(rows[-1].seq, rows[-1].input.at))
        self.found.rows += len(rows)
        if rows[-1].input.at - self._swept_at >= MS_PER_DAY:
            self._swept_at = rows[-1].input.at
            self._again.view.swept(self._scratch.sweep(self._swept_at))

    def finish(self) -> None:
        """Let the timers come due that had their turn, and say what came of it all."""
        self._keep(self._again.finish(self._whole.place.time), self._whole.place)
        self.found.rule_sets = self._rule_sets.versions
        self.found.forgotten = list(self._forgotten())
        if self._wanted.verify:
            self._compare()

    def _keep(self, decided: Decisions, place: Place) -> None:
        """Count and save what was decided, and let go of it."""
        for change in decided.transitions:
            if self._wanted.means(change.alert.rule, change.at):
                self.found.changes[change.alert.rule, change.change.value] += 1
        decided.looks.clear()  # nobody asks a replay why
        self._scratch.save(decided, place)
        self._again.view.trim()

    def _compare(self) -> None:
        for one in differences(self._scratch.cursor):
            if self._wanted.means(one.rule, one.at):
                self.found.note(one, explained=self._is_explained(one))

    def _is_explained(self, one: Difference) -> bool:
        """Say whether what the store forgot may be the reason."""
        is_cut = self._whole.first_seq > 1 and one.at < self._whole.first_at + _SETTLED_AFTER_MS
        return is_cut or (one.rule in self._again.on_raw and one.at <= self._bodies.gone_until)

    def _forgotten(self) -> Iterator[str]:
        if self._whole.first_seq > 1:
            yield f"the journal begins with row {self._whole.first_seq}: what came before is forgotten (keep.keys)"
        if self._bodies.gone:
            yield f"{self._bodies.gone} bodies that a rule looks into are forgotten (keep.bodies)"
        if others := self._rule_sets.programs - {__version__}:
            yield f"some of it was decided by tocsin {', '.join(sorted(others))}, this is {__version__}"


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Let the collector of cycles look seldom: what rows make is freed without it."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
