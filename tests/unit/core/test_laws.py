"""Laws that hold for every list of inputs, with rules of every kind side by side."""

from __future__ import annotations

from collections import Counter
from datetime import UTC
from fractions import Fraction
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from bot.core.decisions import Change, Decisions
from bot.core.fold import State, drain, fold
from bot.core.hours import recurring
from bot.core.identity import fingerprint
from bot.core.inputs import Action, ActionKind, Input, Reload, Tick
from bot.core.kinds import EVERY_MATCH, AbsentFor, AtLeast, Consecutive, NewValue, NotFollowedBy, Share
from bot.core.roundup import RoundupKind
from bot.core.rule import Escalation, Mode, Target
from bot.core.ruleset import RuleSet, Storm
from bot.core.silence import Silence
from bot.core.state import AlertState
from tests.builders import DAY, HOUR, MINUTE, event, rule, rules, when
from tests.laws import LAW

# Hours that open and close every few milliseconds cannot be written in a config; a minute is their smallest unit. So
# one unit of a law's clock is a minute, and all durations are in minutes.
OFFICE = recurring("office", days=range(7), start=10, end=40, zone=UTC)
RULES: RuleSet = rules(
    rule("every", when=when("failed"), resolved_by=when("finished")),
    rule("expiring", when=when("retrying", "exceeded_retries"), expires_after_ms=30 * MINUTE),
    rule("quiet", when=when("failed"), per=("company",), resolved_after_ms=15 * MINUTE),
    rule("count", when=when("failed"), kind=AtLeast(2, 20 * MINUTE), per=("company",)),
    rule("distinct", when=when("any"), kind=AtLeast(3, 25 * MINUTE, "subject"), per=()),
    rule("review", when=when("needs_review"), resolved_by=when("finished", "rejected")),
    rule("worked", when=when("failed"), kind=AtLeast(2, 20 * MINUTE), per=("company",), during=OFFICE),
    rule(
        "share",
        kind=Share(Fraction(1, 2), when("failed", "finished"), 20 * MINUTE, 2),
        per=("company",),
        inhibited_by=("distinct",),
    ),
    rule("row", kind=Consecutive(2, when("finished")), per=("company",), expires_after_ms=HOUR, repeat_ms=9 * MINUTE),
    rule(
        "overdue",
        when=when("needs_review", "retrying"),
        kind=NotFollowedBy(when("finished", "rejected", "failed"), 10 * MINUTE),
        group_wait_ms=6 * MINUTE,
        expires_after_ms=HOUR,
        then=(
            Escalation(after_ms=5 * MINUTE, mention="boss"),
            Escalation(after_ms=12 * MINUTE, notify=(Target("leads"),)),
        ),
    ),
    rule("silent", when=when("any"), kind=AbsentFor(14 * MINUTE), per=("source",), expires_after_ms=HOUR),
    rule("novel", when=when("any"), kind=NewValue("company", 30 * MINUTE), per=("company",), notify_during=OFFICE),
    rule("shadow", when=when("failed"), mode=Mode.SHADOW, expires_after_ms=HOUR),
    storm=Storm(messages=4, within_ms=10 * MINUTE),
)
TYPES = (
    "alfred.job.failed",
    "alfred.job.finished",
    "alfred.job.retry",
    "extend.workflow_run.needs_review",
    "extend.workflow_run.rejected",
    "alfred.file.failed",
    "alfred.file.add_to_job",
)


@st.composite
def actions(draw: st.DrawFn, at: int) -> Action:
    """Return what a person does; silences are of three kinds and may overlap."""
    kind = draw(st.sampled_from(list(ActionKind)))
    mark = draw(st.sampled_from(["s1", "s2"]))
    matcher = draw(st.sampled_from([("rule", "every"), ("company", "Acme"), ("severity", "warning")]))
    silence = Silence(
        silence_id=mark, matcher=(matcher,), at=at, until=at + draw(st.integers(1, 40)) * MINUTE, author="Ana"
    )
    return Action(
        at=at,
        kind=kind,
        alert_id=draw(st.sampled_from(["al_none", "first"])),
        actor="Ana",
        silence=silence if kind is ActionKind.SILENCE else None,
        silence_id=mark,
    )


