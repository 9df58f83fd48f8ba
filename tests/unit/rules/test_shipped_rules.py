"""The rules that ship: each commented, described, tried both ways, and together one message for one problem."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import permutations
from pathlib import Path

import pytest
from msgspec.structs import replace as changed

from bot.config.load import load_config
from bot.config.model import Config
from bot.config.nodes import Entries
from bot.config.notes import Notes
from bot.config.yamltext import read_yaml
from bot.core.catalogue import Outcome
from bot.core.decisions import Change, Transition
from bot.core.fold import State, fold
from bot.core.inputs import Event
from bot.core.kinds import (
    EVERY_MATCH,
    AbsentFor,
    AtLeast,
    Consecutive,
    EveryMatch,
    Kind,
    NewValue,
    NotFollowedBy,
    Share,
)
from bot.core.rule import ALWAYS, Mode, Rule
from bot.core.ruleset import RuleSet
from bot.core.selector import Selector
from bot.rulepack.load import LoadedRules, load_rules
from tests.builders import event
from tests.tools.samples import all_samples, source_of
from tests.unit.rulepack.written import tried_rules

ROOT = Path(__file__).parents[3]
FILES = sorted((ROOT / "rules").glob("*.yaml"))
NEVER = Selector(types=frozenset({"extend.workflow.created"}))


@cache
def config() -> Config:
    return load_config(ROOT / "config.yaml", {}, secrets_required=False)


@cache
def shipped() -> LoadedRules:
    return load_rules(config().rules, config())


RULES = list(shipped().rule_set.rules.values())


def test_config_and_rules_ship_without_errors_and_the_rules_without_warnings() -> None:
    assert shipped().problems == ()
    assert {Path(rule.file) for rule in RULES} == set(FILES)


def test_a_new_user_hears_what_is_still_to_be_set() -> None:
    said = " ".join(note.message for note in config().warnings)
    for part in ("previewed", "`channels:` is not set", "EXTEND_SIGNING_SECRET", "ALFRED_HOOK_TOKEN"):
        assert part in said


def test_what_the_shipped_config_shows_as_comments_is_good_when_it_is_uncommented(tmp_path: Path) -> None:
    text = (ROOT / "config.yaml").read_text(encoding="utf-8")
    _for_editors, rest = text.split("\n", 1)
    bare = re.sub(r"^( *)# ( *[a-z_-]+:(?: .*)?)$", r"\1\2", rest, flags=re.MULTILINE)
    (tmp_path / "config.yaml").write_text(bare, encoding="utf-8")
    full = load_config(tmp_path / "config.yaml", {}, secrets_required=False)
    assert full.slack is not None
    assert (len(full.channels), len(full.people), len(full.hours)) == (2, 2, 1)
    assert full.sources["alfred"].link
    assert full.sources["extend"].fetch_from


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_rule_has_a_comment_above_it_that_is_one_sentence_on_one_line(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    tree = read_yaml(path.read_bytes(), Notes(path.name))
    assert isinstance(tree, Entries)
    rules = tree.get("rules")
    assert isinstance(rules, Entries)
    for name, _ in rules.pairs:
        above, before = lines[name.line - 2], lines[name.line - 3]
        assert re.fullmatch(r"  # \S.*\.|  # \S.*; see the top of this file\.", above), name.text
        assert not before.strip().startswith("#") or before.startswith("#"), name.text


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_is_described_and_tried_both_ways(rule: Rule) -> None:
    examples = [example for example in shipped().examples if example.rule == rule.name]
    assert rule.description
    assert any(one.word == "fires" for example in examples for one in example.expected)
    assert any(not example.expected for example in examples)


@pytest.mark.parametrize("result", tried_rules(shipped(), config()), ids=lambda result: f"{result.rule}: {result.name}")
def test_its_examples_pass(result: object) -> None:
    assert getattr(result, "message", None) == ""


def broken(rule: Rule) -> Iterator[tuple[str, Rule]]:
    """Yield the rule with one thing wrong at a time."""
    yield "when", replace(rule, when=NEVER)
    yield "title", replace(rule, title="another title")
    if rule.where != ALWAYS:
        yield "where", replace(rule, where=ALWAYS)
    if rule.resolved_by is not None:
        yield "resolved_by", replace(rule, resolved_by=NEVER)
    if rule.resolved_after_ms is not None:
        yield "resolved_after", replace(rule, resolved_after_ms=rule.resolved_after_ms + 1)
    if rule.during is not None:
        yield "during", replace(rule, during=None)
    if rule.group_wait_ms is not None:
        yield "group_wait", replace(rule, group_wait_ms=rule.group_wait_ms + 1)
    if rule.then:
        yield "then", replace(rule, then=())
    if rule.inhibited_by:
        yield "inhibited_by", replace(rule, inhibited_by=())
    yield from ((what, replace(rule, kind=kind)) for what, kind in broken_kinds(rule.kind))


def broken_kinds(kind: Kind) -> Iterator[tuple[str, Kind]]:
    """Yield a kind of condition with one number or selector wrong at a time."""
    match kind:
        case EveryMatch():
            return
        case AbsentFor():
            pass  # its time is broken below
        case AtLeast():
            yield "distinct", replace(kind, distinct=None)
        case Share():
            yield "share", replace(kind, share=kind.share + Fraction(1, 100))
            yield "of", replace(kind, of=NEVER)
            yield "one less of all", replace(kind, minimum=kind.minimum - 1)
            yield "one more of all", replace(kind, minimum=kind.minimum + 1)
        case Consecutive():
            yield "unless", replace(kind, unless=NEVER)
        case NotFollowedBy():
            yield "not_followed_by", replace(kind, closing=NEVER)
        case NewValue():
            yield "one ms more", replace(kind, within_ms=kind.within_ms + 1)
    if isinstance(kind, AtLeast | Consecutive):
        yield "one more", replace(kind, threshold=kind.threshold + 1)
        yield "one less", replace(kind, threshold=kind.threshold - 1)
    if isinstance(kind, NotFollowedBy | AbsentFor):
        yield "one ms more", replace(kind, within_ms=kind.within_ms + 1)
    yield "another kind", EVERY_MATCH


FAULTS = [(rule.name, what, wrong) for rule in RULES for what, wrong in broken(rule)]


@pytest.mark.parametrize(("name", "what", "wrong"), FAULTS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_rule_broken_on_purpose_fails_its_examples(name: str, what: str, wrong: Rule) -> None:
    rules = RuleSet(rules={name: wrong})
    mine = tuple(example for example in shipped().examples if example.rule == name)
    results = tried_rules(LoadedRules(rules, mine, ()), config())
    assert any(not result.ok for result in results), what


def happens(events: Iterable[Event]) -> list[Transition]:
    state, found = State(), list[Transition]()
    for number, one in enumerate(events):
        found += fold(changed(one, at=1_000 * (number + 1)), state, shipped().rule_set).transitions
    return found


def told(events: Iterable[Event]) -> list[str]:
    """Return the rules whose alerts fire and are posted, in order; what is in shadow is only counted."""
    fired = (one.alert for one in happens(events) if one.change is Change.FIRES)
    return [alert.rule for alert in fired if alert.mode is Mode.LIVE]


STOPS = ("failed", "failed, used up", "exceeded_retries", "retry, used up")
TRYING = ("retry", "start", "stage_update")


def job_event(what: str) -> Event:
    name, _, used_up = what.partition(", ")
    outcomes = event(f"alfred.job.{name}").outcomes
    if used_up:
        outcomes += event("alfred.job.exceeded_retries").outcomes
    return event(f"alfred.job.{name}", outcomes=outcomes, job="J1", exceeded_retries=bool(used_up), retries=3)


def test_whatever_a_job_says_of_failing_and_in_whatever_order_it_is_one_message() -> None:
    orders = {order for length in range(1, 6) for order in permutations((*STOPS, *TRYING), length)}
    for order in orders:
        fired = told(map(job_event, order))
        stops = not set(order).isdisjoint(STOPS)
        assert fired == (["alfred-job-stopped"] if stops else []), order


def failed_step() -> Event:
    step = "extend.workflow_run.step_run.processed"
    return event(step, outcomes=(Outcome.PROGRESS, Outcome.STEP_FAILED), run="R1", status="FAILED", step="Extract")


def test_a_run_that_fails_at_a_step_is_one_message_in_either_order() -> None:
    run = event("extend.workflow_run.failed", run="R1", status="FAILED", cause="INTERNAL_ERROR")
    for order in permutations((failed_step(), run)):
        assert told(order) == ["extend-run-failed"]


# The alerts that each sample makes when it arrives alone; a sample that is not here makes none. Shadow is left out.
ALERTS = {
    "alfred/file_category_delete_event": ["alfred-file-without-category"],
    "alfred/file_failed_event": ["alfred-file-failed"],
    "alfred/job_exceeded_retries_event": ["alfred-job-stopped"],
    "alfred/job_failed_event": ["alfred-job-stopped"],
    "alfred/job_invalid_event": ["alfred-job-invalid"],
    "extend/2024-12-23/processor_run.failed": ["extend-processor-run-failed"],
    "extend/2024-12-23/workflow_run.failed": ["extend-run-failed"],
    "extend/2024-12-23/workflow_run.needs_review": ["extend-review-waiting"],
    "extend/2024-12-23/workflow_run.step_run.processed": ["extend-validation-failed"],
    "extend/2025-04-21/parser_run.failed": ["extend-processor-run-failed"],
    "extend/2025-04-21/processor_run.failed": ["extend-processor-run-failed"],
    "extend/2025-04-21/processor_run.processed.classify": ["extend-low-score"],
    "extend/2025-04-21/workflow_run.failed": ["extend-run-failed"],
    "extend/2025-04-21/workflow_run.needs_review": ["extend-review-waiting"],
    "extend/2025-04-21/workflow_run.step_run.processed": ["extend-validation-failed"],
    "extend/2026-02-09/batch_parse_run.failed": ["extend-processor-run-failed"],
    "extend/2026-02-09/batch_processor_run.failed": ["extend-processor-run-failed"],
    "extend/2026-02-09/classify_run.failed": ["extend-processor-run-failed"],
    "extend/2026-02-09/classify_run.processed": ["extend-low-score"],
    "extend/2026-02-09/edit_run.failed": ["extend-processor-run-failed"],
    "extend/2026-02-09/extract_run.failed": ["extend-everything-failing"],
    "extend/2026-02-09/extract_run.failed.signed-url": ["extend-processor-run-failed"],
    "extend/2026-02-09/form_detection_run.failed": ["extend-processor-run-failed"],
    "extend/2026-02-09/parse_run.failed": ["extend-processor-run-failed"],
    "extend/2026-02-09/split_run.failed": ["extend-processor-run-failed"],
    "extend/2026-02-09/workflow_run.failed": ["extend-run-failed"],
    "extend/2026-02-09/workflow_run.needs_review": ["extend-review-waiting"],
    "extend/2026-02-09/workflow_run.needs_review.signed-url": ["extend-review-waiting"],
    "extend/2026-02-09/workflow_run.step_run.processed.failed-no-result": ["extend-run-failed"],
    "extend/2026-02-09/workflow_run.step_run.processed.rule_validation-failed-rule": ["extend-validation-failed"],
    "extend/2026-02-09/workflow_run.step_run.processed.validation": ["extend-validation-failed"],
}


def test_the_samples_make_the_alerts_of_the_table_and_no_others() -> None:
    made = {}
    for sample in all_samples():
        source = source_of(sample)
        if source.handshake(sample.body) is not None:
            continue
        fired = told([source.read(sample.body).event])
        if fired:
            made[sample.label] = fired
    assert made == ALERTS
