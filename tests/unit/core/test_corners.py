"""Corners in which kinds, endings, holds and reloads meet."""

from __future__ import annotations

from datetime import UTC
from fractions import Fraction
from typing import Any

import pytest

from bot.core.conditions import Clause, Op
from bot.core.decisions import Decisions
from bot.core.fields import FieldType
from bot.core.fold import State
from bot.core.hours import recurring
from bot.core.inputs import Action, ActionKind, Details, Reload
from bot.core.kinds import AbsentFor, AtLeast, Consecutive, NewValue, NotFollowedBy, Share
from bot.core.rule import Escalation, Mode
from bot.core.share import Weighed, counted, totals
from bot.core.silence import Silence
from bot.core.state import Tally
from tests.builders import DAY, HOUR, MINUTE, event, rule, rules, run, when

FAILED, DONE, REVIEW = "extend.workflow_run.failed", "extend.workflow_run.completed", "extend.workflow_run.needs_review"
OFFICE = recurring("office", days=range(7), start=8 * 60, end=18 * 60, zone=UTC)


def posts(d: Decisions) -> list[tuple[int, str]]:
    return [(n.at, n.channel) for n in d.notifications if n.reason.is_post]


def stories(d: Decisions) -> list[tuple[int, str, str]]:
    return [(t.at, t.change.value, t.alert.rule) for t in d.transitions]


def test_share_forgets_what_left_the_window() -> None:
    weighed: Weighed = ((), None, (0, 0))
    for at in range(20_000):  # two windows of 10 s with one event each ms; only the first half of the first fails
        weighed = counted(weighed, at - 10_000, Tally(at, 1, int(at < 5_000)), 10_000)
    window, latest, sums = weighed
    assert latest is not None
    assert totals((*window, latest)) == sums
    assert sums[0] <= 10_500
    assert sums[1] < 200


def test_share_with_where_is_ended_by_resolved_by() -> None:
    cause = Clause("cause", Op.IS, "X", FieldType.TEXT)
    r = rule(
        kind=Share(Fraction(1, 2), when("finished", "failed"), HOUR, 1),
        where=cause,
        per=(),
        resolved_by=when("finished"),
    )
    d = run(rules(r), event(FAILED, 1, run="A", cause="X"), event(DONE, 2, run="B"))
    assert [c for _, c, _ in stories(d)] == ["fires", "resolves"]


def test_absent_for_all_starts_again_when_switched_on() -> None:
    live = rule("a", when=when("any"), kind=AbsentFor(HOUR), per=())
    off = rule("a", when=when("any"), kind=AbsentFor(HOUR), per=(), mode=Mode.OFF)
    state = State()
    run(rules(live), Reload(at=0, version="1"), state=state)
    run(rules(off), Reload(at=10, version="2"), state=state)
    d = run(rules(live), Reload(at=20, version="3"), until=DAY, state=state)
    assert [c for _, c, _ in stories(d)] == ["fires"]


def test_absent_for_all_starts_when_removed_and_added_again() -> None:
    live = rule("a", when=when("any"), kind=AbsentFor(HOUR), per=())
    state = State()
    run(rules(live), Reload(at=0, version="1"), state=state)
    run(rules(), Reload(at=10, version="2"), state=state)
    d = run(rules(live), Reload(at=20, version="3"), until=DAY, state=state)
    assert [c for _, c, _ in stories(d)] == ["fires"]


def test_absent_for_all_starts_when_the_rule_counted_before() -> None:
    before = rule("a", when=when("any"), kind=AtLeast(5, HOUR), per=())
    live = rule("a", when=when("any"), kind=AbsentFor(HOUR), per=())
    state = State()
    run(rules(before), event(DONE, 1, run="A"), state=state)
    d = run(rules(live), Reload(at=20, version="3"), until=DAY, state=state)
    assert [c for _, c, _ in stories(d)] == ["fires"]


def test_lowered_threshold_fires_with_the_next_match() -> None:
    def r(n: int) -> Any:
        return rule(kind=AtLeast(n, HOUR), per=())

    state = State()
    run(rules(r(5)), *[event(FAILED, i * MINUTE, run=f"R{i}") for i in range(4)], state=state)
    later = [event(FAILED, (4 + 15 * i) * MINUTE, run=f"Q{i}") for i in range(1, 20)]
    d = run(rules(r(3)), Reload(at=4 * MINUTE, version="2"), *later, state=state)
    assert "fires" in [c for _, c, _ in stories(d)]


def test_hours_that_open_later_after_a_reload_hand_over_when_they_open() -> None:
    late = recurring("office", days=range(7), start=10 * 60, end=18 * 60, zone=UTC)
    state = State()
    run(rules(rule(notify_during=OFFICE)), event(FAILED, HOUR, run="A"), state=state)
    d = run(rules(rule(notify_during=late)), Reload(at=2 * HOUR, version="2"), until=DAY, state=state)
    assert posts(d) == [(10 * HOUR, "alerts")]


