"""What stored events say about rules: events of the right kind came, and nothing ever matched."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core.inputs import Event
from bot.rulepack.unmatched import unmatched
from tests.builders import event
from tests.unit.rulepack.written import one_rule, rules_in


def said(folder: Path, keys: str, *events: Event) -> list[str]:
    loaded = rules_in(folder, one_rule(keys))
    assert not loaded.has_errors, loaded.problems
    return [str(problem) for problem in unmatched(loaded.rule_set, events, "14 days")]


FAILED = event("alfred.job.failed", job="J1", company="Acme", cause="TIMEOUT")
OTHER = event("alfred.job.failed", job="J2", company="Umbrella")
STARTED = event("alfred.job.start", job="J3", company="Initech")


def test_a_rule_that_nothing_matches_is_named_with_how_many_passed_when(tmp_path: Path) -> None:
    (warning,) = said(tmp_path, "when: failed\nwhere: {company: acme}\n", FAILED, OTHER, STARTED)
    assert "rules.yaml:3:1: warning: no event matched in 14 days though 2 passed `when`" in warning


@pytest.mark.parametrize(
    "keys",
    [
        "when: failed\nwhere: {company: Acme}\n",  # one matched
        "when: failed\n",  # there is nothing that could say no
        "when: rejected\nwhere: {company: acme}\n",  # nothing of the kind came
        "when: failed\nwhere: {raw.pages: 3}\n",  # payloads are not looked at
        "when: failed\nwhere: {company: acme}\nmode: off\n",  # nobody waits for it
    ],
)
def test_nothing_is_said_where_nothing_can_be_known(tmp_path: Path, keys: str) -> None:
    assert said(tmp_path, keys, FAILED, OTHER, STARTED) == []


def test_a_key_that_is_never_there_is_named_too(tmp_path: Path) -> None:
    (warning,) = said(tmp_path, "when: failed\nper: tag\nif_unknown: skip\n", FAILED, OTHER)
    assert "though 2 passed" in warning


def test_what_job_memory_lends_counts_as_there(tmp_path: Path) -> None:
    keys = "when: failed\nwhere: {company: Initech}\n"
    later = event("alfred.job.failed", job="J3")
    assert said(tmp_path, keys, STARTED, later) == []
    assert len(said(tmp_path, keys, later)) == 1
