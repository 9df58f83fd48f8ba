"""Rules that wait: a row, a match that nothing follows, something that stays away."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from bot.core.fold import State
from bot.core.hours import recurring
from bot.core.inputs import Event, Reload
from bot.core.kinds import AbsentFor, Consecutive, NotFollowedBy
from bot.core.rule import MS_PER_DAY, Rule
from bot.core.state import AlertState
from tests.builders import HOUR, MINUTE, event, rule, rules, run, story, when

WITHIN = 30 * MINUTE


def waiting(**parts: Any) -> Rule:
    kind = NotFollowedBy(closing=when("finished", "rejected", "cancelled", "failed"), within_ms=WITHIN)
    return rule(kind=kind, when=when("needs_review"), title="Review overdue: {document}", **parts)


def review(at: int, run_: str = "R1", **fields: Any) -> Event:
    return event("extend.workflow_run.needs_review", at, run=run_, **fields)


def done(at: int, run_: str = "R1") -> Event:
    return event("extend.workflow_run.completed", at, run=run_)


def test_what_nothing_follows_fires_at_its_deadline() -> None:
    decided = run(rules(waiting()), review(0, document="a.pdf"), until=WITHIN)

    assert story(decided) == [(WITHIN, "fires", "R1")]
    assert decided.transitions[0].alert.title == "Review overdue: a.pdf"


def test_before_its_deadline_nothing_fires() -> None:
    assert story(run(rules(waiting()), review(0), until=WITHIN - 1)) == []


def test_a_closing_event_exactly_on_the_deadline_is_in_time() -> None:
    assert story(run(rules(waiting()), review(0), done(WITHIN), until=HOUR)) == []


def test_a_second_opening_starts_the_clock_again() -> None:
    decided = run(rules(waiting()), review(MINUTE), review(10 * MINUTE), until=HOUR)

    assert story(decided) == [(40 * MINUTE, "fires", "R1")]


def test_while_firing_a_further_opening_only_changes_the_card() -> None:
    decided = run(rules(waiting()), review(0), review(WITHIN + 1), until=HOUR)

    assert story(decided) == [(WITHIN, "fires", "R1")]
    assert next(iter(decided.alerts.values())).count == 2


def test_what_closes_ends_the_alert_that_fired() -> None:
    assert story(run(rules(waiting()), review(0), done(HOUR))) == [(WITHIN, "fires", "R1"), (HOUR, "resolves", "R1")]


def test_a_closing_event_that_came_first_excuses_the_opening() -> None:
    assert story(run(rules(waiting()), done(0), review(1), until=HOUR)) == []


def test_an_excuse_lasts_a_day() -> None:
    late = MS_PER_DAY
    assert story(run(rules(waiting()), done(0), review(late), until=2 * late)) == [(late + WITHIN, "fires", "R1")]


def test_by_other_keys_an_excuse_is_kept_as_well() -> None:
    per_company = waiting(per=("company",))
    closing = event("extend.workflow_run.completed", 0, run="R9", company="Acme")

    assert story(run(rules(per_company), closing, review(1, company="Acme"), until=HOUR)) == []


def test_an_overdue_alert_expires_seven_days_after_its_last_match() -> None:
    assert story(run(rules(waiting()), review(0), until=7 * MS_PER_DAY)) == [
        (WITHIN, "fires", "R1"),
        (7 * MS_PER_DAY, "expires", "R1"),
    ]


def test_the_clock_runs_in_the_rule_s_hours_only() -> None:
    office = recurring("office", days=range(5), start=8 * 60, end=18 * 60, zone=UTC)
    friday = 1 * MS_PER_DAY + 17 * HOUR + 45 * MINUTE  # 1970-01-02 is a Friday

    decided = run(rules(waiting(during=office)), review(friday), until=friday + 4 * MS_PER_DAY)

    monday = 4 * MS_PER_DAY + 8 * HOUR + 15 * MINUTE
    assert story(decided)[0] == (monday, "fires", "R1")


def test_an_alert_that_ended_leaves_no_timer_behind() -> None:
    state = State()
    run(rules(waiting(repeat_ms=HOUR)), review(0), done(HOUR), state=state)

    assert state.timers.standing() == {}
    assert state.slices == {}


def test_what_closes_in_time_leaves_nothing_behind() -> None:
    state = State()
    run(rules(waiting()), review(0), done(1), state=state)

    assert state.timers.standing() == {}
    assert state.slices == {}


def failed(at: int, run_: str) -> Event:
    return event("extend.workflow_run.failed", at, run=run_, workflow="W")


def good(at: int, run_: str) -> Event:
    return event("extend.workflow_run.completed", at, run=run_, workflow="W")


ROW = rule(kind=Consecutive(threshold=3, unless=when("finished")), per=("workflow",))


def test_a_row_fires_when_it_is_long_enough() -> None:
    decided = run(rules(ROW), failed(1, "a"), failed(2, "b"), failed(3, "c"))

    assert story(decided) == [(3, "fires", "W")]
    assert decided.transitions[0].alert.count == 3


def test_a_row_that_is_broken_begins_again() -> None:
    events = [failed(1, "a"), failed(2, "b"), good(3, "c"), failed(4, "d"), failed(5, "e")]

    assert story(run(rules(ROW), *events)) == []


def test_what_breaks_the_row_ends_its_alert() -> None:
    events = [failed(1, "a"), failed(2, "b"), failed(3, "c"), good(4, "d"), failed(5, "e"), failed(6, "f")]

    assert story(run(rules(ROW), *events)) == [(3, "fires", "W"), (4, "resolves", "W")]


def test_a_row_expires_seven_days_after_its_last_match() -> None:
    decided = run(rules(ROW), failed(1, "a"), failed(2, "b"), failed(3, "c"), until=8 * MS_PER_DAY)

    assert story(decided)[-1] == (3 + 7 * MS_PER_DAY, "expires", "W")


SILENT = rule(kind=AbsentFor(within_ms=2 * HOUR), when=when("any"), per=(), title="Nothing from anywhere")


def test_what_stays_away_since_the_rules_were_loaded_is_noticed() -> None:
    decided = run(rules(SILENT), Reload(at=0, version="1"), until=3 * HOUR)

    assert story(decided) == [(2 * HOUR, "fires", "all")]
    assert decided.transitions[0].alert.title == "Nothing from anywhere"


def test_each_match_starts_the_clock_of_an_absence_again() -> None:
    decided = run(rules(SILENT), Reload(at=0, version="1"), good(HOUR, "a"), until=4 * HOUR)

    assert story(decided) == [(3 * HOUR, "fires", "all")]


def test_the_next_match_ends_an_absence_and_waits_for_the_one_after() -> None:
    decided = run(rules(SILENT), Reload(at=0, version="1"), good(5 * HOUR, "a"), until=7 * HOUR)

    assert [(at, change) for at, change, _ in story(decided)] == [
        (2 * HOUR, "fires"),
        (5 * HOUR, "resolves"),
        (7 * HOUR, "fires"),
    ]


def test_a_key_s_clock_starts_with_its_first_match() -> None:
    per_source = rule(kind=AbsentFor(within_ms=HOUR), when=when("any"), per=("source",))

    decided = run(rules(per_source), Reload(at=0, version="1"), good(10 * HOUR, "a"), until=11 * HOUR)

    assert story(decided) == [(11 * HOUR, "fires", "extend")]


def test_the_same_rules_loaded_again_do_not_start_the_clock_again() -> None:
    decided = run(rules(SILENT), Reload(at=0, version="1"), Reload(at=HOUR, version="1"), until=2 * HOUR)

    assert story(decided) == [(2 * HOUR, "fires", "all")]


def test_a_shorter_deadline_holds_for_clocks_that_run_already() -> None:
    state = State()
    run(rules(waiting()), review(0), state=state)
    shorter = rule(
        kind=NotFollowedBy(closing=when("finished"), within_ms=MINUTE), when=when("needs_review"), title="{rule}"
    )

    decided = run(rules(shorter), Reload(at=5 * MINUTE, version="2"), until=6 * MINUTE, state=state)

    assert story(decided) == [(5 * MINUTE, "fires", "R1")]
    assert decided.transitions[0].alert.state is AlertState.FIRING
