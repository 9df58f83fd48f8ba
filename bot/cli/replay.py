"""`tocsin replay`: decide again what the store holds, and with --verify hold it against what was decided."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import click
import msgspec

from bot.cli.options import config_option, json_option
from bot.cli.output import Exit, complain, say, say_json
from bot.clock import Clock, SystemClock
from bot.errors import StoreUntrustedError, UsageError
from bot.service.replaying import Replayed, Wanted, replay
from bot.service.setup import read_config, sources_of
from bot.store.comparing import Difference
from bot.store.driver import driver
from bot.store.reads import open_reading

_TOLD_EVERY_S: Final = 2.0
_SHOWN: Final = 20
_LONGEST_VALUE: Final = 200
_CALLED: Final = {"alerts": "alert", "roundups": "roundup", "outbox": "message"}


@click.command("replay")
@click.option("--verify", is_flag=True, help="Compare with what was decided; exit 1 when it is not the same.")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]),
    help="Look only at what began from then on, in the configured zone.",
)
@click.option("--rule", default="", help="Look only at alerts of this rule.")
@json_option
@config_option
def command(*, verify: bool, since: datetime | None, rule: str, as_one_object: bool, config: Path) -> int:
    """Decide again all that the store holds, by the rule sets of then, and count what follows.

    Reads the store beside the running bot and changes nothing. Needs room for a temporary file (TMPDIR).
    """
    settings = read_config(config)
    if not settings.store_path.exists():
        raise UsageError(f"there is no store at {settings.store_path} yet: no bot has run on this config")
    at = 0 if since is None else round(since.replace(tzinfo=settings.timezone).timestamp() * 1_000)
    clock = SystemClock()
    progress = _Progress(clock)
    try:
        with open_reading(settings.store_path) as reads:
            wanted = Wanted(rule=rule, since=at, verify=verify)
            found = replay(reads, sources_of(settings), wanted, clock, progress.tell)
    except driver.Error as error:
        raise StoreUntrustedError(f"the store {settings.store_path} cannot be read: {error}") from error
    if as_one_object:
        say_json(_as_json(found, settings.timezone, verify=verify))
    else:
        for line in _lines(found, settings.timezone, verify=verify):
            say(line)
    return Exit.FINE if found.is_same else Exit.NO


class _Progress:
    """Says on stderr how far a long replay is."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._began = clock, clock.monotonic()
        self._told = self._began

    def tell(self, done: int, of: int) -> None:
        """Hear how far it is."""
        now = self._clock.monotonic()
        if now - self._told < _TOLD_EVERY_S:
            return
        self._told = now
        rate = done / (now - self._began)
        left = (of - done) / rate
        complain(f"{done:,} of {of:,} rows, {rate:,.0f} a second, {left:,.0f} s left")


def _lines(found: Replayed, zone: ZoneInfo, *, verify: bool) -> Iterator[str]:
    rate = found.rows / found.seconds if found.seconds else 0.0
    yield f"{found.rows:,} rows decided again in {found.seconds:.1f} s ({rate:,.0f} a second)"
    yield from (f"  {rule}: {said}" for rule, said in _by_rule(found))
    if not found.changes:
        yield "  no alert"
    yield from (f"Note: {text}" for text in found.forgotten)
    if not verify:
        return
    yield from _differing(found.different, found.count_different, "differ", zone)
    yield from _differing(found.unsure, found.count_unsure, "differ, which what is forgotten may explain", zone)
    if not found.count_different + found.count_unsure:
        yield "The same decisions, byte for byte."


def _by_rule(found: Replayed) -> Iterator[tuple[str, str]]:
    for rule in sorted({rule for rule, _ in found.changes}):
        counts = sorted((change, count) for (name, change), count in found.changes.items() if name == rule)
        yield rule, ", ".join(f"{change} {count:,}" for change, count in counts)


def _differing(some: list[Difference], count: int, what: str, zone: ZoneInfo) -> Iterator[str]:
    if not count:
        return
    yield f"{count:,} {what}:"
    for one in some[:_SHOWN]:
        yield f"  {_CALLED[one.table]} {one.key} of {one.rule or '?'}, {_time(one.at, zone)}"
        yield from (f"    {line}" for line in _details(one))
    if count > _SHOWN:
        yield f"  … and {count - _SHOWN:,} more"


def _details(one: Difference) -> Iterator[str]:
    if one.was is None or one.now is None:
        yield "was decided, and is not decided again" if one.now is None else "was not decided, and is decided now"
        return
    was, now = _flat(one.was), _flat(one.now)
    for name in sorted(was.keys() | now.keys()):
        if was.get(name) != now.get(name):
            yield f"{name}: was {_short(was.get(name))}, is {_short(now.get(name))}"


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with the parts of its JSON body by their names."""
    body = row.get("body")
    parts: dict[str, Any] = msgspec.json.decode(body) if isinstance(body, str) else {}
    return {**{name: value for name, value in row.items() if name != "body"}, **parts}


def _short(value: Any) -> str:
    text = "".join(letter if letter.isprintable() else " " for letter in msgspec.json.encode(value).decode())
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def _as_json(found: Replayed, zone: ZoneInfo, *, verify: bool) -> dict[str, Any]:
    return {
        "rows": found.rows,
        "seconds": round(found.seconds, 3),
        "rule_sets": found.rule_sets,
        "changes": [
            {"rule": rule, "change": change, "count": count} for (rule, change), count in sorted(found.changes.items())
        ],
        "forgotten": found.forgotten,
        "verified": verify,
        "same": found.is_same,
        "differences": [_difference(one, zone) for one in found.different],
        "unsure": [_difference(one, zone) for one in found.unsure],
    }


def _difference(one: Difference, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "what": _CALLED[one.table],
        "id": one.key,
        "rule": one.rule,
        "at": _time(one.at, zone),
        "was": None if one.was is None else _flat(one.was),
        "now": None if one.now is None else _flat(one.now),
    }


def _time(at_ms: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at_ms / 1_000, zone).isoformat(timespec="seconds")
