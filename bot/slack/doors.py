"""Which channels Slack refuses, where their messages go meanwhile, and when each is tried again. Pure; seconds."""

from __future__ import annotations

from typing import Final

import msgspec

PROBE_EVERY_S: Final = 600.0


class _Door(msgspec.Struct):
    why: str
    probe_at: float  # when a new message tries the channel itself
    free_at: float  # when one that is parked does


class Doors:
    """Open until refused. Behind a shut door new messages go to the fallback; every ten minutes one tries the door."""

    def __init__(self, fallback: str | None, probe_every: float = PROBE_EVERY_S) -> None:
        self._fallback, self._probe_every = fallback, probe_every
        self._shut: dict[str, _Door] = {}

    def refused(self, channel: str, why: str, now: float) -> bool:
        """Shut a door, or keep it shut for another while; say whether it was open before."""
        was_open = channel not in self._shut
        self._shut[channel] = _Door(why, now + self._probe_every, now + self._probe_every)
        return was_open

    def passed(self, channel: str) -> bool:
        """Open a door; say whether it was shut before."""
        return self._shut.pop(channel, None) is not None

    def reason(self, channel: str) -> str | None:
        """Return why a channel is refused, None while it is not."""
        door = self._shut.get(channel)
        return None if door is None else door.why

    def way(self, channel: str, now: float) -> str:
        """Return the channel to send to: the fallback while the door is shut, but for one probe when it is due."""
        door = self._shut.get(channel)
        if door is None or self.fallback_of(channel) is None:
            return channel
        if now >= door.probe_at:
            door.probe_at = now + self._probe_every
            return channel
        return self._fallback or channel

    def fallback_of(self, channel: str) -> str | None:
        """Return where a channel's messages can go when it is refused; None: nowhere."""
        if self._fallback is None or channel == self._fallback or self._fallback in self._shut:
            return None
        return self._fallback

    def due(self, now: float) -> list[str]:
        """Return the shut channels of which something that is parked may be tried now; each counts as tried."""
        found = [channel for channel, door in self._shut.items() if now >= door.free_at]
        for channel in found:
            self._shut[channel].free_at = now + self._probe_every
        return found

    def next_due(self) -> float:
        """Return when the next door may be tried; infinite while all are open."""
        return min((door.free_at for door in self._shut.values()), default=float("inf"))

    def shut(self) -> dict[str, str]:
        """Return the refused channels, each with the reason."""
        return {channel: door.why for channel, door in sorted(self._shut.items())}
