from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.counting import COUNTED_AT_MOST, OTHER, TOP_VALUES_AT_MOST, tallied
from bot.core.decisions import Change, Decisions
from bot.core.fold import State
from bot.core.inputs import Event, Reload
from bot.core.kinds import AtLeast
from bot.core.rule import Rule
from tests.builders import MINUTE, changes, event, rule, rules, run, story, when

WITHIN = 15 * MINUTE


def counting(threshold: int = 3, distinct: str | None = None, **parts: Any) -> Rule:
    return rule(kind=AtLeast(threshold, WITHIN, distinct), per=parts.pop("per", ()), within_text="15m", **parts)


def failures(*times: int, runs: list[str] | None = None) -> list[Event]:
    names = runs or [f"R{i}" for i in range(len(times))]
    return [event("extend.workflow_run.failed", at, run=name) for at, name in zip(times, names, strict=True)]


def test_it_fires_on_crossing_and_not_before() -> None:
    assert story(run(rules(counting()), *failures(0, 1))) == []
    assert story(run(rules(counting()), *failures(0, 1, 2))) == [(2, "fires", "all")]


def test_a_match_exactly_within_ago_is_outside_the_window() -> None:
    assert story(run(rules(counting()), *failures(0, 1, WITHIN))) == []
    assert story(run(rules(counting()), *failures(1, 2, WITHIN))) == [(WITHIN, "fires", "all")]


def test_it_ends_the_moment_its_condition_is_false_again() -> None:
    decided = run(rules(counting()), *failures(0, 1, 2, 500), until=WITHIN * 3)

    assert story(decided) == [(2, "fires", "all"), (WITHIN + 1, "resolves", "all")]


def test_a_match_at_the_instant_of_draining_keeps_it_firing() -> None:
    decided = run(rules(counting()), *failures(0, 1, 2, WITHIN), until=WITHIN + 1)

    assert story(decided) == [(2, "fires", "all"), (WITHIN + 1, "resolves", "all")]


def test_five_runs_are_not_five_events_of_one_run() -> None:
    written = counting(distinct="subject")

    assert story(run(rules(written), *failures(0, 1, 2, 3, runs=["R"] * 4))) == []
    assert story(run(rules(written), *failures(0, 1, 2, 3, runs=["R", "R", "S", "T"]))) == [(3, "fires", "all")]


def test_a_distinct_value_that_comes_again_is_renewed() -> None:
    written = counting(distinct="subject")

    decided = run(rules(written), *failures(0, 1, WITHIN - 1, WITHIN, runs=["R", "S", "R", "T"]))

    assert story(decided) == [(WITHIN, "fires", "all")]


def test_a_missing_distinct_value_is_not_counted() -> None:
    written = counting(distinct="workflow")

    assert story(run(rules(written), *failures(0, 1, 2, 3))) == []


def test_the_count_and_the_title_go_on_while_it_fires() -> None:
    decided = run(rules(counting(title="{count} within {within}")), *failures(0, 1, 2, 3, 4))

    assert [a.title for a in decided.alerts.values()] == ["5 within 15m"]


def test_a_distinct_count_does_not_count_a_value_twice() -> None:
    written = counting(distinct="subject", title="{count}")

    decided = run(rules(written), *failures(0, 1, 2, 3, 4, runs=["R", "S", "T", "R", "U"]))

    assert [a.count for a in decided.alerts.values()] == [4]


def test_the_three_most_frequent_causes_are_listed() -> None:
    causes = ["A", "B", "B", "C", "C", "C", "D"]
    events = [event("extend.workflow_run.failed", i, run=str(i), cause=cause) for i, cause in enumerate(causes)]

    decided = run(rules(counting(top="cause")), *events)

    assert [a.top for a in decided.alerts.values()] == [(("C", 3), ("B", 2), ("A", 1))]


def test_with_resolved_by_a_drained_window_only_rearms() -> None:
    written = counting(per=("workflow",), resolved_by=when("finished"))
    fail = [event("extend.workflow_run.failed", t, run=str(t), workflow="W") for t in (0, 1, 2)]
    again = [event("extend.workflow_run.failed", WITHIN * 2 + t, run=str(t), workflow="W") for t in (0, 1, 2)]
    finish = event("extend.workflow_run.completed", WITHIN * 3, run="X", workflow="W")

    decided = run(rules(written), *fail, *again, finish)

    assert story(decided) == [(2, "fires", "W"), (WITHIN * 3, "resolves", "W")]