@st.composite
def inputs(draw: st.DrawFn) -> list[Input]:
    at, found = 0, list[Input]()
    for _ in range(draw(st.integers(0, 25))):
        at += draw(st.integers(0, 12)) * MINUTE
        if draw(st.integers(0, 9)) == 0:
            found.append(draw(st.one_of(actions(at), st.just(Reload(at=at, version="again")))))
            continue
        name = draw(st.sampled_from(TYPES))
        identity = "run" if name.startswith("extend") else "file" if ".file." in name else "job"
        fields: dict[str, Any] = {identity: draw(st.sampled_from("AB"))}
        if name == "alfred.file.add_to_job":
            fields["job"] = draw(st.sampled_from("AB"))
        if draw(st.booleans()):
            fields["company"] = draw(st.sampled_from(["Acme", "Beta"]))
        found.append(event(name, at, event_id=f"evt_{len(found)}", **fields))
    return found


def fold_aimed(given_input: Input, state: State, into: Decisions) -> None:
    """Fold an input; let an action hit the first open alert, so that acknowledging and resolving really happen.

    The first of those that timers due before it have left: which one it is must not depend on earlier looks at timers.
    """
    drain(given_input.at, state, RULES, into)
    fold(_aimed(given_input, state), state, RULES, into)


def _aimed(given_input: Input, state: State) -> Input:
    if isinstance(given_input, Action) and given_input.alert_id == "first":
        keys = list(state.open_slice_keys())
        alert = state.slices[keys[0]].alert if keys else None
        return msgspec.structs.replace(given_input, alert_id=alert.alert_id if alert else "")
    return given_input


END = 8 * DAY
ENDS = {Change.RESOLVES, Change.EXPIRES, Change.CLOSES}


def told(everything: list[Input], sizes: list[int]) -> tuple[Decisions, State]:
    """Fold in batches of these sizes, each batch's effects collected together, as the pipeline does."""
    state, total, waiting = State(), Decisions(), list(everything)
    turn = 0
    while waiting:
        size = sizes[turn % len(sizes)]
        turn += 1
        batch, waiting = waiting[:size], waiting[size:]
        collected = Decisions()
        for given_input in batch:
            fold_aimed(given_input, state, collected)
        total.add(collected)
    drain((everything[-1].at if everything else 0) + END, state, RULES, total)
    return total, state


@LAW
@given(inputs(), st.lists(st.integers(1, 7), min_size=1, max_size=4))
def test_folding_singly_or_in_any_batches_gives_equal_decisions(given_inputs: list[Input], sizes: list[int]) -> None:
    singly, state = told(given_inputs, [1])
    batched, other = told(given_inputs, sizes)

    assert singly == batched
    assert state.slices == other.slices


@LAW
@given(inputs(), st.lists(st.integers(0, 400).map(lambda at: at * MINUTE), max_size=6))
def test_looking_for_timers_at_any_other_moments_changes_nothing(given_inputs: list[Input], looks: list[int]) -> None:
    expected, _ = told(given_inputs, [1])
    state, total = State(), Decisions()
    for given_input in given_inputs:
        for look in sorted(looks):
            if look <= given_input.at:
                drain(look, state, RULES, total)
        fold_aimed(given_input, state, total)
    drain((given_inputs[-1].at if given_inputs else 0) + END, state, RULES, total)

    assert total.transitions == expected.transitions


def never_two_firing_episodes_with_one_fingerprint(decided: Decisions) -> None:
    firing: Counter[str] = Counter()
    for transition in decided.transitions:
        if transition.change is Change.FIRES:
            firing[transition.alert.fingerprint] += 1
        elif transition.change in ENDS:
            firing[transition.alert.fingerprint] -= 1
        assert 0 <= firing[transition.alert.fingerprint] <= 1


def every_firing_alert_is_told_or_held_with_a_reason(decided: Decisions) -> None:
    fired = [t.alert.alert_id for t in decided.transitions if t.change is Change.FIRES]
    posted = {n.alert_id for n in decided.notifications if n.reason.is_post}

    assert len(set(fired)) == len(fired)
    for alert_id in fired:
        alert = decided.alerts[alert_id]
        if alert.mode is Mode.SHADOW:
            assert not alert.told
            assert alert_id not in posted
        elif alert.told:
            assert alert.held_by is None
            assert {one.card for one in alert.told} <= posted
        else:
            assert alert.held_by is not None


