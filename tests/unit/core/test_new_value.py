"""A value that was not seen for a time."""

from __future__ import annotations

from typing import Any

from bot.core.inputs import Event
from bot.core.kinds import NewValue
from bot.core.rule import MS_PER_DAY
from tests.builders import DAY, event, rule, rules, run, story

WITHIN = 30 * DAY
NEW = rule(kind=NewValue(field="cause", within_ms=WITHIN), per=("cause",), title="New cause: {cause}")


def failed(at: int, cause: str | None = "A", **fields: Any) -> Event:
    own: dict[str, Any] = {} if cause is None else {"cause": cause}
    return event("extend.workflow_run.failed", at, run=f"r{at}", **own, **fields)


def test_a_value_never_seen_before_fires() -> None:
    assert story(run(rules(NEW), failed(1), failed(2, "B"))) == [(1, "fires", "A"), (2, "fires", "B")]


def test_a_value_that_was_seen_lately_is_not_new() -> None:
    decided = run(rules(NEW), failed(0), failed(20 * DAY))

    assert [change for _, change, _ in story(decided)] == ["fires", "expires"]


def test_every_sighting_renews_what_is_seen() -> None:
    decided = run(rules(NEW), failed(0), failed(20 * DAY), failed(49 * DAY))

    assert [change for _, change, _ in story(decided)].count("fires") == 1


def test_exactly_the_time_ago_is_new_again() -> None:
    decided = run(rules(NEW), failed(0), failed(WITHIN))

    assert [at for at, change, _ in story(decided) if change == "fires"] == [0, WITHIN]


def test_just_before_it_is_not_new() -> None:
    decided = run(rules(NEW), failed(0), failed(WITHIN - 1))

    assert [at for at, change, _ in story(decided) if change == "fires"] == [0]


def test_an_event_without_the_field_is_not_looked_at() -> None:
    assert story(run(rules(NEW), failed(0, None))) == []


def test_it_expires_a_day_after_its_last_match() -> None:
    decided = run(rules(NEW), failed(0), failed(5), until=2 * MS_PER_DAY)

    assert story(decided) == [(0, "fires", "A"), (MS_PER_DAY + 5, "expires", "A")]


def test_within_one_key_each_new_value_counts_and_known_ones_do_not() -> None:
    per_company = rule(kind=NewValue(field="cause", within_ms=WITHIN), per=("company",))
    told = [failed(0, "A", company="X"), failed(2 * DAY, "A", company="X"), failed(3 * DAY, "B", company="X")]

    decided = run(rules(per_company), *told)

    assert [(at, change) for at, change, _ in story(decided)] == [(0, "fires"), (DAY, "expires"), (3 * DAY, "fires")]
