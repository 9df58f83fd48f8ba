"""The relay on the real store: the outbox on disk keeps the promises that the relay builds on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.clock import SystemClock
from bot.core.decisions import Decisions, Notification, Reason
from bot.core.identity import delivery_id
from bot.core.state import Alert, AlertState
from bot.slack.relay import Relay
from bot.slack.webapi import WebApiSender
from bot.store.store import Store
from bot.store.values import DeliveryState
from tests.fakes.alerts import alert
from tests.fakes.relaying import ZONE
from tests.fakes.slack import FakeSlack
from tests.fakes.virtual import START_MS
from tests.waiting import eventually_async

CHANNEL = "C0DOCALERT1"


async def decide(store: Store, given: Alert, reason: Reason) -> Notification:
    """Save an alert and its notification as the pipeline does."""
    kind = "first" if reason is Reason.FIRST else "edit"
    own = delivery_id(given.alert_id, CHANNEL, kind)
    told = Notification(
        delivery_id=own,
        alert_id=given.alert_id,
        channel=CHANNEL,
        reason=reason,
        severity=given.severity,
        revision=given.revision,
        at=given.last_at,
    )
    await store.save(Decisions(alerts={given.alert_id: given}, notifications=[told]), store.cursor(), (), ())
    return told


@asynccontextmanager
async def relayed(store: Store, fake: FakeSlack) -> AsyncIterator[Relay]:
    clock = SystemClock()
    sender = WebApiSender(fake.token, clock=clock, api_url=fake.api_url, timeout_s=5)
    relay = Relay(store.outbox, sender, clock, ZONE)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(relay.run())
            yield relay
            relay.stop()
    finally:
        await sender.close()


async def until(store: Store, **wanted: int) -> None:
    """Wait until so many deliveries are in these states."""

    async def look() -> bool:
        counts = await store.outbox.counts()
        return all(counts[state] == number for state, number in wanted.items())

    await eventually_async(look, f"{wanted} deliveries")


def over(**parts: Any) -> Alert:
    ended: dict[str, Any] = {
        "state": AlertState.RESOLVED,
        "ended_at": START_MS + 60_000,
        "ended_by": "finished",
        "revision": 2,
    }
    return alert(**ended | parts)


async def test_a_message_is_posted_and_edited_from_rows_on_disk(tmp_path: Path) -> None:
    store = await Store.open(tmp_path / "t.db", SystemClock())
    async with FakeSlack() as fake, relayed(store, fake) as relay:
        first = await decide(store, alert(), Reason.FIRST)
        relay.wake([first])
        await until(store, sent=1)
        relay.wake([await decide(store, over(), Reason.RESOLVED)])
        await until(store, sent=2)
        (message,) = fake.messages()
        assert message.delivery_id == first.delivery_id
        assert message.visible.startswith("✅ Resolved")
        stored = store.read_message("al_0001", CHANNEL)
        assert stored is not None
        assert (stored.ts, stored.revision, stored.delivery_id) == (message.ts, 2, first.delivery_id)
    await store.close()


async def test_after_a_kill_a_post_under_way_is_unknown_and_an_edit_goes_out(tmp_path: Path) -> None:
    async with FakeSlack() as fake:
        store = await Store.open(tmp_path / "t.db", SystemClock())
        async with relayed(store, fake) as relay:
            relay.wake([await decide(store, alert(1), Reason.FIRST)])
            await until(store, sent=1)
        cut = await decide(store, alert(2), Reason.FIRST)
        await store.outbox.claim(cut.delivery_id, 1)
        edit = await decide(store, over(), Reason.RESOLVED)
        await store.outbox.claim(edit.delivery_id, 2)
        await store.close()

        store = await Store.open(tmp_path / "t.db", SystemClock())
        async with relayed(store, fake) as relay:
            await until(store, unknown=1, sent=2)
            assert (await relay.health()).deliveries[DeliveryState.UNKNOWN] == 1
        assert [message.visible[:2] for message in fake.messages()] == ["✅ "]
        await store.close()


async def test_a_change_saved_while_an_edit_is_under_way_is_not_lost(tmp_path: Path) -> None:
    store = await Store.open(tmp_path / "t.db", SystemClock())
    async with FakeSlack() as fake, relayed(store, fake) as relay:
        relay.wake([await decide(store, alert(), Reason.FIRST)])
        await until(store, sent=1)
        fake.fault("slow", method="chat.update", seconds=0.3)
        taken = alert(state=AlertState.ACKNOWLEDGED, acknowledged_by="Ana", revision=2)
        relay.wake([await decide(store, taken, Reason.ACKNOWLEDGED)])
        await until(store, sending=1)
        relay.wake([await decide(store, over(revision=3), Reason.RESOLVED)])
        await until(store, sent=2, sending=0, ready=0)
        (message,) = fake.messages()
        assert message.visible.startswith("✅ Resolved")
    await store.close()
