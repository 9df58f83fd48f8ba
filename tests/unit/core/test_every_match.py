from __future__ import annotations

from typing import Any

import msgspec
import pytest

from bot.core.catalogue import Outcome
from bot.core.conditions import All, Clause, Op
from bot.core.decisions import Change, Reason
from bot.core.fold import State
from bot.core.inputs import Action, ActionKind, Reload
from bot.core.kinds import AtLeast
from bot.core.rule import IfUnknown, Mode, Severity, Target
from bot.core.state import AlertState, Slice
from bot.errors import StoreFailedError
from tests.builders import DAY, HOUR, MINUTE, changes, event, rule, rules, run, story, when


def test_a_match_fires_once_for_its_subject_and_a_second_one_only_counts() -> None:
    decided = run(rules(rule()), event("alfred.job.failed", 1, job="J1"), event("alfred.job.failed", 2, job="J1"))

    assert story(decided) == [(1, "fires", "J1")]
    assert [n.reason for n in decided.notifications] == [Reason.FIRST, Reason.MORE]
    assert next(iter(decided.alerts.values())).count == 2


def test_the_subject_is_the_run_else_the_job_else_the_file_else_the_event() -> None:
    found = run(
        rules(rule()),
        event("extend.workflow_run.failed", 1, run="R", job="J", file="F"),
        event("alfred.job.failed", 2, job="J", file="F"),
        event("alfred.file.failed", 3, file="F"),
        event("alfred.file.failed", 4, event_id="evt_x"),
    )

    assert [key for _, _, key in story(found)] == ["R", "J", "F", "evt_x"]


def test_a_closing_event_of_the_same_key_resolves_and_says_what_ended_it() -> None:
    written = rule(resolved_by=when("finished"))

    decided = run(rules(written), event("alfred.job.failed", 1, job="J"), event("alfred.job.finished", 2, job="J"))

    over = decided.transitions[-1].alert
    assert (over.state, over.ended_at, over.ended_by) == (AlertState.RESOLVED, 2, "finished")
    assert decided.notifications[-1].reason is Reason.RESOLVED


def test_firing_again_after_the_end_is_a_new_episode_with_a_new_id() -> None:
    written = rule(resolved_by=when("finished"))
    fail, finish = "alfred.job.failed", "alfred.job.finished"

    decided = run(rules(written), event(fail, 1, job="J"), event(finish, 1, job="J"), event(fail, 1, job="J"))

    first, _, second = decided.transitions
    assert changes(decided) == [Change.FIRES, Change.RESOLVES, Change.FIRES]
    assert first.alert.alert_id != second.alert.alert_id
    assert first.alert.fingerprint == second.alert.fingerprint


def test_a_lent_job_never_closes_an_alert_of_that_job() -> None:
    written = rule(when=when("alfred.job.failed"), per=("job",), resolved_by=when("finished"))

    decided = run(
        rules(written),
        event("alfred.file.add_to_job", 1, job="J", file="F"),
        event("alfred.job.failed", 2, job="J"),
        event("alfred.file.done", 3, file="F"),
    )

    assert story(decided) == [(2, "fires", "J")]


def test_a_file_event_matches_under_the_job_it_was_added_to() -> None:
    written = rule(when=when("alfred.file.failed"), per=("job",))

    decided = run(
        rules(written),
        event("alfred.file.add_to_job", 1, job="J", file="F"),
        event("alfred.file.failed", 3, file="F"),
    )

    assert story(decided) == [(3, "fires", "J")]


def test_without_an_ending_it_expires_a_day_after_the_last_match() -> None:
    fail = "alfred.job.failed"

    decided = run(rules(rule()), event(fail, 0, job="J"), event(fail, HOUR, job="J"), until=2 * DAY)

    assert story(decided) == [(0, "fires", "J"), (DAY + HOUR, "expires", "J")]
    assert decided.transitions[-1].alert.state is AlertState.EXPIRED


