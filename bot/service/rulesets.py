"""The rule sets that the journal names: those in use as they are, older ones compiled again from their stored text."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

import structlog

from bot.core.ruleset import RuleSet
from bot.pipeline import patiently
from bot.service.checker import Order, Verdict
from bot.service.checking import CheckFailedError, check

_KEPT: Final = 3

_LOG = structlog.get_logger()


class TextStore(Protocol):
    """Where texts of rule sets are kept."""

    async def rule_set_text(self, version: str) -> bytes | None:
        """Return the text of a rule set; None once it is forgotten."""
        ...


class RuleSets:
    """Gives rule sets by their versions. `newest` is the one that came last."""

    def __init__(self, store: TextStore, first: RuleSet) -> None:
        self._store = store
        self._known = {first.version: first}
        self.newest = first

    def put(self, rule_set: RuleSet) -> None:
        """Take another one, which is the newest from here on."""
        self.newest = rule_set
        self._keep(rule_set)

    async def of(self, version: str) -> RuleSet:
        """Return the rule set of a version; the newest in its place when its text cannot be compiled any more."""
        found = self._known.get(version)
        if found is None:
            found = await self._compiled(version) or self.newest
            self._keep(found)
        return found

    async def _compiled(self, version: str) -> RuleSet | None:
        body = await patiently(lambda: self._store.rule_set_text(version))
        verdict, why = None, "its text is not in the store"
        if body:
            verdict, why = await self._checked(Order(texts=body, version=version))
        if verdict is None:
            _LOG.warning("an earlier rule set is gone; the newest stands in for it", version=version, cause=why)
            return None
        return await asyncio.to_thread(verdict.rule_set, self.newest)

    async def _checked(self, order: Order) -> tuple[Verdict | None, str]:
        try:
            verdict = await check(order)
        except CheckFailedError as error:
            return None, str(error)
        return (None, verdict.complaints[0]) if verdict.complaints else (verdict, "")

    def _keep(self, rule_set: RuleSet) -> None:
        self._known.pop(rule_set.version, None)
        self._known[rule_set.version] = rule_set
        while len(self._known) > _KEPT:
            oldest = next(version for version in self._known if version != self.newest.version)
            del self._known[oldest]
