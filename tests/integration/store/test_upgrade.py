"""A store of the first version goes on under this one: nothing is told again, and what was told stays true."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from bot.core.decisions import Reason
from bot.core.fold import fold
from bot.pipeline.view import StoredView
from bot.store.values import Cursor
from tests.builders import event, rule, rules, when
from tests.integration.store.migrated import migrate
from tests.integration.store.opened import opened

ALERT = {
    "alert_id": "al_1",
    "rule": "r",
    "fingerprint": "f",
    "slice_key": "r\x1fR1",
    "key": [["subject", "R1"]],
    "title": "Überfällig",
    "severity": "error",
    "fired_at": 1,
    "last_at": 1,
    "channels": ["alerts", "other"],
}
SHADOW = {**ALERT, "alert_id": "al_2", "slice_key": "s\x1fR1", "rule": "s", "mode": "shadow"}


def first_version(path: Path) -> None:
    """Make a store as the first version left it: two open alerts, one of them in shadow, a card that was posted."""
    migrate(path, "0001")
    with sqlite3.connect(path) as store:
        for alert in (ALERT, SHADOW):
            slice_ = {"rule": alert["rule"], "alert": alert, "values": {"run": "R1", "subject": "R1"}}
            key, alert_id = alert["slice_key"], alert["alert_id"]
            store.execute(
                "INSERT INTO slices VALUES (?, ?, ?, ?, 0)", (key, alert["rule"], json.dumps(slice_), alert_id)
            )
            row = (alert_id, alert["rule"], "firing", "error", 1, 1, None, json.dumps(alert))
            store.execute("INSERT INTO alerts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        sent = ("dl_1", "al_1", "alerts", "first", "error", 1, "sent", 0, 1, 2, None, 1)
        store.execute("INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", sent)
    store.close()


async def test_an_open_alert_of_the_first_version_is_edited_when_it_ends(tmp_path: Path) -> None:
    first_version(tmp_path / "t.db")
    written = rules(rule("r", resolved_by=when("finished")), rule("s", resolved_by=when("finished")))

    async with opened(tmp_path / "t.db") as store:
        view = StoredView(store)
        decided = fold(event("extend.workflow_run.completed", 5, run="R1"), view, written)
        await store.save(decided, Cursor(0, 5))
        ended = store.read_alert("al_1")

    assert [(one.alert_id, one.channel, one.reason) for one in decided.notifications] == [
        ("al_1", "alerts", Reason.RESOLVED),
        ("al_1", "other", Reason.RESOLVED),
    ]
    assert ended is not None
    assert ended.title == "Überfällig"


async def test_the_outbox_of_the_first_version_is_read_as_it_was(tmp_path: Path) -> None:
    first_version(tmp_path / "t.db")

    async with opened(tmp_path / "t.db") as store:
        counts = await store.outbox.counts()

    assert {state: count for state, count in counts.items() if count} == {"sent": 1}
