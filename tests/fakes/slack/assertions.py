"""What tests ask of the fake after the fact."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from tests.fakes.slack.faults import Fault
from tests.fakes.slack.mentions import Link
from tests.fakes.slack.ratelimits import RateLimits, Violation
from tests.fakes.slack.serving import Service
from tests.fakes.slack.state import Call, Message, Workspace

_EDITABLE_BYTES = 4_000


class Assertions:
    """Questions over the workspace's state; deleted messages are not visible and do not count."""

    def __init__(self, service: Service) -> None:
        self.service = service

    @property
    def workspace(self) -> Workspace:
        return self.service.workspace

    def fault(self, effect: str, **match: Any) -> Fault:
        """Order a fault."""
        return self.service.faults.add(effect, **match)

    def reset(self) -> None:
        """Forget messages, calls, faults and limits; keep the port."""
        self.service.workspace = Workspace()
        self.service.faults.rules.clear()
        self.service.limits = RateLimits(lambda: self.workspace.switches)

    def messages(self, channel: str | None = None) -> list[Message]:
        """Return the visible messages, oldest first."""
        return [m for m in self.workspace.messages if not m.deleted and channel in {None, m.channel}]

    def calls(self, method: str | None = None) -> list[Call]:
        return [call for call in self.workspace.calls if method in {None, call.method}]

    def messages_by_delivery_id(self) -> dict[str, list[Message]]:
        found: dict[str, list[Message]] = defaultdict(list)
        for message in self.messages():
            if message.delivery_id is not None:
                found[message.delivery_id].append(message)
        return dict(found)

    def duplicates(self) -> dict[str, int]:
        """Return delivery ids that stand in more than one message."""
        return {own: len(found) for own, found in self.messages_by_delivery_id().items() if len(found) > 1}

    def lost(self, delivery_ids: set[str]) -> set[str]:
        return delivery_ids - self.messages_by_delivery_id().keys()

    def violations(self) -> list[Violation]:
        return self.service.limits.violations

    def max_rate(self, channel: str, seconds: float = 1.0) -> int:
        """Return the most messages that were stored in a channel within any such time."""
        times = [message.at for message in self.messages(channel)]
        return max((sum(start <= at < start + seconds for at in times) for start in times), default=0)

    def order(self, channel: str) -> list[str | None]:
        """Return the delivery ids of a channel's messages, oldest first."""
        return [message.delivery_id for message in sorted(self.messages(channel), key=lambda m: m.ts)]

    def notified(self) -> list[str]:
        """Return everybody who was ever pinged."""
        return [found for message in self.workspace.messages for found in message.notified]

    def links(self) -> list[Link]:
        """Return every link that stands in a visible message."""
        return [link for message in self.messages() for link in message.links]

    def uneditable(self) -> list[Message]:
        """Return messages that chat.update would refuse to give the same text again."""
        return [m for m in self.messages() if len((m.content.get("text") or "").encode()) > _EDITABLE_BYTES]

    def missing_fallback_text(self) -> list[Message]:
        return [m for m in self.messages() if not (m.content.get("text") or "").strip()]

    def secrets_in_requests(self) -> list[str]:
        """Return the calls whose body holds a token or a webhook's secret."""
        secrets = [*self.workspace.tokens, *self.workspace.webhooks]
        return [call.method for call in self.calls() if any(secret.encode() in call.raw for secret in secrets)]