def test_hours_that_open_earlier_after_a_reload_hand_over_when_they_open() -> None:
    early = recurring("office", days=range(7), start=6 * 60, end=18 * 60, zone=UTC)
    state = State()
    run(rules(rule(notify_during=OFFICE)), event(FAILED, HOUR, run="A"), state=state)
    d = run(rules(rule(notify_during=early)), Reload(at=2 * HOUR, version="2"), until=DAY, state=state)
    assert posts(d) == [(6 * HOUR, "alerts")]


def test_hand_over_counts_each_alert_once_by_rule() -> None:
    d = run(rules(rule(notify_during=OFFICE)), event(FAILED, HOUR, run="A", company="Acme"), until=9 * HOUR)
    [card] = d.roundups.values()
    assert (card.count, card.by_rule, card.by_company) == (1, {"r": 1}, {"Acme": 1})


def test_group_counts_each_alert_once_by_rule() -> None:
    d = run(rules(rule(group_wait_ms=MINUTE)), event(FAILED, 1, run="A"), event(FAILED, 2, run="B"), until=HOUR)
    [card] = [c for c in d.roundups.values() if c.posted_at is not None]
    assert (card.count, card.by_rule) == (2, {"r": 2})


@pytest.mark.parametrize("child", ["a-child", "z-child"])
def test_inhibition_at_one_instant_does_not_depend_on_names(child: str) -> None:
    kind = NotFollowedBy(when("finished"), 30 * MINUTE)
    parent = rule("m-parent", when=when("needs_review"), kind=kind, per=("workflow",))
    c = rule(child, when=when("needs_review"), kind=kind, per=("workflow", "run"), inhibited_by=("m-parent",))
    d = run(rules(parent, c), event(REVIEW, 1, run="A", workflow="W"), until=HOUR)
    assert len(posts(d)) == 1


@pytest.mark.parametrize("order", [0, 1])
def test_event_that_ends_both_releases_nothing(order: int) -> None:
    parent = rule("parent", when=when("exceeded_retries"), per=("job",), resolved_by=when("finished"))
    child = rule("child", when=when("failed"), per=("job",), resolved_by=when("finished"), inhibited_by=("parent",))
    written = (parent, child) if order else (child, parent)
    d = run(
        rules(*written),
        event("alfred.job.exceeded_retries", 1, job="J"),
        event("alfred.job.failed", 2, job="J"),
        event("alfred.job.finished", 3, job="J"),
    )
    assert len(posts(d)) == 1


@pytest.mark.parametrize("child", ["a-child", "z-child"])
def test_quiet_time_that_ends_both_releases_nothing(child: str) -> None:
    parent = rule("m-parent", when=when("failed"), per=("job",), resolved_after_ms=HOUR)
    c = rule(child, when=when("failed"), per=("job",), resolved_after_ms=HOUR, inhibited_by=("m-parent",))
    d = run(rules(parent, c), event("alfred.job.failed", 2, job="J"), until=DAY)
    assert len(posts(d)) == 1


def test_default_per_is_shared() -> None:
    parent = rule("parent", when=when("exceeded_retries"))
    child = rule("child", when=when("failed"), inhibited_by=("parent",))
    d = run(
        rules(parent, child), event("alfred.job.exceeded_retries", 1, job="J1"), event("alfred.job.failed", 2, job="J2")
    )
    assert len(posts(d)) == 2


def test_default_per_is_shared_with_a_written_job() -> None:
    parent = rule("parent", when=when("exceeded_retries"), per=("job",))
    child = rule("child", when=when("failed"), inhibited_by=("parent",))
    d = run(
        rules(parent, child), event("alfred.job.exceeded_retries", 1, job="J1"), event("alfred.job.failed", 2, job="J2")
    )
    assert len(posts(d)) == 2


def test_rule_that_raises_on_a_tick_is_reported() -> None:
    bad = rule("bad", then=(Escalation(after_ms=MINUTE, notify=(None,)),))  # type: ignore[arg-type]
    d = run(rules(bad), event(FAILED, 1, run="A"), until=HOUR)
    assert [f.rule for f in d.faults] == ["bad"]
    assert [e.type for e in d.follow_ups] == ["tocsin.rule.set_aside"]


def test_quarantined_deadline_does_not_fire() -> None:
    r = rule("r", when=when("needs_review"), kind=NotFollowedBy(when("finished"), HOUR), per=("run",))
    state = State()
    run(rules(r), event(REVIEW, 1, run="A"), state=state)
    state.quarantined.add("r")
    d = run(rules(r), event(DONE, 2, run="A"), until=DAY, state=state)
    assert stories(d) == []


def test_resolved_by_does_not_break_a_row() -> None:
    r = rule(kind=Consecutive(3, when("finished")), per=("workflow",), resolved_by=when("cancelled"))
    d = run(
        rules(r),
        event(FAILED, 1, run="A", workflow="W"),
        event(FAILED, 2, run="B", workflow="W"),
        event("extend.workflow_run.cancelled", 3, run="C", workflow="W"),
        event(FAILED, 4, run="D", workflow="W"),
    )
    assert [c for _, c, _ in stories(d)] == ["fires"]


