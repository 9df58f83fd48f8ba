from __future__ import annotations

from bot.core.catalogue import Outcome
from bot.core.conditions import All, Clause, Op
from bot.core.decisions import Change, Reason
from bot.core.inputs import Details
from bot.core.rule import AtLeast
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
    envelope=ENVELOPE.fields,
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
        envelope=envelope.fields,
    )

    assert changes(run(rules(rule(when=when("step_failed"))), envelope, body)) == [Change.FIRES]
