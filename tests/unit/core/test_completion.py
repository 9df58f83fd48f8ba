from __future__ import annotations

from typing import Any

from bot.core.catalogue import Outcome
from bot.core.conditions import All, Clause, Op
from bot.core.decisions import Change, Reason
from bot.core.inputs import Details
from bot.core.kinds import AtLeast
from tests.builders import MINUTE, changes, event, rule, rules, run, when

FAILED = "extend.workflow_run.failed"
ENVELOPE = event(FAILED, 0, run="R", event_id="evt_1", details=Details.ENVELOPE)
COMPLETION = event(
    FAILED,
    MINUTE,
    run="R",
    cause="OUT_OF_CREDITS",
    workflow="W",
    event_id="evt_1",
    details=Details.COMPLETION,
)


def test_a_body_that_comes_later_completes_the_same_card() -> None:
    decided = run(rules(rule(show=("cause",))), ENVELOPE, COMPLETION)

    alert = next(iter(decided.alerts.values()))
    assert changes(decided) == [Change.FIRES]
    assert decided.transitions[0].alert.details_missing
    assert not alert.details_missing
    assert [field.value for field in alert.shown] == ["OUT_OF_CREDITS"]
    assert [n.reason for n in decided.notifications] == [Reason.FIRST, Reason.COMPLETED]
    assert alert.count == 1


def test_a_second_decision_never_makes_a_second_message() -> None:
    general = rule("general")
    critical = rule("critical", where=All((Clause("cause", Op.IS, "OUT_OF_CREDITS"),)))

    decided = run(rules(general, critical), ENVELOPE, COMPLETION)

    assert [t.alert.rule for t in decided.transitions] == ["general"]


def test_details_open_an_alert_where_the_envelope_told_nothing() -> None:
    critical = rule("critical", where=All((Clause("cause", Op.IS, "OUT_OF_CREDITS"),)))

    decided = run(rules(critical), ENVELOPE, COMPLETION)

    assert [(t.alert.rule, t.at) for t in decided.transitions] == [("critical", MINUTE)]


def test_a_completed_event_is_counted_once() -> None:
    counting = rule(kind=AtLeast(2, 10 * MINUTE), per=())

    assert changes(run(rules(counting), ENVELOPE, COMPLETION)) == []
    assert changes(run(rules(counting), ENVELOPE, COMPLETION, event(FAILED, MINUTE, run="S"))) == [Change.FIRES]


def test_a_completion_after_the_alert_ended_changes_nothing() -> None:
    written = rule(resolved_by=when("finished"))

    decided = run(rules(written), ENVELOPE, event("extend.workflow_run.completed", 1, run="R"), COMPLETION)

    assert changes(decided) == [Change.FIRES, Change.RESOLVES]


def test_content_that_only_the_body_tells_still_fires() -> None:
    step = "extend.workflow_run.step_run.processed"
    envelope = event(step, 0, run="R", event_id="evt_2", details=Details.ENVELOPE)
    body = event(
        step,
        5,
        outcomes=(Outcome.PROGRESS, Outcome.STEP_FAILED),
        run="R",
        event_id="evt_2",
        details=Details.COMPLETION,
    )

    assert changes(run(rules(rule(when=when("step_failed"))), envelope, body)) == [Change.FIRES]


def test_a_type_that_only_the_body_told_completes_and_fires_rules_of_that_type() -> None:
    untold = event("extend.processor_run.failed", 0, run="X", event_id="evt_3", details=Details.ENVELOPE)
    told = event("extend.extract_run.failed", 5, run="X", event_id="evt_3", details=Details.COMPLETION)

    decided = run(rules(rule(when=when("extend.extract_run.failed"))), untold, told)

    assert [(t.change, t.at) for t in decided.transitions] == [(Change.FIRES, 5)]


def test_a_late_body_of_a_closing_event_closes_nothing_that_fired_after_it() -> None:
    written = rule(per=("company",), resolved_by=when("finished"))
    completed = "extend.workflow_run.completed"
    fields: dict[str, Any] = {"run": "R", "company": "Acme", "event_id": "evt_4"}

    decided = run(
        rules(written),
        event(completed, 0, details=Details.ENVELOPE, **fields),
        event(FAILED, 10 * MINUTE, run="S", company="Acme"),
        event(completed, 35 * MINUTE, details=Details.COMPLETION, **fields),
    )

    assert changes(decided) == [Change.FIRES]


def test_what_was_learnt_meanwhile_does_not_make_the_envelope_have_matched() -> None:
    acme = rule(where=All((Clause("company", Op.IS, "Acme"),)))
    envelope = event(FAILED, 0, run="R", event_id="evt_5", details=Details.ENVELOPE)
    learnt = event("extend.workflow_run.step_run.processed", 1, run="R", company="Acme")
    body = event(FAILED, 2, run="R", company="Acme", event_id="evt_5", details=Details.COMPLETION)

    assert changes(run(rules(acme), envelope, learnt, body)) == [Change.FIRES]


def test_an_excused_envelope_told_nothing_so_its_details_may() -> None:
    review = rule("review", when=when("needs_review"), resolved_by=when("finished"))
    details = rule("details", when=when("needs_review"), where=All((Clause("company", Op.IS, "Acme"),)))
    asked: dict[str, Any] = {"run": "R", "event_id": "evt_6"}

    decided = run(
        rules(review, details),
        event("extend.workflow_run.completed", 0, run="R"),
        event("extend.workflow_run.needs_review", 1, details=Details.ENVELOPE, **asked),
        event("extend.workflow_run.needs_review", 2, details=Details.COMPLETION, company="Acme", **asked),
    )

    assert [t.alert.rule for t in decided.transitions] == ["details"]