def test_an_alert_that_only_an_event_can_end_expires_after_a_week() -> None:
    decided = run(rules(rule(resolved_by=when("finished"))), event("alfred.job.failed", 0, job="J"), until=8 * DAY)

    assert story(decided)[-1] == (7 * DAY, "expires", "J")


def test_quiet_time_that_the_rule_asked_for_resolves() -> None:
    written = rule(resolved_after_ms=30 * MINUTE)
    fail = "alfred.job.failed"

    decided = run(rules(written), event(fail, 0, job="J"), event(fail, 10 * MINUTE, job="J"), until=DAY)

    assert story(decided)[-1] == (40 * MINUTE, "resolves", "J")


def test_a_match_exactly_when_the_quiet_time_ends_keeps_it_open() -> None:
    written = rule(resolved_after_ms=30 * MINUTE)
    fail = "alfred.job.failed"

    decided = run(rules(written), event(fail, 0, job="J"), event(fail, 30 * MINUTE, job="J"), until=59 * MINUTE)

    assert changes(decided) == [Change.FIRES]


def test_expires_after_replaces_the_default() -> None:
    decided = run(rules(rule(expires_after_ms=HOUR)), event("alfred.job.failed", 0, job="J"), until=DAY)

    assert story(decided)[-1] == (HOUR, "expires", "J")


REVIEW: dict[str, Any] = {
    "when": when("needs_review"),
    "resolved_by": when("finished", "rejected", "cancelled", "failed"),
}


def test_a_late_needs_review_does_not_reopen_a_finished_run() -> None:
    decided = run(
        rules(rule(**REVIEW)),
        event("extend.workflow_run.completed", 0, run="R"),
        event("extend.workflow_run.needs_review", DAY - 1, run="R"),
    )

    assert story(decided) == []


def test_the_excuse_lasts_24_hours() -> None:
    decided = run(
        rules(rule(**REVIEW)),
        event("extend.workflow_run.completed", 0, run="R"),
        event("extend.workflow_run.needs_review", DAY, run="R"),
    )

    assert story(decided) == [(DAY, "fires", "R")]


def test_a_second_request_for_review_updates_the_same_card() -> None:
    decided = run(
        rules(rule(**REVIEW)),
        event("extend.workflow_run.needs_review", 0, run="R"),
        event("extend.workflow_run.needs_review", 5, run="R"),
        event("extend.workflow_run.rejected", 9, run="R", note="Not an invoice", user="dana@example.com"),
    )

    over = decided.transitions[-1].alert
    assert story(decided) == [(0, "fires", "R"), (9, "resolves", "R")]
    assert (over.note, over.user, over.ended_by, over.count) == ("Not an invoice", "dana@example.com", "rejected", 2)


def test_an_opening_that_is_final_itself_is_never_excused() -> None:
    written = rule(when=when("failed"), resolved_by=when("finished"))

    decided = run(rules(written), event("alfred.job.finished", 0, job="J"), event("alfred.job.failed", 1, job="J"))

    assert story(decided) == [(1, "fires", "J")]


def test_a_closing_event_with_another_key_closes_nothing() -> None:
    written = rule(resolved_by=when("finished"))

    decided = run(rules(written), event("alfred.job.failed", 0, job="J1"), event("alfred.job.finished", 1, job="J2"))

    assert changes(decided) == [Change.FIRES]


def test_a_missing_per_field_goes_to_the_unknown_bucket_and_says_so() -> None:
    decided = run(rules(rule(per=("source", "workflow"))), event("extend.workflow_run.failed", 0, run="R"))

    alert = decided.transitions[0].alert
    assert alert.key == (("source", "extend"), ("workflow", "unknown"))
    assert alert.unknown_key


