"""Stored events through the same rules give the same decisions, byte for byte; and what differs is found and said."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.config.model import SourceConfig
from bot.core.catalogue import outcomes_of_type
from bot.core.identity import event_id
from bot.core.inputs import Action, ActionKind, Details, Event
from bot.core.ruleset import RuleSet
from bot.errors import UsageError
from bot.pipeline import Pipeline
from bot.service.replaying import Replayed, Wanted, replay
from bot.service.ruletexts import RuleTexts, pack, rule_set_of
from bot.sources import build
from bot.store import Store, open_reading
from tests.clocks import VirtualClock
from tests.integration.store.opened import opened

DAY: Final = 86_400_000
CONFIG: Final = """
sources: {alfred: {kind: alfred, token: env:T}}
rules: [x]
storm: {messages: 3, within: 5m}
hours: {office: {days: mon-fri, from: "08:00", to: "18:00"}}
defaults: {notify: doc-alerts}
"""
BODY: Final = b'{"event_id":"e","event_type":"job_event","event":{"event_name":"job_invalid_event"}}'
FIRST: Final = """
rules:
  failed:
    title: "{job} failed {count}"
    when: failed
    per: job
    if_unknown: skip
    resolved_by: finished
    repeat: 1h
    then: [{after: 2h, notify: leads}]
  many:
    title: "{company}: {count} failed"
    when: failed
    at_least: 3
    within: 10m
    per: company
    if_unknown: separate
    group_wait: 2m
  silent:
    title: "{job} stands still"
    when: retrying
    not_followed_by: [finished, failed]
    within: 30m
    per: job
    if_unknown: skip
    notify_during: office
  noted:
    title: "{raw.note}"
    when: invalid
    where: {raw.note: {exists: yes}}
"""
SECOND: Final = FIRST.replace("failed {count}", "has failed {count}").replace("at_least: 3", "at_least: 2")
THIRD: Final = FIRST[: FIRST.index("  silent:")].replace("repeat: 1h", "repeat: 3h")
TEXTS: Final = {text: RuleTexts(config=CONFIG, rules=(text,)) for text in (FIRST, SECOND, THIRD)}
SETS: Final[dict[str, RuleSet]] = {text: rule_set_of(texts) for text, texts in TEXTS.items()}


@dataclass
class Life:
    """A bot's store and pipeline without the bot."""

    store: Store
    pipeline: Pipeline
    clock: VirtualClock
    serial: int = 0

    async def settle(self) -> None:
        while await self.pipeline.step():
            pass
        await self.pipeline.saved()

    async def event(self, name: str, **fields: Any) -> str:
        """Journal an Alfred job event."""
        self.serial += 1
        kind = f"alfred.job.{name}"
        details = fields.pop("details", Details.WHOLE)
        own = Event(
            event_id=event_id("alfred", kind, str(self.serial)),
            source="alfred",
            type=kind,
            at=0,
            outcomes=outcomes_of_type(kind),
            fields={"source": "alfred", "environment": "prod", **fields},
            details=details,
        )
        await self.store.append(own, BODY)
        return own.event_id

    async def load(self, text: str) -> None:
        await self.store.append_reload(SETS[text].version, pack(TEXTS[text]))


def find(version: str) -> RuleSet:
    return next(each for each in SETS.values() if each.version == version)


async def live(path: Path, story: Callable[[Life], Awaitable[None]]) -> None:
    """Let a story happen to a store that begins with FIRST."""
    clock = VirtualClock()

    async def of(version: str) -> RuleSet:
        return find(version)

    async with opened(path, clock) as store:
        pipeline = Pipeline(
            store, SETS[FIRST], clock, on_saved=lambda _batch: None, may_fetch=lambda _s, _u: False, rule_set_of=of
        )
        life = Life(store, pipeline, clock)
        await life.load(FIRST)
        await story(life)
        await life.settle()


def again(path: Path, **wanted: Any) -> Replayed:
    sources = {"alfred": build(SourceConfig(name="alfred", kind="alfred", token=b"t"))}
    with open_reading(path) as reads:
        return replay(reads, sources, Wanted(verify=True, **wanted), VirtualClock(), lambda _done, _of: None)


STEPS = st.one_of(
    st.tuples(
        st.just("event"),
        st.sampled_from(["failed", "finished", "retry", "stage_update", "exceeded_retries"]),
        st.sampled_from(["J1", "J2", "J3"]),
        st.sampled_from([None, "Acme", "Globex"]),
    ),
    st.tuples(st.just("reference"), st.sampled_from(["J1", "J4"])),
    st.tuples(st.just("wait"), st.sampled_from([1_000, 61_000, 1_900_000, 7_300_000, DAY, 8 * DAY])),
    st.tuples(st.just("load"), st.sampled_from([FIRST, SECOND, THIRD])),
    st.tuples(st.just("act"), st.sampled_from([ActionKind.ACKNOWLEDGE, ActionKind.RESOLVE])),
    st.tuples(st.just("settle")),
)


