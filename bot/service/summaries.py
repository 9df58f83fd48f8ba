"""Puts the parts of digests together: what is due, the store, the pipeline that decides first, the relay that sends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from bot.clock import Clock
from bot.schedule.alarm import Alarm
from bot.schedule.digesting import Digesting
from bot.service.setup import Setup
from bot.store import Store

if TYPE_CHECKING:
    from bot.schedule.making import Making


def wire_digests(
    setup: Setup,
    store: Store,
    clock: Clock,
    decided: Callable[[], Awaitable[None]],
    wake_relay: Callable[[], None],
) -> Digesting:
    """Return the digests of the config; `decided` waits until what is journaled is decided."""

    def making() -> Making:
        from bot.schedule.making import Making  # noqa: PLC0415  (15 ms of each start without digests)

        return Making(
            store=store,
            path=setup.config.store_path,
            clock=clock,
            decided=decided,
            keep_ms=setup.config.keep.audit_ms,
        )

    return Digesting(setup.digests, making, clock, alarm=Alarm, on_made=wake_relay)
