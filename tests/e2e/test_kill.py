"""kill -9, ten times, while events are being posted. `make soak` does it three hundred times."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e import killing
from tests.fakes.slack import FakeSlack

KILLS = 10


async def test_ten_kills_lose_no_answered_event_and_tell_no_alert_twice(tmp_path: Path) -> None:
    told = killing.Told()
    async with FakeSlack() as fake:
        killing.furnish(fake, tmp_path)
        await killing.lives(fake, tmp_path, KILLS, told, seed=7)
        await killing.settled(tmp_path, life=KILLS)
        assert len(told.answered) > 10 * KILLS
        assert killing.verdict(fake, tmp_path, told) == []
        # The verdict itself must be able to say no.
        told.answered.add("evt_never_stored")
        sent = next(message for message in fake.messages() if message.delivery_id)
        fake.workspace.messages.append(sent)
        assert len(killing.verdict(fake, tmp_path, told)) == 2
    for life in range(KILLS + 1):
        assert "Traceback" not in (tmp_path / f"err-{life}.txt").read_text()
        assert '"where"' not in (tmp_path / f"err-{life}.txt").read_text()


@pytest.mark.parametrize(
    ("fault", "found"),
    [("answers_early.py", "answered 200 and is not in the store"), ("posts_blindly.py", "was posted")],
)
async def test_a_planted_fault_is_found_by_the_kills(tmp_path: Path, fault: str, found: str) -> None:
    told, script = killing.Told(), Path(__file__).with_name(fault)
    async with FakeSlack() as fake:
        killing.furnish(fake, tmp_path)
        fake.service.faults.rules.clear()
        fake.fault("timeout_after_store", method="chat.postMessage", times=None)  # every kill finds posts under way
        await killing.lives(fake, tmp_path, 3, told, script=script)
        fake.service.faults.rules.clear()
        await killing.settled(tmp_path, life=9, script=script)

        assert any(found in wrong for wrong in killing.verdict(fake, tmp_path, told))
