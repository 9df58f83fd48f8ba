"""Stores on real files for these tests, and short ways to fill them."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from bot.core.catalogue import Outcome
from bot.core.decisions import Decisions, Notification, Reason
from bot.core.inputs import Event
from bot.core.rule import Severity
from bot.core.state import Alert, AlertState, Slice
from bot.errors import StoreError
from bot.store import Store
from bot.store.connect import open_writing
from bot.store.migrate import open_ready
from bot.store.values import Appended
from tests.clocks import VirtualClock

BODY = b'{"eventType":"workflow_run.failed"}'


_made: list[bytes] = []


@asynccontextmanager
async def opened(path: Path, clock: VirtualClock | None = None, **options: Any) -> AsyncIterator[Store]:
    """Open a store and close it afterwards, within a limit. A new one is a copy of one that was made before."""
    async with asyncio.timeout(60):
        _lay(path)
        store = await Store.open(path, clock or VirtualClock(), **options)
        try:
            yield store
        finally:
            await store.close()


def _lay(path: Path) -> None:
    if path.parent.is_dir() and not path.exists():
        path.write_bytes(_fresh())


def _fresh() -> bytes:
    """Return the file of an empty store; made once, since a migration takes longer than most of these tests."""
    if not _made:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "empty.db"
            path.touch()
            open_ready(path).close()
            _made.append(path.read_bytes())
    return _made[0]


async def outcome(asked: Awaitable[Any]) -> Any:
    """Return what was asked for, or the error that came instead: for tasks that are expected to fail."""
    try:
        return await asked
    except StoreError as error:
        return error


def event(name: str = "1", **parts: Any) -> Event:
    """Return a failed run."""
    parts.setdefault("fields", {"run": name, "source": "extend", "environment": "prod"})
    parts.setdefault("outcomes", (Outcome.FAILED,))
    parts.setdefault("payload", parts.pop("raw", None))
    return Event(event_id=f"evt_{name}", source="extend", type="extend.workflow_run.failed", at=0, **parts)


async def append_all(store: Store, names: list[str], body: bytes = BODY) -> list[Appended]:
    """Append events at one time; return what the journal says, in the order of names."""
    return list(await asyncio.gather(*(store.append(event(name), body) for name in names)))


def alert(number: int = 1, **parts: Any) -> Alert:
    """Return a firing alert."""
    parts.setdefault("fired_at", 1_000 + number)
    parts.setdefault("last_at", 1_000 + number)
    return Alert(
        alert_id=f"al_{number}",
        rule="failed-runs",
        fingerprint=f"f{number}",
        slice_key=f"failed-runs/{number}",
        key=(("run", str(number)),),
        title="A run failed",
        severity=Severity.ERROR,
        channels=("doc-alerts",),
        **parts,
    )


def fired(number: int = 1, **parts: Any) -> Decisions:
    """Return the decisions of an alert that fires: slice, timer, alert and the first message."""
    one = alert(number, **parts)
    decisions = Decisions()
    decisions.slices[one.slice_key] = Slice(rule=one.rule, alert=one)
    decisions.timers[(one.slice_key, "expiry")] = 9_000
    decisions.alerts[one.alert_id] = one
    decisions.notifications.append(told(number, Reason.FIRST))
    return decisions


def told(number: int, reason: Reason, revision: int = 1, at: int = 1_000) -> Notification:
    """Return a notification of an alert."""
    return Notification(
        delivery_id=f"dl_{number}_{reason.value}_{revision}",
        alert_id=f"al_{number}",
        channel="doc-alerts",
        reason=reason,
        severity=Severity.ERROR,
        revision=revision,
        at=at,
    )


def resolved(number: int, revision: int = 2, **parts: Any) -> Decisions:
    """Return the decisions of an alert that ends."""
    one = alert(number, state=AlertState.RESOLVED, ended_at=2_000, revision=revision, **parts)
    decisions = Decisions()
    decisions.slices[one.slice_key] = None
    decisions.timers[(one.slice_key, "expiry")] = None
    decisions.alerts[one.alert_id] = one
    decisions.notifications.append(told(number, Reason.RESOLVED, revision))
    return decisions


def look(path: Path, question: str, *values: Any) -> list[tuple[Any, ...]]:
    """Ask the file itself, on a connection of the test's own."""
    with closing(open_writing(path)) as connection:
        return connection.execute(question, values).fetchall()
