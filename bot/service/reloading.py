"""Other rules while the bot runs: all or nothing, and the last good set stays in force.

What is asked for (a file that changed, SIGHUP, the API) is checked by a process of its own with every example. Only a
set that passed is journaled; the pipeline takes it up at that very row, as a replay will.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

import msgspec
import structlog

from bot import log
from bot.clock import Clock
from bot.core.troubles import RULES_RULE
from bot.errors import StoreError
from bot.metrics import Metrics
from bot.pipeline import Pipeline, patiently
from bot.service.checker import Order, Verdict, fixed_parts
from bot.service.checking import CheckFailedError, check
from bot.service.rulesets import RuleSets
from bot.service.ruletexts import RuleTexts, pack
from bot.service.setup import Setup
from bot.service.watching import Watch
from bot.store.rulesets import RuleSetRows

# Between two looks at the files, seconds; while something changes, sooner.
LOOK_EVERY_S: Final = 1.0
FIRST_AFTER_S: Final = 2.0
_SETTLING_S: Final = 0.2
_LONGEST_CAUSE: Final = 300

# What is told, each by itself: the subject of an event of the bot's own, and so the title of its card.
CHANGED: Final = "Changed rules are refused, the last good ones stay in force"
IN_FORCE: Final = "An example of the rules in force fails"

_LOG = structlog.get_logger()


class RuleTroubles(Protocol):
    """Who takes news of rules to the admin channel."""

    def rules_refused(self, what: str, cause: str, mark: str) -> None:
        """Hear that rules cannot be used."""
        ...

    def rules_loaded(self, what: str, mark: str) -> None:
        """Hear that this is over."""
        ...


@runtime_checkable
class LearnsChannels(Protocol):
    """Who sends, where names of channels stand for ids."""

    def learn_channels(self, channels: dict[str, str]) -> None:
        """Take other names for ids."""
        ...


class Outcome(StrEnum):
    """What became of a look at the files."""

    LOADED = "loaded"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class Reloaded(msgspec.Struct, frozen=True, kw_only=True):
    """What a look found. `version` is in force; `restart_for` are changed parts of the config that need a start."""

    outcome: Outcome
    version: str
    complaints: tuple[str, ...] = ()
    restart_for: tuple[str, ...] = ()


class RuleParts(msgspec.Struct, frozen=True):
    """The parts of the bot that rules concern."""

    store: RuleSetRows
    pipeline: Pipeline
    rule_sets: RuleSets
    troubles: RuleTroubles
    sender: object


class Reloading:
    """Keeps the rules in force those of the files, as far as these are good."""

    def __init__(self, setup: Setup, parts: RuleParts, clock: Clock, metrics: Metrics) -> None:
        self._parts, self._clock, self._metrics = parts, clock, metrics
        self._order = Order(config=str(setup.path), dev=setup.config.dev)
        self._watch = Watch(setup.path, setup.config.rules, (setup.config_text, *setup.contents))
        self._first, self._has_examples = setup.rule_set, setup.has_examples
        self._texts = RuleTexts(config=setup.config_text, rules=setup.contents, dev=setup.config.dev)
        self._fixed = fixed_parts(setup.config)
        self._wake = asyncio.Event()
        self._asking: list[asyncio.Future[Reloaded]] = []
        self._standing: dict[str, str] = {}  # what was told and is not over: subject -> cause

    def trouble_lines(self) -> list[str]:
        """Say for /readyz what is wrong with the rules."""
        return [f"{subject}: {cause}" for subject, cause in self._standing.items()]

    def ask(self) -> None:
        """Ask for a look at the files, whether they seem changed or not."""
        self._wake.set()

    async def asked(self) -> Reloaded:
        """Ask for a look at the files, and return what came of it."""
        answer: asyncio.Future[Reloaded] = asyncio.get_running_loop().create_future()
        self._asking.append(answer)
        self._wake.set()
        return await answer

    async def begin(self) -> int:
        """Journal the first rule set unless it is in force, and let the pipeline begin with what its journal says.

        Returns since when the first set is in force (ms).
        """
        store, first = self._parts.store, self._first
        newest = await patiently(lambda: store.rule_set_at(2**62))
        if newest is None or newest.version != first.version:
            await patiently(lambda: store.append_reload(first.version, pack(self._texts)))
        there = await patiently(lambda: store.rule_set_at(self._parts.pipeline.position.seq))
        if there is not None and there.version != first.version:
            self._parts.pipeline.begin_with(await self._parts.rule_sets.of(there.version))
        return newest.at if newest is not None and newest.version == first.version else self._clock.now_ms()

    async def run(self) -> None:
        """Look at files until cancelled. Ends only with an error of the store."""
        await self._first_pause()
        await self._guarded(self._check_first)
        while True:
            await self._changed()
            asking, self._asking = self._asking, []
            found = await self._guarded(self._reload)
            for answer in asking:
                if not answer.done():
                    answer.set_result(found)

    async def _guarded(self, look: Callable[[], Awaitable[Reloaded]]) -> Reloaded:
        """A fault of ours must not cost more than the rules that were to be loaded."""
        try:
            return await look()
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001  (whatever it is, the bot goes on with the rules that it has)
            log.bug(_LOG, "rules could not be loaded", error)
            return self._refused([f"a fault of ours while loading them ({type(error).__name__})"])

    async def _first_pause(self) -> None:
        """Leave the first seconds to what waited for this start, unless somebody asks."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FIRST_AFTER_S):
                await self._wake.wait()

    async def _changed(self) -> None:
        """Wait until somebody asks, or the files hold something else for a moment."""
        while True:
            try:
                async with asyncio.timeout(_SETTLING_S if self._watch.is_settling else LOOK_EVERY_S):
                    await self._wake.wait()
            except TimeoutError:
                if await asyncio.to_thread(self._watch.look):
                    return
            else:
                self._wake.clear()
                return

    async def _check_first(self) -> Reloaded:
        """Run the examples of the first set, unless they passed before: it is in force whatever they say."""
        version = self._first.version
        found = Reloaded(outcome=Outcome.UNCHANGED, version=version)
        if self._has_examples and await patiently(self._parts.store.rule_set_passed) != version:
            verdict = await self._verdict()
            if isinstance(verdict, CheckFailedError):
                _LOG.warning("examples could not be run", cause=str(verdict))
                return found
            if verdict.version != version:
                return found  # other files by now: the next look takes them
            if verdict.complaints:
                self._tell(IN_FORCE, verdict.complaints)
                self._over(CHANGED)
                return found
            await self._passed(version)
        self._over(CHANGED, IN_FORCE)
        return found

    async def _reload(self) -> Reloaded:
        await asyncio.to_thread(self._watch.take)
        verdict = await self._verdict()
        if isinstance(verdict, CheckFailedError):
            return self._refused([str(verdict)])
        self._watch.rules = tuple(map(Path, verdict.paths)) or self._watch.rules
        if verdict.complaints:
            return self._refused(verdict.complaints)
        outcome = Outcome.UNCHANGED
        if verdict.version != self._parts.rule_sets.newest.version:
            outcome = Outcome.LOADED
            await self._load(verdict)
        await self._passed(verdict.version)
        self._over(CHANGED, IN_FORCE)
        return self._said(Reloaded(outcome=outcome, version=verdict.version, restart_for=self._other_parts(verdict)))

    async def _load(self, verdict: Verdict) -> None:
        """Put a set in force: from its row in the journal on."""
        parts = self._parts
        rule_set = await asyncio.to_thread(verdict.rule_set, parts.pipeline.rule_set)
        parts.rule_sets.put(rule_set)
        if isinstance(parts.sender, LearnsChannels):
            parts.sender.learn_channels(verdict.channels)
        await patiently(lambda: parts.store.append_reload(verdict.version, verdict.texts))
        parts.pipeline.wake()

    async def _verdict(self) -> Verdict | CheckFailedError:
        try:
            return await check(self._order)
        except CheckFailedError as error:
            return error

    async def _passed(self, version: str) -> None:
        if await patiently(self._parts.store.rule_set_passed) != version:
            await patiently(partial(self._parts.store.note_rule_set_passed, version))

    def _other_parts(self, verdict: Verdict) -> tuple[str, ...]:
        return tuple(sorted(name for name, mark in verdict.fixed.items() if self._fixed.get(name) != mark))

    def _refused(self, complaints: list[str]) -> Reloaded:
        self._tell(CHANGED, complaints)
        version = self._parts.rule_sets.newest.version
        return self._said(Reloaded(outcome=Outcome.REFUSED, version=version, complaints=tuple(complaints)))

    def _said(self, found: Reloaded) -> Reloaded:
        self._metrics.reloads.labels(found.outcome.value).inc()
        words: dict[str, object] = {"problems": len(found.complaints)} if found.complaints else {}
        if found.restart_for:
            words["restart_for"] = ", ".join(found.restart_for)
        say = _LOG.warning if found.outcome is Outcome.REFUSED or found.restart_for else _LOG.info
        say(f"rules {found.outcome}", version=found.version, **words)
        return found

    def _tell(self, subject: str, complaints: list[str]) -> None:
        """Tell the admin channel, once for each cause."""
        more = f" (and {len(complaints) - 1} more)" if len(complaints) > 1 else ""
        cause = complaints[0][:_LONGEST_CAUSE] + more
        if self._standing.get(subject) != cause:
            self._standing[subject] = cause
            self._parts.troubles.rules_refused(subject, cause, f"{subject}:{self._clock.now_ms()}")

    def _over(self, *subjects: str) -> None:
        """Say that what was told is over, where it was told; also by an earlier life of the bot."""
        earlier = self._parts.pipeline.view.has_open(RULES_RULE)
        for subject in subjects:
            if self._standing.pop(subject, None) is not None or earlier:
                self._parts.troubles.rules_loaded(subject, f"{subject}:{self._clock.now_ms()}")
