"""Corners of holding: rules that raise, instants at which much happens, very many alerts."""

from __future__ import annotations

from datetime import UTC
from fractions import Fraction
from typing import Any

import pytest

from bot.core import gates
from bot.core.fold import PACES_AT_MOST, State, fold
from bot.core.hours import recurring
from bot.core.inputs import Action, ActionKind, Reload
from bot.core.kinds import AbsentFor, NotFollowedBy, Share
from bot.core.rule import Target
from bot.core.silence import Silence
from tests.builders import DAY, HOUR, MINUTE, event, rule, rules, run, story, when

FAILED, DONE, REVIEW = "extend.workflow_run.failed", "extend.workflow_run.completed", "extend.workflow_run.needs_review"
OFFICE = recurring("office", days=range(7), start=8 * 60, end=18 * 60, zone=UTC)


def posts(d: Any) -> list[tuple[int, str]]:
    return [(n.at, n.channel) for n in d.notifications if n.reason.is_post]


def changes(d: Any) -> list[str]:
    return [c for _, c, _ in story(d)]


def _raising_for(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one rule raise wherever it is asked what holds its alert (any code of a rule would do)."""
    whole = gates.hold_of

    def hold_of(desk: Any, rule_: Any, alert: Any, values: Any) -> Any:
        if rule_.name == name:
            raise ValueError(name)
        return whole(desk, rule_, alert, values)

    monkeypatch.setattr(gates, "hold_of", hold_of)


def test_a_rule_that_raises_in_a_hand_over_hurts_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    both, state = rules(rule("good", notify_during=OFFICE), rule("bad", notify_during=OFFICE)), State()
    run(both, event(FAILED, 1, run="A"), state=state)
    with monkeypatch.context() as context:
        _raising_for("bad", context)
        first = run(both, until=9 * HOUR, state=state)
    second = run(both, event(FAILED, 20 * HOUR, run="B"), until=DAY + 9 * HOUR, state=state)
    assert [at for at, _ in posts(first)] == [8 * HOUR]
    assert DAY + 8 * HOUR in [at for at, _ in posts(second)]


def test_a_rule_that_raised_in_a_flush_tells_again_after_a_reload(monkeypatch: pytest.MonkeyPatch) -> None:
    written, state = rules(rule(group_wait_ms=MINUTE)), State()
    run(written, event(FAILED, 1, run="A"), state=state)
    with monkeypatch.context() as context:
        _raising_for("r", context)
        run(written, until=HOUR, state=state)
    later = run(
        written, Reload(at=2 * HOUR, version="2"), event(FAILED, 2 * HOUR, run="B"), until=3 * HOUR, state=state
    )
    assert posts(later)


def test_a_rule_that_raises_as_a_silence_ends_hurts_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    both, state = rules(rule("good"), rule("bad")), State()
    silence = Silence(silence_id="s", matcher=(("environment", "prod"),), at=0, until=HOUR, author="x", channel="c")
    run(both, Action(at=0, kind=ActionKind.SILENCE, actor="x", silence=silence), event(FAILED, 1, run="A"), state=state)
    with monkeypatch.context() as context:
        _raising_for("bad", context)
        decided = run(both, until=2 * HOUR, state=state)
    assert (HOUR, "alerts") in posts(decided)


def test_a_rule_that_raises_on_a_timer_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    written = rule(when=when("needs_review"), kind=NotFollowedBy(when("finished"), HOUR), per=("run",))
    _raising_for("r", monkeypatch)
    decided = run(rules(written), event(REVIEW, 1, run="A"), until=2 * HOUR)
    assert [fault.rule for fault in decided.faults] == ["r"]
    assert [told.type for told in decided.follow_ups] == ["tocsin.rule.set_aside"]


def test_a_share_ends_when_it_is_false_also_where_good_events_made_that_sooner() -> None:
    written = rule(kind=Share(Fraction(1, 2), when("failed", "finished"), 10 * MINUTE, 1), per=())
    bad = [event(FAILED, at * MINUTE, run=f"F{at}") for at in (0, 5, 8)]
    good = [event(DONE, at * MINUTE, run=f"S{at}") for at in (12, 13)]
    assert [(at // MINUTE, what) for at, what, _ in story(run(rules(written), *bad, *good, until=HOUR))] == [
        (0, "fires"),
        (15, "resolves"),  # 8 failed, 12 and 13 did not: one of three
    ]


def test_an_absence_is_watched_again_once_its_rule_is_released() -> None:
    written, state = rules(rule(when=when("any"), kind=AbsentFor(HOUR), per=())), State()
    run(written, Reload(at=0, version="1"), state=state)
    state.quarantined.add("r")
    run(written, until=2 * HOUR, state=state)
    assert changes(run(written, Reload(at=3 * HOUR, version="2"), until=DAY, state=state)) == ["fires"]


def test_a_clock_that_will_never_fire_inhibits_nothing() -> None:
    kind = NotFollowedBy(when("finished"), HOUR)
    parent = rule("parent", when=when("needs_review"), kind=kind, per=("workflow",))
    child = rule("child", per=("workflow", "run"), inhibited_by=("parent",))
    state = State()
    run(rules(parent, child), event(REVIEW, 1, run="A", workflow="W"), state=state)
    state.quarantined.add("parent")
    decided = run(rules(parent, child), event(FAILED, 5 * HOUR, run="B", workflow="W"), until=6 * HOUR, state=state)
    assert posts(decided) == [(5 * HOUR, "alerts")]


def test_what_waits_for_a_deadline_that_is_met_in_time_is_told() -> None:
    kind = NotFollowedBy(when("finished"), HOUR)
    parent = rule("parent", when=when("needs_review"), kind=kind, per=("workflow",))
    child = rule("child", per=("workflow", "run"), inhibited_by=("parent",))
    decided = run(
        rules(parent, child),
        event(REVIEW, 0, run="A", workflow="W"),
        event(FAILED, HOUR, run="B", workflow="W"),
        event(DONE, HOUR, run="A", workflow="W"),
        until=10 * HOUR,
    )
    assert posts(decided) == [(HOUR, "alerts")]


def test_a_parent_without_per_holds_a_child_of_the_same_job() -> None:
    parent = rule("parent", when=when("exceeded_retries"))
    child = rule("child", per=("job", "file"), inhibited_by=("parent",))
    decided = run(
        rules(parent, child),
        event("alfred.job.exceeded_retries", 1, job="J"),
        event("alfred.file.failed", 2, job="J", file="F"),
    )
    assert posts(decided) == [(1, "alerts")]


def _work(held: int, open_: int) -> int:
    """Return how often a slice is read when one of many inhibitors ends (`per` partly shared)."""
    parent = rule("p", when=when("exceeded_retries"), per=("workflow", "job"), resolved_by=when("finished"))
    child = rule("c", per=("job",), inhibited_by=("p",))
    written, state = rules(parent, child), State()
    for number in range(open_):
        fold(event("alfred.job.exceeded_retries", 1, job=f"J{number}", workflow="W"), state, written)
    for number in range(held):
        fold(event("alfred.job.failed", 2, job=f"J{number}"), state, written)
    reads, whole = [0], state.slice

    def slice_(key: str) -> Any:
        reads[0] += 1
        return whole(key)

    state.slice = slice_  # type: ignore[method-assign]
    fold(event("alfred.job.finished", 3, job="J1", workflow="W"), state, written)
    return reads[0]


def test_the_end_of_one_inhibitor_looks_only_at_what_it_may_have_held() -> None:
    assert _work(held=40, open_=200) < 1_000


def test_the_pace_of_a_channel_that_is_quiet_is_forgotten() -> None:
    written, state = rules(rule(notify=(Target("ops-{company}", "x"),))), State()
    for number in range(PACES_AT_MOST + 100):
        fold(event(FAILED, number * DAY, run=f"R{number}", company=f"c{number}"), state, written)
    assert len(state.paces()) <= PACES_AT_MOST


def test_acknowledging_a_silence_card_acknowledges_what_it_holds() -> None:
    written, state = rules(rule()), State()
    silence = Silence(silence_id="s", matcher=(("rule", "r"),), at=0, until=HOUR, author="x", channel="c")
    begin = Action(at=0, kind=ActionKind.SILENCE, actor="x", silence=silence)
    run(written, begin, event(FAILED, 1, run="A"), state=state)
    [card] = state.standing_roundups()
    click = Action(at=2, kind=ActionKind.ACKNOWLEDGE, actor="x", alert_id=card.roundup_id)
    assert changes(run(written, click, state=state)) == ["acknowledged"]


def test_the_id_of_a_hand_over_does_not_depend_on_the_order_of_the_rules() -> None:
    pair = rule("a", notify_during=OFFICE), rule("b", notify_during=OFFICE)
    ids = [
        [
            n.alert_id
            for n in run(rules(*written), event(FAILED, 1, event_id="e", run="A"), until=9 * HOUR).notifications
        ]
        for written in (pair, pair[::-1])
    ]
    assert ids[0] == ids[1]
