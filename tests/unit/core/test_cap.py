"""A rule has state for so many keys; what is new beyond them shares one bucket, and that is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core import decide
from bot.core.decisions import Change, Decisions
from bot.core.kinds import NotFollowedBy
from bot.core.rule import Rule
from bot.core.troubles import RULE_OVERFLOWS, with_own_rules
from tests.builders import HOUR, event, rule, rules, run, when

FAILED = "alfred.job.failed"
DOCS = Path(__file__).parents[3] / "docs"
CAP = decide.KEYS_PER_RULE


@pytest.fixture(autouse=True)
def room_for_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decide, "KEYS_PER_RULE", 2)


def failing(written: Rule, *jobs: str) -> Decisions:
    return run(with_own_rules(rules(written), "ops"), *(event(FAILED, at, job=job) for at, job in enumerate(jobs)))


def told(decisions: Decisions) -> list[tuple[str, str]]:
    """Return what fired: for the rule its key, for the bot's own troubles their type."""
    fired = [one.alert for one in decisions.transitions if one.change is Change.FIRES]
    return [("job", alert.key[0][1]) if alert.rule == "r" else ("trouble", alert.event_type) for alert in fired]


def test_up_to_the_cap_each_key_is_apart_and_nothing_is_said() -> None:
    assert told(failing(rule(per=("job",)), "A", "B")) == [("job", "A"), ("job", "B")]


def test_beyond_the_cap_new_keys_share_one_bucket_and_that_is_told_once() -> None:
    found = failing(rule(per=("job",)), "A", "B", "C", "D")

    assert told(found) == [("job", "A"), ("job", "B"), ("job", "overflow"), ("trouble", RULE_OVERFLOWS)]
    [bucket] = [slice_ for key, slice_ in found.slices.items() if key == "r\x1foverflow"]
    assert bucket is not None
    assert bucket.alert is not None
    assert bucket.alert.count == 2


def test_a_key_that_a_rule_has_state_for_stays_apart_when_there_is_no_room_for_others() -> None:
    found = failing(rule(per=("job",)), "A", "B", "C", "A")

    known = found.slices["r\x1fA"]
    assert known is not None
    assert known.alert is not None
    assert known.alert.count == 2


def test_a_rule_that_waits_has_no_bucket_but_says_that_it_has_no_room() -> None:
    waiting = rule(per=("job",), kind=NotFollowedBy(when("finished"), HOUR))
    found = failing(waiting, "A", "B", "C")

    assert [key for key in found.slices if key.startswith("r\x1f")] == ["r\x1fA", "r\x1fB"]
    assert told(found) == [("trouble", RULE_OVERFLOWS)]


def test_the_docs_name_the_cap() -> None:
    assert f"at most {CAP:,} keys" in (DOCS / "rules.md").read_text()
