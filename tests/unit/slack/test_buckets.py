from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.buckets import Call, Limits, Pace, TokenBucket
from bot.slack.circuit import Circuit


def test_a_burst_goes_through_and_then_one_a_second() -> None:
    bucket = TokenBucket(1.0, 3)
    for _ in range(3):
        assert bucket.delay(0.0) == 0
        bucket.take(0.0)
    assert bucket.delay(0.0) == pytest.approx(1.0)
    assert bucket.delay(0.25) == pytest.approx(0.75)
    assert bucket.delay(1.0) == 0


def test_a_shut_bucket_lets_nothing_through_and_is_never_opened_early() -> None:
    bucket = TokenBucket(1.0, 3)
    bucket.shut(10.0)
    bucket.shut(5.0)
    assert bucket.delay(9.0) == pytest.approx(1.0)
    assert bucket.delay(10.0) == 0


def test_a_token_given_back_can_be_taken_again_but_never_adds_to_the_burst() -> None:
    bucket = TokenBucket(1.0, 1)
    bucket.take(0.0)
    bucket.give_back()
    bucket.give_back()
    bucket.take(0.0)
    assert bucket.delay(0.0) == pytest.approx(1.0)


@given(st.lists(st.floats(min_value=0, max_value=3), max_size=60))
def test_whoever_waits_as_told_never_exceeds_the_rate(pauses: list[float]) -> None:
    bucket, now, taken = TokenBucket(1.0, 3), 0.0, list[float]()
    for pause in pauses:
        now += pause + bucket.delay(now + pause)
        bucket.take(now)
        taken.append(now)
    for start in taken:
        assert sum(start <= at < start + 10 - 1e-6 for at in taken) <= 3 + 10


def test_channels_do_not_share_a_bucket_but_the_workspace_caps_them_all() -> None:
    pace = Pace(Limits(channel=(1.0, 3), workspace=(5.0, 4)))
    for channel in "abcd":
        assert pace.delay(Call.POST, channel, 0.0) == 0
        pace.take(Call.POST, channel, 0.0)
    assert pace.delay(Call.POST, "e", 0.0) == pytest.approx(0.2)


def test_counters_leave_edits_for_changes_of_state() -> None:
    pace = Pace(Limits(edits=(1.0, 4), counter_reserve=3))
    pace.take(Call.COUNTER, "a", 0.0)
    assert pace.delay(Call.COUNTER, "a", 0.0) == pytest.approx(1.0)
    assert pace.delay(Call.EDIT, "a", 0.0) == 0


def test_a_429_on_a_post_holds_for_its_channel_alone_and_on_an_edit_for_all() -> None:
    pace = Pace()
    pace.refused(Call.POST, "a", 30.0)
    assert pace.delay(Call.POST, "a", 0.0) == pytest.approx(30.0)
    assert pace.delay(Call.POST, "b", 0.0) == 0
    assert pace.delay(Call.EDIT, "a", 0.0) == 0
    pace.refused(Call.COUNTER, "a", 20.0)
    assert pace.delay(Call.EDIT, "b", 0.0) == pytest.approx(20.0)


def test_forgetting_idle_channels_forgets_no_refusal() -> None:
    pace = Pace()
    pace.refused(Call.POST, "a", 30.0)
    pace.take(Call.POST, "b", 0.0)
    pace.forget_idle(10.0)
    assert set(pace._channels) == {"a"}
    assert pace.delay(Call.POST, "a", 10.0) == pytest.approx(20.0)


def test_a_refused_token_lets_one_probe_through_a_minute_later() -> None:
    circuit = Circuit()
    circuit.refused(0.0, "token_revoked")
    assert circuit.delay(0.0) == 60.0
    assert circuit.delay(60.0) == 0
    circuit.take()
    assert circuit.delay(60.0) > 0
    circuit.refused(60.5, "token_revoked")
    assert circuit.delay(61.0) == pytest.approx(59.5)


def test_a_passed_probe_closes_the_circuit() -> None:
    circuit = Circuit()
    circuit.refused(0.0, "token_revoked")
    circuit.take()
    circuit.passed()
    assert (circuit.is_open, circuit.delay(1.0)) == (False, 0.0)
