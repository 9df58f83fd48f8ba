"""The delivery protocol against a Slack full of mischief, seed by seed; 20,000 seeds are in `make soak`."""

from __future__ import annotations

import pytest

from tests.fakes.deliverymodel import HALF_READS, NO_SETTLING, NO_TOKEN_CHECK, RETRIES, story

SEEDS = 400  # what fits a quarter of a minute
_FIRST_TRIED = {RETRIES: 0, NO_SETTLING: 0, HALF_READS: 0, NO_TOKEN_CHECK: 331}
_MOST_TRIED = 1_500


@pytest.mark.parametrize("tenth", range(10))
def test_every_message_stands_exactly_once_whatever_happens(tenth: int) -> None:
    told = [story(seed) for seed in range(tenth * SEEDS // 10, (tenth + 1) * SEEDS // 10)]
    assert {one.seed: one.wrong for one in told if one.wrong} == {}
    assert sum(one.doubts for one in told) > 10
    assert sum(one.kills for one in told) > 10


@pytest.mark.parametrize("planted", list(_FIRST_TRIED))
def test_a_fault_planted_in_the_protocol_is_found(planted: str) -> None:
    first = _FIRST_TRIED[planted]  # from where on it does not take long
    found = next((seed for seed in range(first, first + _MOST_TRIED) if story(seed, planted).wrong), None)
    assert found is not None, f"no story noticed: {planted}"