def test_an_event_without_the_per_field_does_not_end_the_unknown_bucket() -> None:
    written = rule(per=("run",), resolved_by=when("finished"))

    decided = run(rules(written), event("alfred.job.failed", 0, job="J1"), event("alfred.job.finished", 1, job="J2"))

    assert story(decided) == [(0, "fires", "unknown")]


def test_a_missing_per_field_is_skipped_where_the_rule_says_so() -> None:
    written = rule(per=("workflow",), if_unknown=IfUnknown.SKIP)

    assert story(run(rules(written), event("extend.workflow_run.failed", 0, run="R"))) == []


def test_a_shadow_rule_is_recorded_and_never_told() -> None:
    decided = run(rules(rule(mode=Mode.SHADOW)), event("alfred.job.failed", 0, job="J"))

    assert changes(decided) == [Change.FIRES]
    assert decided.notifications == []


def test_a_rule_that_is_off_is_not_evaluated() -> None:
    assert story(run(rules(rule(mode=Mode.OFF)), event("alfred.job.failed", 0, job="J"))) == []


def test_memory_lends_the_stage_and_the_card_says_since_when() -> None:
    written = rule(when=when("exceeded_retries"), show=("stage", "company"))

    decided = run(
        rules(written),
        event("alfred.job.stage_update", 5, job="J", stage="extraction", company="Acme"),
        event("alfred.job.exceeded_retries", 9, job="J", company="Acme SRL"),
    )

    shown = {field.name: (field.value, field.since) for field in decided.transitions[0].alert.shown}
    assert shown == {"stage": ("extraction", 5), "company": ("Acme SRL", None)}


def test_memory_is_not_lent_across_sources() -> None:
    written = rule(show=("stage",))

    decided = run(
        rules(written),
        event("alfred.job.stage_update", 5, job="J", stage="extraction", source="alfred-a"),
        event("alfred.job.failed", 9, job="J", source="alfred-b"),
    )

    assert decided.transitions[0].alert.shown == ()


def test_cause_and_errors_are_never_lent() -> None:
    written = rule(when=when("exceeded_retries"), show=("cause", "last_error", "retries", "status"))

    decided = run(
        rules(written),
        event("alfred.job.retry", 1, job="J", cause="A", last_error="A", retries=1, status="x"),
        event("alfred.job.exceeded_retries", 2, job="J"),
    )

    assert decided.transitions[0].alert.shown == ()


def test_a_title_joins_lists_and_prints_unknown_for_what_is_missing() -> None:
    written = rule(title="{{{document}}} {errors} {company} {raw.a.b} {count}")

    decided = run(rules(written), event("alfred.job.failed", 0, job="J", errors=("a", "b"), raw={"a": {"b": 7}}))

    assert decided.transitions[0].alert.title == "{J} a, b unknown 7 1"


def test_personal_fields_are_shown_only_when_a_rule_asks() -> None:
    fields: dict[str, Any] = {"job": "J", "user": "ana", "last_error": "e", "url": "https://x"}
    asked = run(rules(rule(show=("user",))), event("alfred.job.failed", 0, **fields))
    preset = run(rules(rule()), event("alfred.job.failed", 0, **fields))

    assert [s.name for s in asked.transitions[0].alert.shown] == ["user"]
    assert [s.name for s in preset.transitions[0].alert.shown] == ["last_error"]


def test_a_channel_made_from_a_field_falls_back_when_it_is_missing_or_not_configured() -> None:
    written = rule(notify=(Target("ops-{company}", "general"),))
    configured = {"ops-acme-srl": "C1", "general": "C2"}

    decided = run(
        rules(written, channels=configured),
        event("alfred.job.failed", 0, job="J1", company="ACME, SRL".replace(",", "")),
        event("alfred.job.failed", 1, job="J2", company="Other"),
        event("alfred.job.failed", 2, job="J3"),
    )

    assert [n.channel for n in decided.notifications] == ["ops-acme-srl", "general", "general"]


