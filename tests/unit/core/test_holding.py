"""What holds a first message: hours, another alert, a silence, a group; and what becomes of it."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from bot.core.decisions import Decisions, Notification, Reason
from bot.core.fold import State
from bot.core.hours import recurring
from bot.core.inputs import Action, ActionKind, Event, Reload
from bot.core.rule import Escalation, Mode, Rule, Target
from bot.core.ruleset import Storm
from bot.core.silence import Silence
from tests.builders import DAY, HOUR, MINUTE, event, rule, rules, run, story, when

OFFICE = recurring("office", days=range(7), start=8 * 60, end=18 * 60, zone=UTC)
NIGHT, MORNING = 22 * HOUR, DAY + 8 * HOUR


def failed(at: int, run_: str = "R1", **fields: Any) -> Event:
    return event("extend.workflow_run.failed", at, run=run_, **fields)


def done(at: int, run_: str = "R1") -> Event:
    return event("extend.workflow_run.completed", at, run=run_)


def sent(decided: Decisions) -> list[tuple[int, str, str]]:
    return [(one.at, one.channel, one.reason.value) for one in decided.notifications]


def posts(decided: Decisions) -> list[Notification]:
    return [one for one in decided.notifications if one.reason.is_post]


NIGHTLY = rule(notify_during=OFFICE, resolved_by=when("finished"))


def test_outside_the_hours_a_first_message_is_held() -> None:
    decided = run(rules(NIGHTLY), failed(NIGHT))

    held = decided.transitions[0].alert.held_by
    assert decided.notifications == []
    assert held is not None
    assert (held.by, held.name, held.since) == ("hours", "office", NIGHT)


def test_within_the_hours_it_is_told_at_once() -> None:
    assert sent(run(rules(NIGHTLY), failed(9 * HOUR))) == [(9 * HOUR, "alerts", "first")]


def test_when_the_hours_begin_what_was_held_is_handed_over_as_one_card() -> None:
    decided = run(rules(NIGHTLY), failed(NIGHT), failed(NIGHT + 1, "R2"), done(NIGHT + 2, "R2"), until=MORNING)

    [card] = posts(decided)
    [over] = decided.hand_overs
    assert (card.at, card.channel) == (MORNING, "alerts")
    assert [member.key for member in over.still_open] == [("R1",)]
    assert [member.key for member in over.ended] == [("R2",)]
    roundup = decided.roundups[card.alert_id]
    assert (roundup.count, roundup.standing, len(roundup.members)) == (2, 1, 2)


def test_closing_a_card_that_is_posted_is_never_held() -> None:
    decided = run(rules(NIGHTLY), failed(9 * HOUR), done(NIGHT))

    assert sent(decided) == [(9 * HOUR, "alerts", "first"), (NIGHT, "alerts", "resolved")]


def test_what_was_handed_over_and_ends_changes_the_card_of_the_hand_over() -> None:
    decided = run(rules(NIGHTLY), failed(NIGHT), failed(NIGHT + 1, "R2"), done(MORNING + 5, "R2"))

    [card] = posts(decided)
    assert sent(decided)[-1] == (MORNING + 5, "alerts", "resolved")
    assert decided.notifications[-1].alert_id == card.alert_id
    assert decided.roundups[card.alert_id].standing == 1


def test_a_night_of_which_all_has_ended_is_still_told() -> None:
    decided = run(rules(NIGHTLY), failed(NIGHT), done(NIGHT + 1), until=MORNING)

    assert len(posts(decided)) == 1
    assert [member.key for member in decided.hand_overs[0].ended] == [("R1",)]


PARENT = rule("everything", when=when("extend.workflow_run.rejected"), per=("workflow",), resolved_by=when("finished"))
CHILD = rule("child", per=("workflow", "run"), inhibited_by=("everything",))


def down(at: int, workflow: str = "W") -> Event:
    return event("extend.workflow_run.rejected", at, run="P", workflow=workflow)


def up(at: int, workflow: str = "W") -> Event:
    return event("extend.workflow_run.completed", at, run="P", workflow=workflow)


def test_an_alert_is_held_while_one_that_inhibits_it_fires() -> None:
    decided = run(rules(PARENT, CHILD), down(1), failed(2, workflow="W"))

    assert sent(decided) == [(1, "alerts", "first")]
    held = decided.transitions[-1].alert.held_by
    assert held is not None
    assert (held.by, held.name) == ("rule", "everything")


def test_an_alert_that_differs_in_a_shared_field_is_not_held() -> None:
    decided = run(rules(PARENT, CHILD), down(1, "other"), failed(2, workflow="W"))

    assert [one.at for one in posts(decided)] == [1, 2]


def test_where_only_some_fields_are_shared_only_those_must_be_equal() -> None:
    wide = rule("everything", when=PARENT.when, per=("company", "workflow"))
    for workflow, told in (("W", [1]), ("other", [1, 2])):
        decided = run(rules(wide, CHILD), down(1, workflow), failed(2, workflow="W"))
        assert [one.at for one in posts(decided)] == told


def test_with_no_shared_field_any_firing_alert_inhibits() -> None:
    child = rule("child", inhibited_by=("everything",))

    assert [one.at for one in posts(run(rules(PARENT, child), down(1, "other"), failed(2)))] == [1]


def test_when_what_inhibited_ends_one_that_still_stands_is_released() -> None:
    decided = run(rules(PARENT, CHILD), down(1), failed(2, workflow="W"), up(5))

    assert (5, "releases", "W,R1") in story(decided)
    assert sent(decided)[-1] == (5, "alerts", "first")


def test_what_was_posted_is_never_taken_back() -> None:
    decided = run(rules(PARENT, CHILD), failed(1, workflow="W"), down(2))

    assert [(one.at, one.reason) for one in decided.notifications] == [(1, Reason.FIRST), (2, Reason.FIRST)]


def test_an_event_that_fires_both_tells_only_the_one_that_inhibits_whatever_their_order() -> None:
    both = rule("everything", when=when("failed"), per=("workflow",))
    for order in ((both, CHILD), (CHILD, both)):
        decided = run(rules(*order), failed(1, workflow="W"))
        assert [decided.alerts[one.alert_id].rule for one in posts(decided)] == ["everything"]


def test_an_alert_in_shadow_inhibits_nothing() -> None:
    shadow = rule("everything", when=PARENT.when, per=("workflow",), mode=Mode.SHADOW)

    assert [one.at for one in posts(run(rules(shadow, CHILD), down(1), failed(2, workflow="W")))] == [2]


GROUPED = rule(group_wait_ms=5 * MINUTE, resolved_by=when("finished"))


def test_alerts_that_fire_together_share_one_message() -> None:
    decided = run(rules(GROUPED), failed(0), failed(1, "R2"), failed(2 * MINUTE, "R3"), until=5 * MINUTE)

    [card] = posts(decided)
    assert card.at == 5 * MINUTE
    assert decided.roundups[card.alert_id].count == 3
    assert [telling.together for telling in decided.tellings if telling.channels] == [3, 3, 3]


def test_one_alone_gets_its_own_card() -> None:
    decided = run(rules(GROUPED), failed(0), until=5 * MINUTE)

    [card] = posts(decided)
    assert card.alert_id == decided.transitions[0].alert.alert_id


def test_a_group_of_which_all_ended_is_not_posted() -> None:
    assert run(rules(GROUPED), failed(0), done(1), until=5 * MINUTE).notifications == []


def test_a_group_lists_those_that_ended_before_it_was_posted() -> None:
    decided = run(rules(GROUPED), failed(0), failed(1, "R2"), done(2, "R2"), until=5 * MINUTE)

    [card] = posts(decided)
    roundup = decided.roundups[card.alert_id]
    assert (roundup.count, roundup.standing) == (2, 1)


def test_a_group_s_message_changes_when_one_of_its_alerts_ends() -> None:
    decided = run(rules(GROUPED), failed(0), failed(1, "R2"), done(HOUR, "R2"))

    assert sent(decided) == [(5 * MINUTE, "alerts", "first"), (HOUR, "alerts", "resolved")]


def silence(at: int, until: int, **matcher: str) -> Action:
    return Action(
        at=at,
        kind=ActionKind.SILENCE,
        actor="ana",
        silence=Silence(
            silence_id="s1", matcher=tuple(matcher.items()), at=at, until=until, author="ana", channel="alerts"
        ),
    )


RULES = rules(rule(resolved_by=when("finished")))


def test_a_silence_says_so_and_holds_what_fires_under_it() -> None:
    decided = run(RULES, silence(0, HOUR, rule="r"), failed(1))

    assert [one.at for one in posts(decided)] == [0]
    roundup = decided.roundups[posts(decided)[0].alert_id]
    assert [member.key for member in roundup.members] == [("R1",)]


def test_a_silence_of_something_else_holds_nothing() -> None:
    decided = run(RULES, silence(0, HOUR, company="Acme"), failed(1, company="Other"), failed(2, "R2"))

    assert [one.at for one in posts(decided)] == [0, 1, 2]


def test_what_a_silence_held_and_still_stands_is_told_when_it_ends() -> None:
    decided = run(RULES, silence(0, HOUR, rule="r"), failed(1), until=HOUR)

    assert [one.at for one in posts(decided)] == [0, HOUR]
    assert (HOUR, "releases", "R1") in story(decided)


def test_what_a_silence_held_and_ended_is_only_in_its_list() -> None:
    decided = run(RULES, silence(0, HOUR, rule="r"), failed(1), done(2), until=HOUR)

    assert [one.at for one in posts(decided)] == [0]
    roundup = next(iter(decided.roundups.values()))
    assert (roundup.count, roundup.standing, roundup.ended_by) == (1, 0, "its time is over")


def test_a_silence_warns_before_it_ends() -> None:
    decided = run(RULES, silence(0, 4 * HOUR, rule="r"), until=4 * HOUR)

    assert (4 * HOUR - 15 * MINUTE, "alerts", "ending_soon") in sent(decided)


def test_a_silence_hushes_what_is_told_already_and_lets_it_speak_again() -> None:
    loud = rules(rule(repeat_ms=10 * MINUTE))
    decided = run(loud, failed(0), silence(1, HOUR, rule="r"), until=HOUR + 15 * MINUTE)

    reminders = [at for at, _, reason in sent(decided) if reason == "reminder"]
    assert reminders == [HOUR + 10 * MINUTE]
    assert [reason for _, _, reason in sent(decided)].count("hushed") == 2


def test_a_person_can_end_a_silence() -> None:
    end = Action(at=5, kind=ActionKind.UNSILENCE, actor="bob", silence_id="s1")
    decided = run(RULES, silence(0, HOUR, rule="r"), failed(1), end)

    assert [one.at for one in posts(decided)] == [0, 5]


def test_the_same_silence_twice_is_one() -> None:
    decided = run(RULES, silence(0, HOUR, rule="r"), silence(1, HOUR, rule="r"))

    assert len(posts(decided)) == 1


STORMY = rules(rule(resolved_by=when("finished")), storm=Storm(messages=3, within_ms=MINUTE))


def test_more_first_messages_than_a_channel_takes_share_one_summary() -> None:
    decided = run(STORMY, *[failed(n, f"R{n}", company="Acme") for n in range(10)])

    assert len(posts(decided)) == 4
    summary = decided.roundups[posts(decided)[-1].alert_id]
    assert (summary.count, summary.by_rule, summary.by_company) == (7, {"r": 7}, {"Acme": 7})


def test_a_storm_s_end_is_announced_and_the_next_alert_is_posted_again() -> None:
    decided = run(STORMY, *[failed(n, f"R{n}") for n in range(10)], failed(2 * MINUTE, "late"))

    announced = [at for at, _, reason in sent(decided) if reason == "announced"]
    assert announced == [7 + MINUTE]  # from then on fewer than three were wanted within the minute
    assert posts(decided)[-1].at == 2 * MINUTE


def test_a_storm_goes_on_while_too_much_is_wanted() -> None:
    decided = run(STORMY, *[failed(n * 15_000, f"R{n}") for n in range(40)])

    assert len(posts(decided)) == 4
    assert not any(reason == "announced" for _, _, reason in sent(decided))


def test_an_alert_of_a_storm_that_ends_is_counted_down_in_the_summary() -> None:
    decided = run(STORMY, *[failed(n, f"R{n}") for n in range(5)], done(10, "R4"))

    summary = decided.roundups[posts(decided)[-1].alert_id]
    assert (summary.count, summary.standing) == (2, 1)


def test_another_channel_has_its_own_storm() -> None:
    two = rules(rule(), rule("s", notify=(Target("other"),)), storm=Storm(messages=1, within_ms=MINUTE))

    assert sorted(one.channel for one in posts(run(two, failed(0)))) == ["alerts", "other"]


def acked(at: int, decided: Decisions) -> Action:
    alert_id = decided.transitions[0].alert.alert_id
    return Action(at=at, kind=ActionKind.ACKNOWLEDGE, actor="ana", alert_id=alert_id)


def escalating(**parts: Any) -> Rule:
    steps = (
        Escalation(after_ms=HOUR),
        Escalation(after_ms=2 * HOUR, notify=(Target("leads"),), mention="boss"),
    )
    return rule(then=steps, repeat_ms=HOUR, **parts)


def test_steps_are_taken_while_nobody_acknowledged() -> None:
    decided = run(rules(escalating()), failed(0), until=2 * HOUR)

    assert sent(decided) == [
        (0, "alerts", "first"),
        (HOUR, "alerts", "reminder"),
        (HOUR, "alerts", "escalated_here"),
        (2 * HOUR, "alerts", "reminder"),
        (2 * HOUR, "leads", "escalated"),
    ]
    assert decided.notifications[-1].mention == "boss"


def test_an_acknowledged_alert_neither_repeats_nor_escalates() -> None:
    state = State()
    first = run(rules(escalating()), failed(0), state=state)

    decided = run(rules(escalating()), acked(1, first), until=DAY, state=state)

    assert [reason for _, _, reason in sent(decided)] == ["acknowledged", "expired"]


def test_the_channel_of_a_step_hears_how_it_ends() -> None:
    decided = run(rules(escalating(resolved_by=when("finished"))), failed(0), done(3 * HOUR))

    ends = {channel for _, channel, reason in sent(decided) if reason == "resolved"}
    assert ends == {"alerts", "leads"}


def test_steps_and_reminders_wait_while_the_first_message_is_held() -> None:
    decided = run(rules(escalating(notify_during=OFFICE)), failed(NIGHT), until=MORNING)

    assert [at for at, _, _ in sent(decided)] == [MORNING] * 3
    assert [reason for _, _, reason in sent(decided)] == ["first", "escalated_here", "escalated"]


def test_a_reply_about_an_alert_in_a_shared_card_names_that_card_s_thread() -> None:
    decided = run(rules(escalating(group_wait_ms=MINUTE)), failed(0), failed(1, "R2"), until=HOUR)

    card = posts(decided)[0].alert_id
    here = [one for one in decided.notifications if one.reason is Reason.ESCALATED_HERE]
    assert [one.thread for one in here] == [card]


def test_passing_a_round_number_is_said_in_the_thread() -> None:
    counting = rules(rule(per=("workflow",)))
    decided = run(counting, *[failed(n, f"R{n}", workflow="W") for n in range(12)])

    [milestone] = [one for one in decided.notifications if one.reason is Reason.MILESTONE]
    assert (milestone.at, milestone.number) == (9, 10)


def test_hours_that_no_rule_names_any_more_are_handed_over_at_the_reload() -> None:
    state = State()
    run(rules(NIGHTLY), failed(NIGHT), state=state)

    decided = run(rules(rule(resolved_by=when("finished"))), Reload(at=NIGHT + 5, version="2"), state=state)

    assert [one.at for one in posts(decided)] == [NIGHT + 5]


def test_a_button_on_a_shared_card_means_all_of_its_alerts() -> None:
    state = State()
    first = run(rules(GROUPED), failed(0), failed(1, "R2"), until=5 * MINUTE, state=state)
    card = posts(first)[0].alert_id

    decided = run(
        rules(GROUPED),
        Action(at=HOUR, kind=ActionKind.ACKNOWLEDGE, actor="ana", alert_id=card),
        state=state,
    )

    assert [change for _, change, _ in story(decided)] == ["acknowledged", "acknowledged"]
    assert decided.roundups[card].acknowledged == 2
