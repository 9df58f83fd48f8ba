"""Every fault of the fake Slack, times what is delivered: each message visible exactly once, none lost, all polite.

Kills at every step of every fault, and pairs of faults, are in `make soak`.
"""

from __future__ import annotations

from collections.abc import Collection

import pytest

from bot.core.decisions import Reason
from bot.store.values import Delivery
from tests.fakes.faultrows import METHODS, ROWS
from tests.fakes.killing import KillableOutbox
from tests.fakes.outbox import TwinOutbox
from tests.integration.slack.matrix import tried


@pytest.mark.parametrize("kind", list(METHODS))
@pytest.mark.parametrize("row", list(ROWS))
def test_each_delivery_is_visible_exactly_once(row: str, kind: str) -> None:
    cell = tried([row], kind)
    assert cell.wrong == []
    assert cell.deliveries >= 2


@pytest.mark.parametrize("kind", list(METHODS))
@pytest.mark.parametrize("row", ["no fault", "timeout_after_store", "timeout_before_store"])
def test_a_kill_at_any_step_changes_nothing_of_that(row: str, kind: str) -> None:
    steps = tried([row], kind).steps
    assert len(steps) >= 5
    cells = [tried([row], kind, [step]) for step in range(1, len(steps) + 1)]
    assert [f"{cell}: {cell.wrong}" for cell in cells if cell.wrong] == []


def test_a_bot_that_posts_again_blindly_after_a_kill_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def blindly(self: TwinOutbox, posts: Collection[Reason], doubtful_ms: int) -> list[Delivery]:
        del posts
        return await TwinOutbox.resume(self, frozenset(), doubtful_ms)

    steps = tried(["no fault"], "first").steps
    monkeypatch.setattr(KillableOutbox, "resume", blindly)
    cells = [tried(["no fault"], "first", [step]) for step in range(1, len(steps) + 1)]
    assert any("doubled" in wrong for cell in cells for wrong in cell.wrong)
