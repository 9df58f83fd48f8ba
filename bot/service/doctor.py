"""`doctor`: looks at everything that a running bot needs, changes nothing, and says in plain words what to do."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final

import aiohttp

from bot.clock import Clock
from bot.config.model import Config
from bot.config.notes import ERROR
from bot.core.ruleset import RuleSet
from bot.errors import StoreError
from bot.service import doctor_slack
from bot.service.findings import Finding, doubt, fault, good
from bot.service.setup import Examined
from bot.store.driver import driver
from bot.store.reads import Reads, open_reading
from bot.store.values import DeliveryState

_MIB: Final = 1 << 20
_TOO_LITTLE: Final = 200 * _MIB
_LITTLE: Final = 2_000 * _MIB
_REACH_S: Final = 10.0
_LOOPBACK: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  (where a bot on all addresses is reached)
_OK: Final = 200
_MOST_BYTES: Final = 65_536
_IN_TROUBLE: Final = (DeliveryState.UNKNOWN, DeliveryState.PARKED, DeliveryState.DEAD)


async def examine_all(examined: Examined, clock: Clock) -> AsyncIterator[Finding]:
    """Yield every finding as it is made, the cheap ones first."""
    for finding in _files(examined):
        yield finding
    config = examined.config
    if config is None:
        return
    for finding in _store(config):
        yield finding
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_REACH_S)) as session:
        yield await _running(config, session)
        yield await _reachable(config, session)
    async for finding in _slack(config, examined.rule_set, clock):
        yield finding


def _files(examined: Examined) -> Iterator[Finding]:
    """Config and rules: problems as `check` says them; an unset secret or a placeholder is a doubt."""
    errors = [problem for problem in examined.problems if problem.level == ERROR]
    for problem in examined.problems:
        make = fault if problem.level == ERROR else doubt
        yield make("files", str(problem), "mend it in that file; tocsin check says the same")
    if not errors:
        count = len([rule for rule in examined.rule_set.rules.values() if rule.file])
        yield good("files", f"config and {count} rules can be used")


def _store(config: Config) -> Iterator[Finding]:
    path = config.store_path
    yield _disk(path)
    if not path.exists():
        yield doubt("store", f"there is no store at {path} yet", "it is made at the first start: tocsin run")
        return
    try:
        with open_reading(path) as reads:
            yield from _inside(reads, path)
    except (StoreError, driver.Error) as error:
        yield fault("store", f"{path}: {error}", "if no other program uses the file, restore it from a backup")


def _inside(reads: Reads, path: Path) -> Iterator[Finding]:
    mode = reads.cursor.execute("PRAGMA journal_mode").fetchone()[0]
    if mode != "wal":
        yield fault("store", f"{path} has journal_mode {mode} instead of wal", "stop whatever else opens this file")
    counts = reads.counts()
    yield good("store", f"{path} can be read: {counts.last_seq} inputs, {counts.size // _MIB} MiB")
    for state in _IN_TROUBLE:
        if number := counts.deliveries.get(state.value):
            yield doubt("store", f"{number} messages are {state.value}", "tocsin alerts lists them")


def _disk(path: Path) -> Finding:
    folder = next((each for each in path.parents if each.exists()), path)
    free = shutil.disk_usage(folder).free
    said = f"{free // _MIB} MiB are free where the store is"
    if free < _TOO_LITTLE:
        return fault("disk", said, "make room: without it deliveries are answered 503")
    return doubt("disk", said, "make room soon") if free < _LITTLE else good("disk", said)


async def _running(config: Config, session: aiohttp.ClientSession) -> Finding:
    """Ask the bot of this config how it is."""
    host = _LOOPBACK.get(config.server.host, config.server.host)
    address = f"http://{f'[{host}]' if ':' in host else host}:{config.server.port}/readyz"
    status, body = await _get(session, address)
    if status is None:
        return doubt("bot", f"no bot answers on {host}:{config.server.port}", "start it: tocsin run")
    if status != _OK:
        return fault("bot", f"the bot is not ready: {body.get('error', status)}", "see docs/operations.md, What to do")
    degraded = [str(line) for line in body.get("degraded", ())]
    if degraded:
        return doubt("bot", f"the bot is ready, with trouble: {'; '.join(degraded)}", "see docs/operations.md")
    return good("bot", "the bot runs and is ready")


async def _reachable(config: Config, session: aiohttp.ClientSession) -> Finding:
    """Ask for /healthz under the address that the platforms are given."""
    address = config.server.external_url
    if address is None:
        advice = "set it to the https address that you enter at the platforms"
        return doubt("address", "server.external_url is not set, so nothing was tried from outside", advice)
    status, body = await _get(session, f"{address.rstrip('/')}/healthz")
    if status == _OK and body.get("status") == "alive":
        return good("address", f"{address} reaches a Tocsin")
    what = "does not answer" if status is None else f"answers {status}, and not as Tocsin does"
    return fault("address", f"{address} {what}", "look at the reverse proxy (docs/deploy.md), and whether the bot runs")


async def _get(session: aiohttp.ClientSession, address: str) -> tuple[int | None, dict[str, Any]]:
    try:
        async with session.get(address, allow_redirects=False) as answer:
            body = json.loads(await answer.content.read(_MOST_BYTES))
            return answer.status, body if isinstance(body, dict) else {}
    except (TimeoutError, aiohttp.ClientError, OSError):
        return None, {}
    except ValueError:
        return 0, {}


async def _slack(config: Config, rule_set: RuleSet, clock: Clock) -> AsyncIterator[Finding]:
    slack = config.slack
    if slack is None or not (slack.bot_token or slack.webhooks):
        said = "messages are drawn in the terminal: `slack:` has no bot_token and no webhooks, or they are not set"
        yield doubt("slack", said, "docs/slack.md says how to set Slack up")
        return
    if not slack.bot_token:
        said = f"posting to {len(slack.webhooks)} webhooks: messages cannot be edited, read back or have buttons"
        yield doubt("slack", said, "a bot token can do all of it: docs/slack.md")
        return
    async for finding in doctor_slack.examine(config, slack, rule_set, clock):
        yield finding