def test_an_ending_by_an_event_empties_the_counter() -> None:
    written = counting(per=("workflow",), resolved_by=when("finished"))
    fail = [event("extend.workflow_run.failed", t, run=str(t), workflow="W") for t in (0, 1, 2)]
    finish = event("extend.workflow_run.completed", 3, run="X", workflow="W")
    more = [event("extend.workflow_run.failed", t, run=str(t), workflow="W") for t in (4, 5)]

    assert changes(run(rules(written), *fail, finish, *more)) == [Change.FIRES, Change.RESOLVES]


def test_quiet_time_ends_it_although_the_window_has_not_drained() -> None:
    decided = run(rules(counting(resolved_after_ms=5 * MINUTE)), *failures(0, 1, 2), until=WITHIN * 2)

    assert story(decided) == [(2, "fires", "all"), (5 * MINUTE + 2, "resolves", "all")]


def test_after_quiet_time_or_a_person_what_goes_on_failing_fires_again() -> None:
    times = (0, 1, 2, 6 * MINUTE, 6 * MINUTE + 1, 6 * MINUTE + 2)

    decided = run(rules(counting(resolved_after_ms=5 * MINUTE)), *failures(*times))

    assert changes(decided) == [Change.FIRES, Change.RESOLVES, Change.FIRES]


def test_a_reload_with_a_higher_threshold_ends_the_alert_then_and_not_earlier() -> None:
    state = State()
    run(rules(counting(threshold=2)), *failures(0, 1), state=state)

    decided = run(rules(counting(threshold=9), version="2"), Reload(at=5, version="2"), until=MINUTE, state=state)

    assert story(decided) == [(5, "resolves", "all")]


def test_keys_are_counted_apart() -> None:
    written = counting(threshold=2, per=("workflow",))
    names = ["A", "B", "A"]
    events = [event("extend.workflow_run.failed", t, run=str(t), workflow=w) for t, w in enumerate(names)]

    assert story(run(rules(written), *events)) == [(2, "fires", "A")]


def test_a_tally_stays_bounded_however_many_values_come() -> None:
    top: dict[str, int] = {}
    for i in range(TOP_VALUES_AT_MOST * 3):
        top = tallied(top, str(i))

    assert len(top) == TOP_VALUES_AT_MOST + 1
    assert top[OTHER] == TOP_VALUES_AT_MOST * 2


def test_one_slice_stays_bounded_in_a_storm_of_distinct_values() -> None:
    decided = run(rules(counting(distinct="subject")), *failures(*range(COUNTED_AT_MOST * 2)))

    [slice_] = decided.slices.values()
    assert slice_ is not None
    assert len(slice_.recent) == 3
    assert len(slice_.counted) == COUNTED_AT_MOST
    assert slice_.alert is not None
    assert slice_.alert.count == COUNTED_AT_MOST * 2


def slow_story(times: list[tuple[int, str]], threshold: int, distinct: bool) -> list[tuple[int, str]]:
    """Look at every millisecond anew, with all matches kept: what the rule language says, written out."""
    found: list[tuple[int, str]] = []
    firing = before = False
    for now in range(max((at for at, _ in times), default=0) + 40):
        drained = not _holds(times, now - 1, now, threshold, distinct)
        if firing and drained and not any(at == now for at, _ in times):
            firing = False
            found.append((now, "resolves"))
        for index, (at, _) in enumerate(times):
            if at != now:
                continue
            before = _holds(times[:index], now, now, threshold, distinct)
            after = _holds(times[: index + 1], now, now, threshold, distinct)
            if not firing and after and not before:
                firing = True
                found.append((now, "fires"))
        if firing and not _holds(times, now, now, threshold, distinct):
            firing = False
            found.append((now, "resolves"))
    return found


def _holds(times: list[tuple[int, str]], upto: int, now: int, threshold: int, distinct: bool) -> bool:
    window = [value for at, value in times if now - 20 < at <= max(upto, now)]
    return len(set(window) if distinct else window) >= threshold


@pytest.mark.parametrize("distinct", [False, True])
@given(
    times=st.lists(st.tuples(st.integers(0, 80), st.sampled_from("abcd")), max_size=14).map(sorted),
    threshold=st.integers(1, 4),
)
def test_bounded_windows_tell_the_same_story_as_keeping_every_match(
    times: list[tuple[int, str]], threshold: int, distinct: bool
) -> None:
    written = rule(kind=AtLeast(threshold, 20, "run" if distinct else None), per=())
    events = [event("extend.workflow_run.failed", at, run=value) for at, value in times]

    decided: Decisions = run(rules(written), *events, until=max((at for at, _ in times), default=0) + 39)

    assert [(at, change) for at, change, _ in story(decided)] == slow_story(times, threshold, distinct)
