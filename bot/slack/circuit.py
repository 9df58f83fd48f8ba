"""What happens when Slack refuses the token: everything is kept, and one call at a time asks again."""

from __future__ import annotations

from typing import Final

PROBE_EVERY_S: Final = 60.0
_WHILE_PROBING_S: Final = 1.0


class Circuit:
    """Closed: all may pass. Open: nothing for a minute, then one probe, whose answer decides. Pure; seconds."""

    def __init__(self, probe_every: float = PROBE_EVERY_S) -> None:
        self._probe_every = probe_every
        self._open_until: float | None = None
        self._probing = False
        self.reason = ""

    @property
    def is_open(self) -> bool:
        """Say whether Slack refuses the credentials as far as we know."""
        return self._open_until is not None

    def delay(self, now: float) -> float:
        """Return how long a call must wait; 0: it may go (while open: as the probe)."""
        if self._open_until is None:
            return 0.0
        return max(self._open_until - now, _WHILE_PROBING_S if self._probing else 0.0)

    def take(self) -> None:
        """Say that a call goes out."""
        self._probing = self.is_open

    def give_back(self) -> None:
        """Say that the call that was taken is not made after all."""
        self._probing = False

    def passed(self) -> None:
        """Close it: the credentials were not what was refused."""
        self._open_until, self._probing, self.reason = None, False, ""

    def refused(self, now: float, reason: str) -> None:
        """Open it, or keep it open for another minute."""
        self._open_until, self._probing, self.reason = now + self._probe_every, False, reason