def no_message_is_decided_twice(decided: Decisions) -> None:
    made = [n.delivery_id for n in decided.notifications if n.reason.is_post or n.reason.is_reply]

    assert len(set(made)) == len(made)


def an_acknowledged_alert_neither_repeats_nor_escalates(decided: Decisions) -> None:
    taken = set[str]()
    for transition in decided.transitions:
        alert_id = transition.alert.alert_id
        if transition.change is Change.ACKNOWLEDGED:
            taken.add(alert_id)
        assert transition.change not in {Change.REMINDS, Change.ESCALATES} or alert_id not in taken


def nothing_new_is_said_of_an_alert_while_a_silence_hushes_it(decided: Decisions) -> None:
    for transition in decided.transitions:
        if transition.change in {Change.REMINDS, Change.ESCALATES}:
            assert transition.alert.hushed is None
            assert transition.alert.held_by is None


def the_counts_of_a_roundup_are_those_of_its_alerts(decided: Decisions) -> None:
    for roundup in decided.roundups.values():
        assert 0 <= roundup.acknowledged <= roundup.standing <= roundup.count
        if roundup.is_over and roundup.posted_at is not None and roundup.kind is not RoundupKind.SILENCE:
            assert roundup.standing == 0


def everything_ends_and_leaves_no_timer_behind(state: State) -> None:
    assert len(state.timers) == 0
    assert all(s.alert is None for s in state.slices.values())
    assert state.standing_roundups() == []


def an_alert_changes_its_revision_whenever_a_reader_would_see_a_change(decided: Decisions) -> None:
    latest: dict[tuple[str, str], int] = {}
    for notification in decided.notifications:
        if not notification.reason.is_reply:
            message = (notification.alert_id, notification.channel)
            assert notification.revision > latest.get(message, 0)
            latest[message] = notification.revision


LAWS = (
    never_two_firing_episodes_with_one_fingerprint,
    every_firing_alert_is_told_or_held_with_a_reason,
    no_message_is_decided_twice,
    an_acknowledged_alert_neither_repeats_nor_escalates,
    nothing_new_is_said_of_an_alert_while_a_silence_hushes_it,
    the_counts_of_a_roundup_are_those_of_its_alerts,
    an_alert_changes_its_revision_whenever_a_reader_would_see_a_change,
)


@LAW
@given(inputs(), st.integers(1, 4))
def test_every_law_holds_for_any_list_of_inputs(given_inputs: list[Input], size: int) -> None:
    decided, state = told(given_inputs, [size])

    for law in LAWS:
        law(decided)
    everything_ends_and_leaves_no_timer_behind(state)


@LAW
@given(st.lists(st.tuples(st.text(), st.text()), max_size=5), st.randoms(use_true_random=False))
def test_a_fingerprint_does_not_depend_on_key_order(key: list[tuple[str, str]], random: object) -> None:
    shuffled = key.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert fingerprint("r", key) == fingerprint("r", shuffled)


@LAW
@given(
    closing=st.sampled_from(["extend.workflow_run.completed", "extend.workflow_run.rejected"]),
    order=st.permutations([0, 1, 2]),
    apart=st.integers(0, 20),
    per=st.sampled_from([None, ("run",), ("company",)]),
    waits=st.booleans(),
)
def test_the_order_of_one_keys_opens_and_close_does_not_change_the_end_state(
    closing: str, order: list[int], apart: int, *, per: tuple[str, ...] | None, waits: bool
) -> None:
    ends = when("finished", "rejected")
    kind = NotFollowedBy(ends, HOUR) if waits else EVERY_MATCH
    written = rules(rule(when=when("needs_review"), kind=kind, per=per, resolved_by=ends))
    types = ("extend.workflow_run.needs_review", closing, "extend.workflow_run.needs_review")
    state = State()
    for place, which in enumerate(order):
        at = place * apart * MINUTE // 10
        fold(event(types[which], at, run="R", company="Acme"), state, written)
    drain(DAY // 2, state, written)

    assert list(state.open_slice_keys()) == []


def test_a_tick_for_a_timer_that_no_longer_stands_decides_nothing() -> None:
    state = State()
    decided = fold(Tick(at=5, slice_key="nobody", name="quiet"), state, RULES)

    assert decided.transitions == []
    assert AlertState.EXPIRED.is_open is False
