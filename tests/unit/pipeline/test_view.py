"""What the view holds in memory follows what there is, and no more."""

from __future__ import annotations

import pytest

from bot.core.decisions import Decisions, Fault
from bot.core.fold import State
from bot.core.roundup import Pace
from bot.core.state import Slice
from bot.pipeline.view import StoredView
from tests.builders import HOUR, event, rule, rules, run, when
from tests.clocks import VirtualClock
from tests.twin_store import TwinStore


def changed(**slices: Slice | None) -> Decisions:
    return Decisions(slices=dict(slices))


class Kept:
    """A view over a twin store, whose reads of slices are counted."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("bot.pipeline.view.SLICES_KEPT", 0)
        self.store = TwinStore(VirtualClock(0))
        self.reads: list[str] = []
        whole = self.store.read_slice

        def counted(key: str) -> Slice | None:
            self.reads.append(key)
            return whole(key)

        self.store.read_slice = counted  # type: ignore[method-assign]
        self.view = StoredView(self.store)

    def save(self, decisions: Decisions) -> None:
        self.view.apply(decisions)
        self.store.state.apply(decisions)
        self.view.trim()

    @property
    def known(self) -> int:
        return len(self.view._existing)


def test_slices_that_come_and_go_leave_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Kept(monkeypatch)
    for number in range(100):
        kept.save(changed(**{str(number): Slice(rule="r")}))
        kept.save(changed(**{str(number): None, f"never-{number}": None}))
    assert kept.known == 0
    assert kept.view.slice("7") is None
    assert kept.reads == []


def test_a_slice_that_was_removed_is_missing_also_before_it_is_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Kept(monkeypatch)
    kept.save(changed(a=Slice(rule="r")))
    kept.view.apply(changed(a=None))
    assert kept.view.slice("a") is None


def test_what_retention_removed_is_forgotten_and_what_came_again_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Kept(monkeypatch)
    kept.save(changed(old=Slice(rule="r"), again=Slice(rule="r")))
    kept.store.state.apply(changed(old=None, again=None))
    kept.view.swept(["old", "again"])
    kept.save(changed(again=Slice(rule="r", stale_at=HOUR)))
    assert kept.known == 1
    assert kept.view.slice("old") is None
    assert kept.view.slice("again") == Slice(rule="r", stale_at=HOUR)


def test_what_is_not_saved_yet_is_neither_forgotten_nor_taken_for_swept(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Kept(monkeypatch)
    kept.save(changed(a=Slice(rule="r"), b=Slice(rule="r")))
    later = changed(a=Slice(rule="r", stale_at=HOUR))
    kept.store.state.apply(changed(a=None))
    kept.view.apply(later)
    kept.view.swept(["a"])
    kept.view.trim(later)
    assert kept.known == 2
    assert kept.view.slice("a") == Slice(rule="r", stale_at=HOUR)
    assert kept.reads == []


def test_sweeps_are_looked_at_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.pipeline.view.SWEPT_AT_ONCE", 2)
    kept = Kept(monkeypatch)
    names = ["a", "b", "c"]
    kept.save(changed(**{name: Slice(rule="r") for name in names}))
    kept.store.state.apply(changed(**dict.fromkeys(names)))
    kept.view.swept(names)
    kept.save(changed())
    assert kept.known == 1
    kept.save(changed())
    assert kept.known == 0


def test_which_rules_have_open_alerts_is_known_without_a_look_at_them() -> None:
    written = rules(rule("a", resolved_by=when("finished")), rule("b"))
    state = State()
    opened = run(written, event("alfred.job.failed", job="1"), event("alfred.job.failed", job="2"), state=state)
    view = StoredView(TwinStore(VirtualClock(0)))
    view.apply(opened)
    assert [view.has_open(name) for name in ("a", "b", "c")] == [True, True, False]

    for job in ("1", "2"):
        view.apply(run(written, event("alfred.job.finished", 1, job=job), state=state))
        expected = job == "1"
        assert view.has_open("a") is expected
    assert view.has_open("b")


def test_open_alerts_of_an_earlier_life_are_known() -> None:
    store = TwinStore(VirtualClock(0))
    run(rules(rule("a")), event("alfred.job.failed", job="1"), state=store.state)
    assert StoredView(store).has_open("a")


def test_what_few_events_bring_is_taken_over_also_where_it_comes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, pace = Kept(monkeypatch), Pace()
    kept.save(Decisions(paces={"alerts": pace}))
    kept.save(Decisions(faults=[Fault("r", "it raised")]))
    assert kept.view.pace("alerts") == pace
    assert kept.view.is_quarantined("r")
