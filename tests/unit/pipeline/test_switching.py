"""Another rule set is in force from its row of the journal on: not for a timer before it, and not a row later."""

from __future__ import annotations

from bot.core.decisions import Change
from bot.core.inputs import Reload
from bot.core.ruleset import RuleSet
from bot.core.troubles import with_own_rules
from bot.pipeline import Batch, Pipeline
from bot.store.values import RowKind
from tests.builders import HOUR, MINUTE, event, rule, rules, when
from tests.clocks import VirtualClock
from tests.twin_store import TwinStore

FAILED = "alfred.job.failed"


class Switching:
    """A pipeline over a twin store that knows several rule sets."""

    def __init__(self, first: RuleSet, *others: RuleSet) -> None:
        self.store = TwinStore(VirtualClock(0))
        self.clock = self.store.clock
        self.asked: list[str] = []
        self.heard: list[Batch] = []
        self._known = {each.version: with_own_rules(each, "ops") for each in (first, *others)}
        self.pipeline = Pipeline(
            self.store,
            self._known[first.version],
            self.clock,
            on_saved=self.heard.append,
            may_fetch=lambda _source, _url: False,
            rule_set_of=self._of,
        )

    async def _of(self, version: str) -> RuleSet:
        self.asked.append(version)
        return self._known[version]

    def reload(self, version: str) -> None:
        self.store.add(Reload(at=0, version=version), kind=RowKind.RELOAD)

    async def settle(self) -> list[tuple[int, str, Change]]:
        while await self.pipeline.step():
            pass
        await self.pipeline.saved()
        return [(t.at, t.alert.rule, t.change) for t in self.store.saved.transitions]


def one(name: str, version: str, **parts: object) -> RuleSet:
    return rules(rule(name, **parts), version=version)


async def test_rows_before_a_reload_are_decided_by_the_old_rules_and_rows_after_it_by_the_new() -> None:
    bench = Switching(one("old", "v1"), one("new", "v2"))
    bench.store.add(event(FAILED, job="A"))
    bench.reload("v2")
    bench.store.add(event(FAILED, job="B"))

    happened = await bench.settle()

    assert [(name, change) for _, name, change in happened] == [
        ("old", Change.FIRES),
        ("old", Change.CLOSES),
        ("new", Change.FIRES),
    ]
    assert bench.asked == ["v2"]
    assert bench.pipeline.rule_set.version == "v2"
    assert [batch.taken_up[0].version for batch in bench.heard if batch.taken_up] == ["v2"]


async def test_a_timer_that_was_due_before_a_reload_has_its_turn_under_the_old_rules() -> None:
    slow = one("r", "v2", resolved_after_ms=HOUR)
    bench = Switching(one("r", "v1", resolved_after_ms=MINUTE), slow)
    bench.store.add(event(FAILED, job="A"))
    bench.clock.advance(2 * MINUTE)
    bench.reload("v2")

    happened = await bench.settle()

    assert happened == [(0, "r", Change.FIRES), (MINUTE, "r", Change.RESOLVES)]


async def test_a_reload_that_an_event_killed_still_brings_its_rules() -> None:
    bench = Switching(one("old", "v1", when=when("rejected")), one("new", "v2"))
    bench.reload("v2")
    bench.store.attempts[1] = 99
    bench.store.add(event(FAILED, job="A"))
    await bench.pipeline._recover()

    happened = await bench.settle()

    assert ("new", Change.FIRES) in [(name, change) for _, name, change in happened]
