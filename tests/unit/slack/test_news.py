"""What the relay hears of after a save is the row that the store has."""

from __future__ import annotations

from bot.core.decisions import Notification, Reason
from bot.core.rule import Severity
from bot.slack import relay


def test_a_reply_keeps_the_card_it_hangs_on_and_whom_it_names() -> None:
    news = Notification(
        delivery_id="dl_1",
        alert_id="al_1",
        channel="alerts",
        reason=Reason.ESCALATED_HERE,
        severity=Severity.ERROR,
        revision=2,
        at=1,
        number=1,
        mention="boss",
        thread="ro_1",
    )

    row = relay._row_of(news)

    assert (row.hangs_on, row.mention, row.number) == ("ro_1", "boss", 1)
