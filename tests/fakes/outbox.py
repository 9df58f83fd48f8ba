"""An outbox in memory that keeps the promises of bot/slack/outbox.py; the real one is held to them elsewhere."""

from __future__ import annotations

from collections.abc import Collection

from msgspec.structs import replace

from bot.clock import Clock
from bot.core.decisions import Notification, Reason
from bot.core.identity import delivery_id
from bot.core.state import Alert
from bot.errors import StoreUnavailableError
from bot.store.values import Delivery, DeliveryState, Message, Recorded

_WAITING = {DeliveryState.READY, DeliveryState.SENDING}


class TwinOutbox:
    """Rows, alerts and messages in dicts. `busy` makes the next so many calls fail as a full disk would."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.rows: dict[str, Delivery] = {}
        self.alerts: dict[str, Alert] = {}
        self.messages: dict[tuple[str, str], Message] = {}
        self.story: list[tuple[str, DeliveryState]] = []
        self.busy = 0
        self._news: list[Notification] = []
        self._attempted: dict[tuple[str, int], int] = {}

    def take_news(self) -> list[Notification]:
        """Return what was decided since the last call, as the pipeline tells it after a save."""
        news, self._news = self._news, []
        return news

    def decide(self, alert: Alert, reason: Reason = Reason.FIRST, channel: str = "doc-alerts") -> Delivery:
        """Save an alert and its notification, as the pipeline does: one row for all edits of a message."""
        self.alerts[alert.alert_id] = alert
        kind = "first" if reason is Reason.FIRST else "edit"
        row = Delivery(
            delivery_id=delivery_id(alert.alert_id, channel, kind),
            alert_id=alert.alert_id,
            channel=channel,
            reason=reason,
            severity=alert.severity,
            revision=alert.revision,
            created_at=self._clock.now_ms(),
        )
        self._news.append(
            Notification(
                delivery_id=row.delivery_id,
                alert_id=row.alert_id,
                channel=channel,
                reason=reason,
                severity=row.severity,
                revision=row.revision,
                at=row.created_at,
            )
        )
        known = self.rows.get(row.delivery_id)
        if known is not None and known.state in _WAITING:
            row = replace(known, reason=reason, revision=max(known.revision, row.revision))
        elif known is not None:
            row = replace(row, attempt=known.attempt)
        self.rows[row.delivery_id] = row
        return row

    async def ready(self) -> list[Delivery]:
        self._fail_when_busy()
        rows = [row for row in self.rows.values() if row.state is DeliveryState.READY]
        return sorted(rows, key=lambda row: row.created_at)

    async def claim(self, delivery_id: str, revision: int) -> Delivery | None:
        self._fail_when_busy()
        row = self.rows[delivery_id]
        if row.state is not DeliveryState.READY:
            return None
        now, attempt = self._clock.now_ms(), row.attempt + 1
        self._attempted[delivery_id, attempt] = revision
        return self._put(replace(row, state=DeliveryState.SENDING, attempt=attempt, started_at=now))

    async def record(self, delivery_id: str, attempt: int, outcome: Recorded) -> None:
        self._fail_when_busy()
        row = self.rows[delivery_id]
        if row.attempt != attempt:
            return
        state = outcome.state
        if state is DeliveryState.SENT:
            self._show(row, outcome)
        attempted = max(self._attempted[delivery_id, attempt], outcome.revision)
        if row.reason is not Reason.FIRST and row.revision > attempted:
            state = DeliveryState.READY
        self._put(replace(row, state=state, not_before=outcome.not_before, error=outcome.detail))

    async def resume(self, posts: Collection[Reason]) -> list[Delivery]:
        self._fail_when_busy()
        found = [row for row in self.rows.values() if row.state is DeliveryState.SENDING]
        for row in found:
            state = DeliveryState.UNKNOWN if row.reason in posts else DeliveryState.READY
            await self.record(row.delivery_id, row.attempt, Recorded(state=state, detail="cut short"))
        for row in [row for row in self.rows.values() if row.state is DeliveryState.PARKED]:
            self._put(replace(row, state=DeliveryState.READY, not_before=0))
        return [self.rows[row.delivery_id] for row in found]

    async def alert(self, alert_id: str) -> Alert | None:
        return self.alerts.get(alert_id)

    async def message(self, alert_id: str, channel: str) -> Message | None:
        return self.messages.get((alert_id, channel))

    async def counts(self) -> dict[str, int]:
        states = [row.state for row in self.rows.values()]
        return {state.value: states.count(state) for state in DeliveryState}

    def states(self) -> list[DeliveryState]:
        """Return the states of all rows, in the order in which they were decided."""
        return [row.state for row in self.rows.values()]

    def _put(self, row: Delivery) -> Delivery:
        self.rows[row.delivery_id] = row
        self.story.append((row.delivery_id, row.state))
        return row

    def _show(self, row: Delivery, outcome: Recorded) -> None:
        key = (row.alert_id, row.channel)
        known = self.messages.get(key)
        if known is None or row.reason is Reason.FIRST:
            known = Message(
                alert_id=row.alert_id,
                channel=row.channel,
                ts=outcome.ts,
                channel_id=outcome.channel_id,
                revision=outcome.revision,
                delivery_id=row.delivery_id,
            )
        self.messages[key] = replace(known, revision=max(known.revision, outcome.revision))

    def _fail_when_busy(self) -> None:
        if self.busy:
            self.busy -= 1
            raise StoreUnavailableError("busy")
