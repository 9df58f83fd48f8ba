"""A reply about an alert that a shared card tells hangs on that card's message."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core.decisions import Decisions, Notification, Reason
from bot.core.rule import Severity
from bot.store.values import Cursor
from tests.integration.store.opened import opened


@pytest.mark.parametrize(("thread", "card"), [("ro_1", "ro_1"), ("", "al_1")])
async def test_a_reply_hangs_on_the_card_that_told_its_alert(tmp_path: Path, thread: str, card: str) -> None:
    reply = Notification(
        delivery_id="dl_1",
        alert_id="al_1",
        channel="alerts",
        reason=Reason.REMINDER,
        severity=Severity.ERROR,
        revision=1,
        at=1,
        thread=thread,
    )
    async with opened(tmp_path / "t.db") as store:
        await store.save(Decisions(notifications=[reply]), Cursor(0, 1))
        [row] = await store.outbox.ready()

    assert (row.hangs_on, row.alert_id) == (card, "al_1")
