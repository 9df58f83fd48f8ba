"""One process, one bot: the event loop, the signals, the store's life, and how it ended."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import resource
import signal
from collections.abc import Callable
from typing import Any, Final

import structlog

from bot import log
from bot.config.model import Config
from bot.errors import StoreFailedError, TocsinError
from bot.service.running import Bot, Surroundings
from bot.service.setup import Setup, raw_of
from bot.store import Store
from bot.store.values import Keep

# Above the cap on connections, with room for the store, Slack and payloads.
_FILES_WANTED: Final = 4_096

_ALLOCATIONS_BETWEEN_COLLECTIONS: Final = 50_000

_LOG = structlog.get_logger()


def serve(setup: Setup, around: Surroundings, on_ready: Callable[[int], None]) -> None:
    """Run until SIGTERM or SIGINT. StoreUntrustedError and UsageError: cannot start; StoreFailedError: must end."""
    _allow_files()
    log.hide(secrets_of(setup.config))
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(setup, around, on_ready))


def _spare_collections() -> None:
    """Let the cycle collector look seldom, and never again at what was loaded for good.

    What an event makes is freed by counting references; looking for cycles among all of it took a third of the time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS_BETWEEN_COLLECTIONS, 20, 20)


async def _serve(setup: Setup, around: Surroundings, on_ready: Callable[[int], None]) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_log_loose_end)
    bots: list[Bot] = []  # the store is open before there is a bot to tell of its failure

    def failed(error: StoreFailedError) -> None:
        for bot in bots:
            bot.failed(error)

    store = await Store.open(
        setup.config.store_path, around.clock, keep=_keep(setup), raw_of=raw_of(setup.sources), on_failed=failed
    )
    _spare_collections()
    try:
        bot = Bot(setup, store, around)
        bots.append(bot)
        with _stopping_on_signals(bot):
            await bot.run(on_ready)
    except BaseExceptionGroup as group:
        raise _first_told(group) from None
    finally:
        await store.close()
    _LOG.info("stopped")


def _keep(setup: Setup) -> Keep:
    keep = setup.config.keep
    return Keep(bodies_ms=keep.bodies_ms, keys_ms=keep.keys_ms, audit_ms=keep.audit_ms, max_size=keep.max_size)


@contextlib.contextmanager
def _stopping_on_signals(bot: Bot) -> Any:
    """Drain on the first signal; the second one ends the process at once, which is as safe as a kill.

    SIGHUP loads rules.
    """
    loop = asyncio.get_running_loop()
    signals = (signal.SIGTERM, signal.SIGINT)

    def stop(which: signal.Signals) -> None:
        bot.stop()
        for each in signals:
            loop.remove_signal_handler(each)
            signal.signal(each, signal.SIG_DFL)
        _LOG.info("stopping", signal=which.name)

    for each in signals:
        loop.add_signal_handler(each, stop, each)
    had_terminal = _has_terminal()

    def hang_up() -> None:
        # A terminal that is closed sends the same signal as an operator who wants rules loaded.
        if had_terminal and not _has_terminal():
            stop(signal.SIGHUP)
        else:
            bot.reload()

    loop.add_signal_handler(signal.SIGHUP, hang_up)
    try:
        yield
    finally:
        for each in (*signals, signal.SIGHUP):
            loop.remove_signal_handler(each)


def _has_terminal() -> bool:
    try:
        return os.isatty(0)
    except OSError:
        return False


def _first_told(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return what the process ends with: a failed store above all, else an error raised on purpose, else a bug."""
    found = list(_leaves(group))
    for kind in (StoreFailedError, TocsinError):
        for error in found:
            if isinstance(error, kind):
                return error
    return found[0]


def _leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for inner in error.exceptions for leaf in _leaves(inner)]
    return [error]


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's loop where the platform has it (1.2 times as fast), else None for the standard one."""
    try:
        import uvloop  # noqa: PLC0415  (it is not there on every platform)
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def _allow_files() -> None:
    """Raise our own limit on open files as far as we may; 1,000 connections need more than the usual 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES_WANTED if hard == resource.RLIM_INFINITY else min(_FILES_WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _log_loose_end(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what asyncio found that nobody waited for: its kind and place, not its text."""
    error = context.get("exception")
    if isinstance(error, ConnectionError | TimeoutError):
        return
    if isinstance(error, BaseException):
        log.bug(_LOG, "an error nobody waited for", error)
    else:
        _LOG.error("the event loop complains", cause=str(context.get("message", "")))


def secrets_of(config: Config) -> list[str | bytes]:
    """Return every secret of the config, so that the log can hide them."""
    slack = config.slack
    found: list[str | bytes | None] = [*config.api_tokens]
    for source in config.sources.values():
        found += [*source.secrets, source.token]
    if slack is not None:
        found += [slack.bot_token, slack.app_token, slack.signing_secret, *slack.webhooks.values()]
    return [secret for secret in found if secret]