async def tell(life: Life, steps: list[tuple[Any, ...]]) -> None:
    for what, *given_ in steps:
        if what == "event":
            name, job, company = given_
            await life.event(name, job=job, **({} if company is None else {"company": company}))
        elif what == "reference":
            await life.event("failed", job=given_[0], details=Details.ENVELOPE)
        elif what == "wait":
            life.clock.advance(given_[0])
        elif what == "load":
            await life.load(given_[0])
        elif what == "act":
            await life.settle()
            for _rule, _key, mark in list(life.store.open_slices())[:1]:
                await life.store.append_action(Action(at=0, kind=given_[0], actor="ana", alert_id=mark))
        else:
            await life.settle()


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEPS, min_size=3, max_size=40))
def test_whatever_happened_is_decided_again_byte_for_byte(steps: list[tuple[Any, ...]]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "t.db"
        asyncio.run(live(path, lambda life: tell(life, steps)))
        found = again(path)
        assert [(d.table, d.was, d.now) for d in found.different + found.unsure] == []
        assert found.rows == found.extent.rows


async def everything(life: Life) -> None:
    for number in range(12):
        await life.event("failed", job=f"J{number % 3}", company="Acme")
        life.clock.advance(90_000)
        if number == 6:
            await life.settle()
            await life.load(SECOND)
    await life.event("finished", job="J1")


def differing(found: Replayed) -> list[tuple[str, str]]:
    return [(one.table, one.rule) for one in found.different]


async def test_a_decision_that_is_not_the_rules_own_is_found(tmp_path: Path) -> None:
    async def story(life: Life) -> None:
        await everything(life)
        await life.settle()
        await life.store.work(
            lambda cursor: cursor.execute(
                "UPDATE alerts SET body = replace(body, '\"count\":', '\"count\":1') WHERE rule = 'failed'"
            )
        )
        await life.store.work(lambda cursor: cursor.execute("DELETE FROM outbox WHERE reason = 'reminder'"))

    await live(tmp_path / "t.db", story)
    found = await asyncio.to_thread(again, tmp_path / "t.db")
    assert not found.is_same
    assert ("alerts", "failed") in differing(found)
    assert {table for table, _ in differing(found)} <= {"alerts", "outbox"}
    only = await asyncio.to_thread(again, tmp_path / "t.db", rule="many")
    assert {rule for _, rule in differing(only)} <= {"many"}


async def test_bodies_that_have_aged_out_are_said_and_explain_what_differs(tmp_path: Path) -> None:
    body = (
        b'{"event_id":"e1","event_type":"job_event",'
        b'"event":{"event_name":"job_invalid_event","job_id":"J1","note":"torn"}}'
    )
    source = build(SourceConfig(name="alfred", kind="alfred", token=b"t"))

    async def story(life: Life) -> None:
        await life.store.append(source.read(body).event, body)
        await life.settle()

    await live(tmp_path / "t.db", story)
    assert (await asyncio.to_thread(again, tmp_path / "t.db")).changes == {("noted", "fires"): 1}

    clock = VirtualClock()
    clock.advance(30 * DAY)
    async with opened(tmp_path / "t.db", clock) as store:
        await store.prune()
    found = await asyncio.to_thread(again, tmp_path / "t.db")
    assert found.is_same
    assert found.count_unsure > 0
    assert any("bodies" in text for text in found.forgotten)


async def test_a_rule_set_whose_text_is_not_stored_is_named(tmp_path: Path) -> None:
    async def story(life: Life) -> None:
        await life.store.work(lambda cursor: cursor.execute("UPDATE rule_sets SET body = x''"))

    await live(tmp_path / "t.db", story)
    with pytest.raises(UsageError, match=SETS[FIRST].version):
        await asyncio.to_thread(again, tmp_path / "t.db")


async def test_only_what_began_since_then_is_looked_at(tmp_path: Path) -> None:
    times: list[int] = []

    async def story(life: Life) -> None:
        await life.event("failed", job="J1")
        life.clock.advance(DAY)
        times.append(life.clock.now_ms())
        await life.event("failed", job="J2")

    await live(tmp_path / "t.db", story)
    found = await asyncio.to_thread(again, tmp_path / "t.db", since=times[0], rule="failed")
    assert found.changes["failed", "fires"] == 1