def test_a_rule_that_raises_is_set_aside_told_once_and_hurts_no_other() -> None:
    bad = rule("bad", title="{oops")  # the loader refuses this; here it raises when it is rendered
    state = State()

    decided = run(rules(bad, rule("good")), event("alfred.job.failed", 0, job="J"), state=state)
    again = run(rules(bad, rule("good")), event("alfred.job.failed", 1, job="K"), state=state)

    assert [fault.rule for fault in decided.faults] == ["bad"]
    assert [e.fields["run"] for e in decided.follow_ups] == ["bad"]
    assert [t.alert.rule for t in decided.transitions + again.transitions] == ["good", "good"]
    assert again.faults == []


def test_acknowledging_keeps_the_alert_open_and_says_who() -> None:
    state, written = State(), rules(rule())
    fired = run(written, event("alfred.job.failed", 0, job="J"), state=state).transitions[0].alert
    acknowledge = Action(at=5, kind=ActionKind.ACKNOWLEDGE, alert_id=fired.alert_id, actor="Ana")

    decided = run(written, acknowledge, acknowledge, state=state)

    assert changes(decided) == [Change.ACKNOWLEDGED]
    assert decided.transitions[0].alert.acknowledged_by == "Ana"
    assert [n.reason for n in decided.notifications] == [Reason.ACKNOWLEDGED]


def test_a_person_can_resolve_and_a_second_click_does_nothing() -> None:
    state, written = State(), rules(rule())
    fired = run(written, event("alfred.job.failed", 0, job="J"), state=state).transitions[0].alert
    resolve = Action(at=5, kind=ActionKind.RESOLVE, alert_id=fired.alert_id, actor="Ana")

    decided = run(written, resolve, resolve, until=2 * DAY, state=state)

    assert story(decided) == [(5, "resolves", "J")]
    assert decided.transitions[0].alert.ended_by == "resolved by Ana"


def test_a_reload_closes_alerts_of_vanished_rules_and_draws_changed_ones_anew() -> None:
    state = State()
    before = rules(rule("gone"), rule("kept"))
    after = rules(rule("kept", title="new {subject}", severity=Severity.CRITICAL, expires_after_ms=HOUR), version="2")
    run(before, event("alfred.job.failed", 0, job="J"), state=state)

    decided = run(after, Reload(at=MINUTE, version="2"), until=2 * HOUR, state=state)

    assert [(t.alert.rule, t.change, t.at) for t in decided.transitions] == [
        ("gone", Change.CLOSES, MINUTE),
        ("kept", Change.EXPIRES, HOUR),
    ]
    assert decided.transitions[1].alert.title == "new J"
    assert decided.transitions[1].alert.severity is Severity.CRITICAL


def test_an_event_that_a_rule_is_opened_and_ended_by_ends_what_is_open() -> None:
    written = rule(when=when("alfred.job.*"), resolved_by=when("finished"))

    decided = run(rules(written), event("alfred.job.start", 0, job="J"), event("alfred.job.finished", 1, job="J"))

    assert changes(decided) == [Change.FIRES, Change.RESOLVES]


def test_a_retry_whose_retries_are_used_up_has_both_outcomes() -> None:
    used_up = (Outcome.RETRYING, Outcome.EXCEEDED_RETRIES)

    decided = run(rules(rule(when=when("exceeded_retries"))), event("alfred.job.retry", 0, job="J", outcomes=used_up))

    assert story(decided) == [(0, "fires", "J")]


def test_own_events_are_matched_by_no_glob_and_no_any() -> None:
    decided = run(rules(rule(when=when("any", "tocsin.*"))), event("tocsin.rule.set_aside", 0, run="x"))

    assert story(decided) == []


def test_one_value_written_twice_in_a_condition_is_one_match() -> None:
    written = rule(where=All((Clause("company", Op.IS, ("Acme", "Acme")),)))

    assert story(run(rules(written), event("alfred.job.failed", 0, job="J", company="Acme"))) == [(0, "fires", "J")]


