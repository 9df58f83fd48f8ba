"""A share of all events of a kind within a time."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.core.conditions import Clause, Op
from bot.core.decisions import Change
from bot.core.fold import State
from bot.core.inputs import Event
from bot.core.kinds import Share
from bot.core.lifecycle import is_worth_keeping, without_alert
from bot.core.rule import Rule
from bot.core.share import MOMENTS_AT_MOST, Weighed, counted, holds, last_that_holds, totals
from bot.core.state import Slice, Tally
from tests.builders import MINUTE, SECOND, event, rule, rules, run, story, when

WITHIN = 15 * MINUTE


def share_rule(share: Fraction = Fraction(1, 5), minimum: int = 5, **parts: Any) -> Rule:
    kind = Share(share=share, of=when("finished", "failed"), within_ms=WITHIN, minimum=minimum)
    return rule(kind=kind, per=("workflow",), within_text="15m", title="{percent} of {workflow} failed", **parts)


def good(at: int, number: int) -> Event:
    return event("extend.workflow_run.completed", at, run=f"g{number}", workflow="W")


def bad(at: int, number: int, **fields: Any) -> Event:
    return event("extend.workflow_run.failed", at, run=f"b{number}", workflow="W", **fields)


def test_a_share_fires_when_it_is_reached_and_the_minimum_is_there() -> None:
    events = [good(n * SECOND, n) for n in range(4)] + [bad(10 * SECOND, 1)]

    decided = run(rules(share_rule()), *events)

    assert story(decided) == [(10 * SECOND, "fires", "W")]
    assert decided.transitions[0].alert.title == "20% of W failed"


def test_a_share_below_the_minimum_is_silent() -> None:
    decided = run(rules(share_rule(minimum=6)), *[good(n, n) for n in range(4)], bad(10, 1))

    assert story(decided) == []


def test_a_good_event_can_be_the_one_that_makes_the_minimum() -> None:
    decided = run(rules(share_rule()), *[bad(n, n) for n in range(4)], good(10, 1))

    assert story(decided) == [(10, "fires", "W")]


def test_where_narrows_what_counts_as_a_match_but_not_what_it_is_a_share_of() -> None:
    vendor = Clause("cause", Op.IS, "OUT_OF_CREDITS")
    events = [bad(n, n, cause="CORRUPT_FILE") for n in range(4)] + [bad(10, 9, cause="OUT_OF_CREDITS")]

    decided = run(rules(share_rule(where=vendor)), *events)

    assert story(decided) == [(10, "fires", "W")]
    assert decided.transitions[0].alert.count == 1


def test_a_share_ends_when_good_events_dilute_it() -> None:
    events = [*[good(n, n) for n in range(4)], bad(10, 1), good(20, 8)]

    assert story(run(rules(share_rule()), *events)) == [(10, "fires", "W"), (20, "resolves", "W")]


def test_a_share_ends_at_the_instant_at_which_its_matches_leave_the_window() -> None:
    events = [*[good(n, n) for n in range(4)], bad(10, 1)]

    decided = run(rules(share_rule()), *events, until=WITHIN + 10)

    # The first good event leaves before: four are left, fewer than the minimum.
    assert story(decided) == [(10, "fires", "W"), (WITHIN, "resolves", "W")]


def test_what_is_exactly_the_time_ago_is_not_in_the_window() -> None:
    events = [*[good(0, n) for n in range(4)], bad(WITHIN, 1)]

    assert story(run(rules(share_rule()), *events)) == []


def test_a_share_fires_again_after_it_ended() -> None:
    events = [*[good(n, n) for n in range(4)], bad(10, 1), good(20, 8), bad(30, 2)]

    assert [change for _, change, _ in story(run(rules(share_rule()), *events))] == ["fires", "resolves", "fires"]


def test_with_a_closing_event_the_window_only_rearms() -> None:
    events = [*[good(n, n) for n in range(4)], bad(10, 1), bad(2 * WITHIN, 2)]

    decided = run(rules(share_rule(resolved_by=when("rejected"))), *events)

    assert story(decided) == [(10, "fires", "W")]


EMPTY: Weighed = ((), None, (0, 0))


def test_very_many_moments_are_counted_exactly_in_bounded_memory() -> None:
    weighed = EMPTY
    for at in range(5_000):
        weighed = counted(weighed, -1, Tally(at, 1, int(at % 4 == 0)), 10_000)

    window, latest, sums = weighed
    assert latest is not None
    assert len(window) <= MOMENTS_AT_MOST
    assert totals((*window, latest)) == sums == (5_000, 1_250)


def test_events_of_one_moment_are_one_moment_and_leave_together() -> None:
    weighed = EMPTY
    for at in (1, 1, 1, 2, 2):
        weighed = counted(weighed, at - 10, Tally(at, 1, at % 2), 10)
    assert weighed == ((Tally(1, 3, 3),), Tally(2, 2, 0), (5, 3))

    weighed = counted(weighed, 1, Tally(11, 1, 1), 10)
    assert weighed == ((Tally(2, 2, 0),), Tally(11, 1, 1), (3, 1))
    assert counted(weighed, 12, Tally(22, 1, 1), 10) == ((), Tally(22, 1, 1), (1, 1))


def moments_of(counts: list[tuple[int, int]]) -> tuple[Tally, ...]:
    return tuple(Tally(at, of, min(of, matched)) for at, (of, matched) in enumerate(counts, 1))


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=12),
    st.sampled_from([Fraction(1, 4), Fraction(1, 2), Fraction(1, 1)]),
    st.integers(1, 6),
)
def test_a_share_holds_until_the_moment_is_gone_without_which_it_does_not(
    counts: list[tuple[int, int]], part: Fraction, minimum: int
) -> None:
    kind, moments = Share(part, when("finished"), WITHIN, minimum), moments_of(counts)

    lasts = [tally.at for n, tally in enumerate(moments, 1) if not holds(kind, totals(moments[n:]))]

    assert last_that_holds(kind, moments) == (lasts[0] if lasts else 0)


def test_what_is_kept_of_a_window_is_kept_with_its_latest_moment() -> None:
    slice_ = Slice(rule="r", window=(Tally(1, 1, 1),), latest=Tally(2, 1, 0), sums=(2, 1))

    assert without_alert(slice_, keeps_window=True).moments == slice_.moments
    assert without_alert(slice_, keeps_window=False) == Slice(rule="r")
    assert is_worth_keeping(Slice(rule="r", latest=Tally(2, 1, 0)))


@given(st.lists(st.integers(0, 3), min_size=1, max_size=12), st.integers(0, 11))
def test_a_window_that_was_stored_is_counted_on_as_if_it_had_not_been(pauses: list[int], stored_at: int) -> None:
    through = stored = EMPTY
    at = 0
    for number, pause in enumerate(pauses):
        at += pause
        one = Tally(at, 1, number % 2)
        through, stored = counted(through, at - 6, one, 6), counted(stored, at - 6, one, 6)
        if number == stored_at:
            window, latest, sums = stored
            assert latest is not None
            stored = ((*window, latest), None, sums)
        else:
            assert stored == through


def test_a_share_lists_the_most_frequent_causes_of_its_window() -> None:
    events = [bad(n, n, cause="A" if n else "B") for n in range(5)]

    decided = run(rules(share_rule(top="cause")), *events, state=State())

    assert decided.transitions[0].change is Change.FIRES
    assert decided.transitions[0].alert.top == (("A", 4), ("B", 1))
