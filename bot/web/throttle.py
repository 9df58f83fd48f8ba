"""Keeps strangers from filling the log: the same line is said once a minute, with how often it was left out."""

from __future__ import annotations

from typing import Any, Final

import structlog

from bot.clock import Clock

_QUIET_MS: Final = 60_000
_MOST_LINES: Final = 1_000


class Throttle:
    """Logs a line at most once a minute for each event, source and cause."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._said: dict[tuple[str, str, str], tuple[int, int]] = {}  # -> (when, left out since)

    def warning(self, event: str, *, source: str, cause: str, **fields: Any) -> None:
        """Log a warning, or count it as left out."""
        key, now = (event, source, cause), self._clock.now_ms()
        at, left_out = self._said.get(key, (now - _QUIET_MS, 0))
        if now - at < _QUIET_MS:
            self._said[key] = (at, left_out + 1)
            return
        if len(self._said) >= _MOST_LINES:
            self._said.clear()
        self._said[key] = (now, 0)
        more = {"left_out": left_out} if left_out else {}
        structlog.get_logger().warning(event, source=source, cause=cause, **fields, **more)
