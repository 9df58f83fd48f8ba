"""The shipped rules as a whole: with the smallest config, and when much happens at once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from msgspec.structs import replace as changed

from bot.config.load import load_config
from bot.core.fold import State, drain, fold
from bot.core.inputs import Event
from bot.core.rule import Mode
from bot.core.selector import OWN_SOURCE
from bot.rulepack.load import LoadedRules, load_rules
from tests.builders import event
from tests.unit.rules.test_shipped_rules import FILES, RULES, shipped

SMALLEST = (
    "sources: {extend: {kind: extend, secrets: [env:S]}, alfred: {kind: alfred, token: env:T}}\nrules: [rules/]\n"
)
MINUTE, HOUR = 60_000, 3_600_000


def loaded_with(folder: Path, config: str, *files: Path) -> LoadedRules:
    (folder / "config.yaml").write_text(config, encoding="utf-8")
    return load_rules(files, load_config(folder / "config.yaml", {}, secrets_required=False))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
@pytest.mark.parametrize("channels", ["", "channels: {doc-alerts: C0000000001}\n"], ids=["any", "doc-alerts only"])
def test_each_file_loads_alone_and_needs_no_name_but_doc_alerts(tmp_path: Path, channels: str, path: Path) -> None:
    assert loaded_with(tmp_path, SMALLEST + channels, path).problems == ()


def test_no_rule_repeats_and_only_the_one_that_finds_everything_new_is_in_shadow() -> None:
    assert [rule.name for rule in RULES if rule.repeat_ms is not None] == []
    assert [rule.name for rule in RULES if rule.mode is not Mode.LIVE] == ["extend-new-cause"]


def told(events: Iterable[Event], *, until: int) -> list[str]:
    """Return the rules whose alerts are told, in order, when the events come and then time goes by."""
    state, tellings = State(), []
    for each in events:
        tellings += fold(each, state, shipped().rule_set).tellings
    tellings += drain(until, state, shipped().rule_set).tellings
    names = [telling.alert.rule for telling in tellings if telling.channels]
    return [name for name in names if not name.startswith(f"{OWN_SOURCE}-")]


def failing(count: int, cause: str) -> list[Event]:
    """Return so many failed runs of one workflow, one a minute."""
    runs = [event("extend.workflow_run.failed", run=f"R{n}", workflow="Invoices", cause=cause) for n in range(count)]
    return [changed(run, at=HOUR + n * MINUTE) for n, run in enumerate(runs)]


@pytest.mark.parametrize(
    ("cause", "single", "bulk"),
    [
        ("POST_PROCESSING_FAILURE", ["extend-run-failed"] * 30, ["extend-workflow-failing"]),
        ("INTERNAL_ERROR", ["extend-run-failed"] * 30, ["extend-vendor-trouble"]),
        ("CORRUPT_FILE", ["extend-run-failed"] * 30, []),
        ("OUT_OF_CREDITS", [], ["extend-everything-failing"]),
        ("ABORTED", [], []),
    ],
)
def test_thirty_runs_that_fail_together_are_one_message_above_those_of_each(
    cause: str, single: list[str], bulk: list[str]
) -> None:
    assert sorted(told(failing(30, cause), until=HOUR + 55 * MINUTE)) == sorted(single + bulk)


def test_when_the_burst_is_over_it_is_told_once_that_nothing_got_through_since() -> None:
    events = failing(30, "POST_PROCESSING_FAILURE")
    assert told(events, until=5 * HOUR)[-2:] == ["extend-run-failed", "extend-workflow-row"]


def test_when_runs_get_through_after_the_burst_nothing_more_is_told() -> None:
    done = event("extend.workflow_run.completed", run="C", workflow="Invoices")
    after = [changed(done, at=HOUR + (30 + n) * MINUTE, event_id=f"C{n}") for n in range(3)]
    names = told([*failing(30, "POST_PROCESSING_FAILURE"), *after], until=5 * HOUR)
    assert set(names) == {"extend-run-failed", "extend-workflow-failing"}
    assert names.count("extend-workflow-failing") == 1
