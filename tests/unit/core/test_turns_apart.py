"""Rules write into one set of effects, or each into its own where one of them raises: both decide the same."""

from __future__ import annotations

from unittest.mock import patch

from hypothesis import given

from bot.core import decide, lifecycle
from bot.core.fold import State
from bot.core.inputs import Input
from tests.builders import event, rule, rules, run
from tests.laws import LAW
from tests.unit.core.test_laws import inputs, told


@LAW
@given(inputs())
def test_rules_decide_the_same_together_and_apart(given_inputs: list[Input]) -> None:
    together, state = told(given_inputs, [3])
    with patch.object(decide, "_take", decide._take_apart):
        apart, other = told(given_inputs, [3])

    assert together == apart
    assert state.slices == other.slices


def test_of_a_rule_that_raises_half_way_nothing_stays() -> None:
    state, good, bad = State(), rule("good"), rule("bad", expires_after_ms=5)
    arm = lifecycle.deadlines

    def break_off(of: object, *more: object) -> object:
        if of is bad:
            raise RuntimeError("after the alert was opened, before its timers stand")
        return arm(of, *more)  # type: ignore[arg-type]  # passed on as it came

    with patch.object(lifecycle, "deadlines", break_off):
        decided = run(rules(bad, good), event("alfred.job.failed", 0, job="J"), state=state)

    assert [fault.rule for fault in decided.faults] == ["bad"]
    assert {change.alert.rule for change in decided.transitions} == {"good"}
    assert {alert.rule for alert in decided.alerts.values()} == {"good"}
    assert {notification.alert_id for notification in decided.notifications} == set(decided.alerts)
    assert [slice_.rule for slice_ in state.slices.values()] == ["good"]
