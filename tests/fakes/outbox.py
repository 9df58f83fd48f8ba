"""An outbox in memory that keeps the promises of bot/slack/outbox.py; the real one is held to them elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec.structs import replace

from bot.clock import Clock
from bot.core.decisions import Notification, Reason
from bot.core.identity import delivery_id
from bot.core.state import Alert
from bot.errors import StoreUnavailableError
from bot.store.values import Delivery, DeliveryState, Doubt, Message, Place, Recorded

_UNDER_WAY = {DeliveryState.SENDING, DeliveryState.UNKNOWN}
_WAITING = {DeliveryState.READY, *_UNDER_WAY}
_GONE = {DeliveryState.SUPERSEDED, DeliveryState.DEAD}


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

    def decide(
        self, alert: Alert, reason: Reason = Reason.FIRST, channel: str = "doc-alerts", number: int = 0
    ) -> Delivery:
        """Save an alert and its notification, as the pipeline does: one row for all edits of a message."""
        self.alerts[alert.alert_id] = alert
        is_message = reason.is_post or reason.is_reply
        row = Delivery(
            delivery_id=delivery_id(alert.alert_id, channel, reason.value if is_message else "edit", number),
            alert_id=alert.alert_id,
            channel=channel,
            reason=reason,
            severity=alert.severity,
            revision=alert.revision,
            created_at=self._clock.now_ms(),
            number=number,
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
                number=number,
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
        return self._in_state(DeliveryState.READY)

    async def unknown(self) -> list[Delivery]:
        return self._in_state(DeliveryState.UNKNOWN)

    async def doubted(self, since: int) -> list[Delivery]:
        return [row for row in self._in_state(DeliveryState.SENT) if (row.doubted_at or -1) >= since]

    async def add(self, rows: Sequence[Delivery]) -> None:
        self._fail_when_busy()
        for row in rows:
            self.rows.setdefault(row.delivery_id, row)

    async def claim(self, delivery_id: str, revision: int, place: Place | None = None) -> Delivery | None:
        self._fail_when_busy()
        row = self.rows[delivery_id]
        if row.state is not DeliveryState.READY:
            return None
        now, attempt, where = self._clock.now_ms(), row.attempt + 1, place or (None, None)
        self._attempted[delivery_id, attempt] = revision
        begun = replace(row, state=DeliveryState.SENDING, attempt=attempt, started_at=now)
        return self._put(replace(begun, sent_to=where[0], thread_ts=where[1]))

    async def record(self, delivery_id: str, attempt: int, outcome: Recorded) -> bool:
        self._fail_when_busy()
        row = self.rows[delivery_id]
        if not self.is_open(row, attempt):
            return False
        state = outcome.state
        if state is DeliveryState.SENT:
            self._show(row, outcome)
        is_edit = not (row.reason.is_post or row.reason.is_reply)
        attempted = max(self._attempted[delivery_id, attempt], outcome.revision)
        if is_edit and row.revision > attempted:
            state = DeliveryState.READY
        doubted_at = row.doubted_at
        if outcome.state is DeliveryState.UNKNOWN and doubted_at is None:
            doubted_at = row.started_at
        is_due = outcome.state is DeliveryState.READY or state is DeliveryState.UNKNOWN
        not_before = outcome.not_before if is_due else 0
        ended = replace(row, state=state, not_before=not_before, error=outcome.detail, doubted_at=doubted_at)
        self._put(replace(ended, doubt=outcome.doubt or row.doubt))
        return True

    def is_open(self, row: Delivery, attempt: int) -> bool:
        """Say whether the end of an attempt may be recorded still."""
        return row.attempt == attempt and row.state in _UNDER_WAY

    async def resume(self, posts: Collection[Reason], doubtful_ms: int) -> list[Delivery]:
        self._fail_when_busy()
        found = [row for row in self.rows.values() if row.state is DeliveryState.SENDING]
        for row in found:
            doubtful = row.reason in posts
            state = DeliveryState.UNKNOWN if doubtful else DeliveryState.READY
            until = (row.started_at or 0) + doubtful_ms if doubtful else 0
            outcome = Recorded(state=state, detail="cut short", not_before=until)
            await self.record(row.delivery_id, row.attempt, outcome)
        for row in self._free():
            self._put(replace(row, state=DeliveryState.READY, not_before=0))
        return [self.rows[row.delivery_id] for row in found]

    async def unpark(self, channel: str, most: int) -> list[Delivery]:
        self._fail_when_busy()
        free = [row for row in self._free() if row.channel == channel][:most]
        return [self._put(replace(row, state=DeliveryState.READY, not_before=0)) for row in free]

    async def fold(self, folded: Sequence[str], summary: Delivery) -> list[str]:
        self._fail_when_busy()
        taken = [own for own in folded if self.rows[own].state is DeliveryState.READY]
        for own in taken:
            self._put(replace(self.rows[own], state=DeliveryState.SUPERSEDED, error=f"in {summary.delivery_id}"))
        self.rows.setdefault(summary.delivery_id, summary)
        return taken

    async def subject(self, alert_id: str) -> Alert | None:
        return self.alerts.get(alert_id)

    async def message(self, alert_id: str, channel: str) -> Message | None:
        return self.messages.get((alert_id, channel))

    async def will_have_card(self, alert_id: str, channel: str) -> bool:
        of_alert = [row for row in self.rows.values() if (row.alert_id, row.channel) == (alert_id, channel)]
        return any(row.reason.is_post and row.state not in _GONE for row in of_alert)

    async def counts(self) -> dict[str, int]:
        states = [row.state for row in self.rows.values()]
        return {state.value: states.count(state) for state in DeliveryState}

    def states(self) -> list[DeliveryState]:
        """Return the states of all rows, in the order in which they were decided."""
        return [row.state for row in self.rows.values()]

    def _in_state(self, state: DeliveryState) -> list[Delivery]:
        self._fail_when_busy()
        return sorted((row for row in self.rows.values() if row.state is state), key=lambda row: row.created_at)

    def _free(self) -> list[Delivery]:
        parked = [row for row in self.rows.values() if row.state is DeliveryState.PARKED]
        return [row for row in parked if row.doubt is not Doubt.KEPT]

    def _put(self, row: Delivery) -> Delivery:
        self.rows[row.delivery_id] = row
        self.story.append((row.delivery_id, row.state))
        return row

    def _show(self, row: Delivery, outcome: Recorded) -> None:
        if row.reason.is_reply and not outcome.is_card:
            return
        key = (row.alert_id, row.channel)
        known = self.messages.get(key)
        if known is None or row.reason.is_post or row.reason.is_reply:
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