def test_values_with_a_separator_in_them_stay_two_keys() -> None:
    written = rule(per=("company", "workflow"))
    first = event("alfred.job.failed", 0, job="A", company="x\x1fy", workflow="z")
    second = event("alfred.job.failed", 1, job="B", company="x", workflow="y\x1fz")

    assert len(story(run(rules(written), first, second))) == 2


def test_an_excuse_reaches_rules_whose_key_is_not_one_run() -> None:
    written = rule(when=when("needs_review"), per=("company",), resolved_by=when("finished"))
    done = event("extend.workflow_run.completed", 0, run="R", company="Acme")
    asked = "extend.workflow_run.needs_review"

    assert story(run(rules(written), done, event(asked, 1, run="S", company="Acme"))) == []
    assert story(run(rules(written), done, event(asked, 1, run="S", company="Beta"))) == [(1, "fires", "Beta")]
    assert story(run(rules(written), done, event(asked, DAY, run="S", company="Acme"))) == [(DAY, "fires", "Acme")]


def test_an_episode_keeps_the_mode_it_fired_under() -> None:
    state, live = State(), rules(rule(resolved_by=when("finished")))
    shadow = rules(rule(resolved_by=when("finished"), mode=Mode.SHADOW), version="2")
    run(live, event("alfred.job.failed", 0, job="J"), state=state)

    decided = run(shadow, Reload(at=1, version="2"), event("alfred.job.finished", 2, job="J"), state=state)

    assert [n.reason for n in decided.notifications] == [Reason.RESOLVED]


def test_a_timer_whose_rule_raises_is_looked_at_once_and_holds_nothing() -> None:
    class Unready(State):
        def slice(self, key: str) -> Slice | None:
            found = super().slice(key)
            return msgspec.structs.replace(found, recent=(1,)) if found and self.broken else found

        broken = False

    state, written = Unready(), rules(rule(kind=AtLeast(1, MINUTE), per=()))
    run(written, event("alfred.job.failed", 0, job="J"), state=state)
    state.broken = True

    decided = run(written, until=HOUR, state=state)

    assert [fault.rule for fault in decided.faults] == ["r"]
    assert len(state.timers) == 0


def test_a_store_that_cannot_be_read_is_no_fault_of_a_rule() -> None:
    class Unreadable(State):
        def slice(self, key: str) -> Slice | None:
            raise StoreFailedError(key)

    with pytest.raises(StoreFailedError):
        run(rules(rule()), event("alfred.job.failed", 0, job="J"), state=Unreadable())


@pytest.mark.parametrize("nothing", ["None", "null", "undefined", "", "  ", None])
def test_a_title_never_shows_what_programs_write_for_nothing(nothing: str | None) -> None:
    fields: dict[str, Any] = {"job": "J"} if nothing is None else {"job": "J", "company": nothing}

    decided = run(rules(rule(title="{company}: {raw.a}")), event("alfred.job.failed", 0, raw={"a": nothing}, **fields))

    assert decided.transitions[0].alert.title == "unknown: unknown"


def test_raw_objects_are_shown_in_words_without_what_is_missing() -> None:
    written = rule(show=("raw.metadata",))
    raw = {"metadata": {"a": None, "b": True, "c": [1, None, 2.0]}}

    decided = run(rules(written), event("alfred.job.failed", 0, job="J", raw=raw))

    assert [field.value for field in decided.transitions[0].alert.shown] == ["b: yes, c: 1, 2"]


def test_of_one_rule_the_openings_that_are_final_are_not_excused() -> None:
    written = rules(rule(when=when("failed", "needs_review"), resolved_by=when("finished")))
    done = event("extend.workflow_run.completed", 1, run="R")

    assert changes(run(written, done, event("extend.workflow_run.failed", 2, run="R"))) == [Change.FIRES]
    assert changes(run(written, done, event("extend.workflow_run.needs_review", 2, run="R"))) == []
