"""Runs the bot with its clock shifted, by ms from the environment: the scheduled minute without waiting for it."""

from __future__ import annotations

import os

from bot.cli import main
from bot.clock import SystemClock

_now_ms = SystemClock.now_ms
_SHIFT = int(os.environ["TOCSIN_TEST_SHIFT_MS"])

if __name__ == "__main__":
    SystemClock.now_ms = lambda self: _now_ms(self) + _SHIFT  # type: ignore[method-assign]
    main()
