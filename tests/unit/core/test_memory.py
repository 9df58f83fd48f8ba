"""Job memory: which fields it lends."""

from __future__ import annotations

from typing import Any

import pytest

from bot.core.fields import LENT_FIELDS
from tests.builders import event, rule, rules, run

FAILED, STARTED = "alfred.job.failed", "alfred.job.start"
VALUES: dict[str, Any] = {name: 7 if name == "file_count" else f"a {name}" for name in LENT_FIELDS}


@pytest.mark.parametrize("name", LENT_FIELDS)
def test_what_an_earlier_event_told_is_lent_to_one_that_lacks_it(name: str) -> None:
    shows = rules(rule(show=(name,)))

    decided = run(shows, event(STARTED, 1, job="J", **{name: VALUES[name]}), event(FAILED, 2, job="J"))

    [shown] = decided.transitions[0].alert.shown
    assert (shown.value, shown.since) == (VALUES[name], 1)


@pytest.mark.parametrize("name", LENT_FIELDS)
def test_the_event_s_own_value_wins(name: str) -> None:
    shows = rules(rule(show=(name,)))
    own: Any = 9 if name == "file_count" else "its own"

    decided = run(shows, event(STARTED, 1, job="J", **{name: VALUES[name]}), event(FAILED, 2, job="J", **{name: own}))

    [shown] = decided.transitions[0].alert.shown
    assert (shown.value, shown.since) == (own, None)