def test_resolved_by_does_not_stop_a_clock() -> None:
    r = rule(
        when=when("needs_review"),
        kind=NotFollowedBy(when("finished"), HOUR),
        per=("run",),
        resolved_by=when("cancelled"),
    )
    d = run(rules(r), event(REVIEW, 1, run="A"), event("extend.workflow_run.cancelled", 3, run="A"), until=2 * HOUR)
    assert [c for _, c, _ in stories(d)] == ["fires"]


def test_quiet_does_not_end_at_the_instant_of_firing() -> None:
    r = rule(
        when=when("needs_review"),
        kind=NotFollowedBy(when("finished"), HOUR),
        per=("run",),
        resolved_after_ms=30 * MINUTE,
    )
    d = run(rules(r), event(REVIEW, 1, run="A"), until=HOUR + 10)
    assert [c for _, c, _ in stories(d)] == ["fires"]


def test_new_value_known_only_from_the_payload_fires() -> None:
    r = rule(kind=NewValue("cause", DAY), per=("source",))
    d = run(
        rules(r),
        event(FAILED, 1, event_id="e", run="A", details=Details.ENVELOPE),
        event(FAILED, 2, event_id="e", run="A", cause="NEW", details=Details.COMPLETION),
    )
    assert [c for _, c, _ in stories(d)] == ["fires"]


def test_distinct_known_only_from_the_payload_is_counted() -> None:
    r = rule(kind=AtLeast(1, DAY, "company"), per=())
    d = run(
        rules(r),
        event(FAILED, 1, event_id="e", run="A", details=Details.ENVELOPE),
        event(FAILED, 2, event_id="e", run="A", company="NEW", details=Details.COMPLETION),
    )
    assert [c for _, c, _ in stories(d)] == ["fires"]


def test_share_numerator_known_only_from_the_payload_is_counted() -> None:
    cause = Clause("cause", Op.IS, "X", FieldType.TEXT)
    r = rule(kind=Share(Fraction(1, 2), when("finished", "failed"), HOUR, 1), where=cause, per=())
    d = run(
        rules(r),
        event(FAILED, 1, event_id="e", run="A", details=Details.ENVELOPE),
        event(FAILED, 2, event_id="e", run="A", cause="X", details=Details.COMPLETION),
    )
    assert [c for _, c, _ in stories(d)] == ["fires"]


def test_closing_whose_key_the_payload_tells_stops_the_clock() -> None:
    r = rule(when=when("needs_review"), kind=NotFollowedBy(when("finished"), HOUR), per=("document",))
    d = run(
        rules(r),
        event(REVIEW, 1, run="A", document="D"),
        event(DONE, 2, event_id="e", run="A", details=Details.ENVELOPE),
        event(DONE, 3, event_id="e", run="A", document="D", details=Details.COMPLETION),
        until=2 * HOUR,
    )
    assert stories(d) == []


def test_held_alert_of_a_rule_now_in_shadow_is_not_told() -> None:
    state = State()
    run(rules(rule(notify_during=OFFICE)), event(FAILED, HOUR, run="A"), state=state)
    d = run(
        rules(rule(notify_during=OFFICE, mode=Mode.SHADOW)), Reload(at=2 * HOUR, version="2"), until=DAY, state=state
    )
    assert posts(d) == []


def test_held_twice_by_the_same_hours_is_listed_once() -> None:
    parent = rule("parent", when=when("exceeded_retries"), per=("job",), resolved_by=when("retrying"))
    plain = rule("child", per=("job",), notify_during=OFFICE, resolved_by=when("finished"))
    under = rule("child", per=("job",), notify_during=OFFICE, resolved_by=when("finished"), inhibited_by=("parent",))
    state = State()
    run(
        rules(parent, plain),
        event("alfred.job.exceeded_retries", 1, job="J"),
        event("alfred.job.failed", 2, job="J"),
        state=state,
    )
    d = run(
        rules(parent, under),
        Reload(at=3, version="2"),
        event("alfred.job.retry", 4, job="J"),
        event("alfred.job.finished", 5, job="J"),
        until=9 * HOUR,
        state=state,
    )
    [over] = d.hand_overs
    assert len(over.ended) == 1


def test_silence_that_ends_as_hours_begin_tells_once() -> None:
    r = rule(notify_during=OFFICE)
    s = Silence(silence_id="s", matcher=(("rule", "r"),), at=0, until=8 * HOUR, author="x", channel="c")
    d = run(
        rules(r),
        event(FAILED, 1, run="H"),
        Action(at=2, kind=ActionKind.SILENCE, actor="x", silence=s),
        event(FAILED, 3, run="A"),
        until=DAY,
    )
    assert len([p for p in posts(d) if p[1] == "alerts"]) == 2
