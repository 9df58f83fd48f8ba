"""`tocsin silence`: begin one, list those that are on, end one early."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import click

from bot.cli.asking import ask
from bot.cli.options import config_option, json_option
from bot.cli.output import Exit, say, say_json
from bot.cli.reading import reading
from bot.config.quantities import duration_ms
from bot.core.roundup import Roundup, RoundupKind
from bot.core.silence import Silence
from bot.errors import UsageError
from bot.service.setup import read_config
from bot.store.standing import standing_roundups


@click.command("silence")
@click.argument("matcher", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--for", "duration", metavar="DURATION", help="How long, such as 90m, 2h or 1d.")
@click.option("--reason", default="", help="Why; it is shown wherever the silence shows.")
@click.option("--channel", help="Where the silence announces itself; the admin channel by default.")
@click.option("--list", "lists", is_flag=True, help="List the silences that are on.")
@click.option("--end", "ended", metavar="ID", help="End a silence now.")
@json_option
@config_option
def command(
    matcher: tuple[str, ...],
    *,
    duration: str | None,
    reason: str,
    channel: str | None,
    lists: bool,
    ended: str | None,
    as_one_object: bool,
    config: Path,
) -> int:
    """Hold the messages of alerts that are meant for a while. Nothing is lost: the alerts live on and are counted.

    NAME is `rule`, `severity`, `fingerprint` or a field such as `company`; all pairs must hold.
    """
    settings = read_config(config)
    if sum((lists, ended is not None, bool(matcher))) != 1:
        raise UsageError("say what to silence (such as rule=gives-up), or --list, or --end ID")
    if lists:
        with reading(settings) as reads:
            return _list(standing_roundups(reads.cursor), settings.timezone, as_one_object=as_one_object)
    if ended is not None:
        answered = ask(settings, f"/api/v1/silences/{quote(ended, safe='')}/end")
        return _said(answered, f"ended {ended}", as_one_object=as_one_object)
    values = {"matcher": _pairs(matcher), "duration_ms": _duration(duration), "reason": reason, "channel": channel}
    answered = ask(settings, "/api/v1/silences", **values)
    until = _time(int(answered["until"]), settings.timezone)
    return _said(
        answered,
        f"silenced until {until}; end it with: tocsin silence --end {answered['silence_id']}",
        as_one_object=as_one_object,
    )


def _pairs(written: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in written:
        name, sign, value = pair.partition("=")
        if not (name and sign and value) or name in found:
            raise UsageError(f"{pair} is no NAME=VALUE, or its name stands twice")
        found[name] = value
    return found


def _duration(text: str | None) -> int:
    found = None if text is None else duration_ms(text)
    if found is None:
        raise UsageError("--for says how long: 90m, 2h, 1d")
    return found


def _list(roundups: list[Roundup], zone: ZoneInfo, *, as_one_object: bool) -> int:
    found = [(one, one.silence) for one in roundups if one.kind is RoundupKind.SILENCE and one.ended_at is None]
    on = [(one, silence) for one, silence in found if silence is not None]
    if as_one_object:
        say_json({"silences": [_silence(one, silence, zone) for one, silence in on]})
        return Exit.FINE
    for one, silence in on:
        reason = f": {silence.reason}" if silence.reason else ""
        say(f"{silence.silence_id}  until {_time(silence.until, zone)}  by {silence.author}{reason}")
        say(f"    {' '.join(f'{name}={text}' for name, text in silence.matcher)}  holds {one.count}")
    if not on:
        say("Nothing is silenced.")
    return Exit.FINE


def _silence(roundup: Roundup, silence: Silence, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "silence_id": silence.silence_id,
        "matcher": dict(silence.matcher),
        "by": silence.author,
        "reason": silence.reason,
        "since": _time(silence.at, zone),
        "until": _time(silence.until, zone),
        "channel": roundup.channel,
        "held": roundup.count,
    }


def _said(answered: dict[str, Any], text: str, *, as_one_object: bool) -> int:
    if as_one_object:
        say_json(answered)
    else:
        say(text)
    return Exit.FINE


def _time(at_ms: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at_ms / 1_000, zone).isoformat(timespec="seconds")
