"""Laws that hold for every list of inputs, with rules of every kind side by side."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.core.decisions import Change, Decisions
from bot.core.fold import State, drain, fold
from bot.core.identity import fingerprint
from bot.core.inputs import Action, ActionKind, Event, Input, Tick
from bot.core.rule import AtLeast, RuleSet
from bot.core.state import AlertState
from tests.builders import DAY, event, rule, rules, when

RULES: RuleSet = rules(
    rule("every", when=when("failed"), resolved_by=when("finished")),
    rule("expiring", when=when("retrying", "exceeded_retries"), expires_after_ms=30),
    rule("quiet", when=when("failed"), per=("company",), resolved_after_ms=15),
    rule("count", when=when("failed"), kind=AtLeast(2, 20), per=("company",)),
    rule("distinct", when=when("any"), kind=AtLeast(3, 25, "subject"), per=()),
    rule("review", when=when("needs_review"), resolved_by=when("finished", "rejected")),
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
def inputs(draw: st.DrawFn) -> list[Input]:
    at, found = 0, list[Input]()
    for _ in range(draw(st.integers(0, 25))):
        at += draw(st.integers(0, 12))
        if draw(st.integers(0, 9)) == 0:
            kind = draw(st.sampled_from(list(ActionKind)))
            found.append(Action(at=at, kind=kind, alert_id=draw(st.sampled_from(["al_none", "first"])), actor="Ana"))
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


def aimed(given_input: Input, state: State) -> Input:
    """Let an action hit the first open alert, so that acknowledging and resolving really happen."""
    if isinstance(given_input, Action) and given_input.alert_id == "first":
        keys = list(state.open_slice_keys())
        alert = state.slices[keys[0]].alert if keys else None
        return Action(at=given_input.at, kind=given_input.kind, alert_id=alert.alert_id if alert else "", actor="Ana")
    return given_input


END = 8 * DAY


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
            fold(aimed(given_input, state), state, RULES, collected)
        total.add(collected)
    drain((everything[-1].at if everything else 0) + END, state, RULES, total)
    return total, state


@given(inputs(), st.lists(st.integers(1, 7), min_size=1, max_size=4))
def test_folding_singly_or_in_any_batches_gives_equal_decisions(given_inputs: list[Input], sizes: list[int]) -> None:
    singly, state = told(given_inputs, [1])
    batched, other = told(given_inputs, sizes)

    assert singly == batched
    assert state.slices == other.slices


@given(inputs(), st.lists(st.integers(0, 400), max_size=6))
def test_looking_for_timers_at_any_other_moments_changes_nothing(given_inputs: list[Input], looks: list[int]) -> None:
    expected, _ = told(given_inputs, [1])
    state, total = State(), Decisions()
    for given_input in given_inputs:
        for look in sorted(looks):
            if look <= given_input.at:
                drain(look, state, RULES, total)
        fold(aimed(given_input, state), state, RULES, total)
    drain((given_inputs[-1].at if given_inputs else 0) + END, state, RULES, total)

    assert total.transitions == expected.transitions


@given(inputs())
def test_never_two_firing_episodes_with_one_fingerprint(given_inputs: list[Input]) -> None:
    decided, _ = told(given_inputs, [3])
    firing: Counter[str] = Counter()
    for transition in decided.transitions:
        if transition.change is Change.FIRES:
            firing[transition.alert.fingerprint] += 1
        elif transition.change is not Change.ACKNOWLEDGED:
            firing[transition.alert.fingerprint] -= 1
        assert 0 <= firing[transition.alert.fingerprint] <= 1


@given(inputs())
def test_every_firing_alert_is_told_exactly_once_and_ids_are_never_shared(given_inputs: list[Input]) -> None:
    decided, _ = told(given_inputs, [3])
    fired = [t.alert.alert_id for t in decided.transitions if t.change is Change.FIRES]
    first = [n.alert_id for n in decided.notifications if n.reason == "first"]

    assert len(set(fired)) == len(fired)
    assert sorted(fired) == sorted(first)


@given(inputs())
def test_every_alert_ends_and_leaves_no_timer_behind(
    given_inputs: list[Input],
) -> None:
    _, state = told(given_inputs, [2])

    assert len(state.timers) == 0
    assert all(s.alert is None for s in state.slices.values())


@given(inputs())
def test_an_alert_changes_its_revision_whenever_a_reader_would_see_a_change(given_inputs: list[Input]) -> None:
    decided, _ = told(given_inputs, [1])
    latest: dict[str, int] = {}
    for notification in decided.notifications:
        assert notification.revision > latest.get(notification.alert_id, 0)
        latest[notification.alert_id] = notification.revision


@given(st.lists(st.tuples(st.text(), st.text()), max_size=5), st.randoms(use_true_random=False))
def test_a_fingerprint_does_not_depend_on_key_order(key: list[tuple[str, str]], random: object) -> None:
    shuffled = key.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert fingerprint("r", key) == fingerprint("r", shuffled)


@given(
    opening=st.sampled_from(["extend.workflow_run.needs_review"]),
    closing=st.sampled_from(["extend.workflow_run.completed", "extend.workflow_run.rejected"]),
    first=st.booleans(),
)
def test_the_order_of_one_keys_open_and_close_does_not_change_the_end_state(
    opening: str, closing: str, first: bool
) -> None:
    written = rules(rule(when=when("needs_review"), resolved_by=when("finished", "rejected")))
    pair: list[Event] = [event(opening, 0, run="R"), event(closing, 0, run="R")]
    state = State()
    for given_event in pair if first else reversed(pair):
        fold(given_event, state, written)

    assert list(state.open_slice_keys()) == []


def test_a_tick_for_a_timer_that_no_longer_stands_decides_nothing() -> None:
    state = State()
    decided = fold(Tick(at=5, slice_key="nobody", name="quiet"), state, RULES)

    assert decided.transitions == []
    assert AlertState.EXPIRED.is_open is False
