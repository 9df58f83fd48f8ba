"""`tocsin digest`: what a digest says of a local date, from the store beside the running bot; or have it posted."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import click

from bot.cli.asking import ask
from bot.cli.options import config_option, json_option
from bot.cli.output import Exit, say, say_json
from bot.cli.reading import reading
from bot.clock import SystemClock
from bot.core.letter import Letter
from bot.digests.collecting import Question, collect
from bot.digests.numbers import Numbers, as_values, from_json
from bot.digests.plan import Plan
from bot.digests.window import date_of, window_of
from bot.digests.writing import written
from bot.errors import UsageError
from bot.schedule.owed import schedule_of
from bot.service.setup import Setup, load_setup
from bot.slack.letter import letter_lines
from bot.slack.terminal import framed, wrapped
from bot.store.counting import noted
from bot.store.digest_rows import MISSED, last_told, of_date
from bot.store.statements import Cursor

_DONE: Final = {
    "made": "posted",
    "silent": "nothing to tell, and `when_empty: silent`: it is recorded and not posted",
    "already posted": "already posted: there is one digest for each local date",
    "being made": "is being made; it is posted when it is ready",
}


@click.command("digest")
@click.argument("name")
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="The local date; without it today.")
@click.option("--post", is_flag=True, help="Have the running bot post it now, unless it is posted already.")
@json_option
@config_option
def command(name: str, *, day: datetime | None, post: bool, as_one_object: bool, config: Path) -> int:
    """Draw a digest of the config from what is stored. With --json, its numbers.

    A digest that was made is drawn as it was; another one as it would be made now. Before its time it covers what came
    until now.
    """
    setup = load_setup(config)
    plan = setup.digests.get(name)
    if plan is None:
        raise UsageError(f"the config has no digest {name}; it has {', '.join(sorted(setup.digests)) or 'none'}")
    wanted = day.date() if day else None
    if post:
        return _post(setup, name, wanted, as_one_object=as_one_object)
    with reading(setup.config) as reads:
        numbers = _numbers(reads.cursor, plan, wanted)
    if as_one_object:
        say_json(as_values(numbers))
    else:
        _draw(plan, numbers)
    return Exit.FINE


def _post(setup: Setup, name: str, day: date | None, *, as_one_object: bool) -> int:
    asked: dict[str, Any] = {"date": day.isoformat()} if day else {}
    answered = ask(setup.config, f"/api/v1/digests/{quote(name, safe='')}", **asked)
    if as_one_object:
        say_json(answered)
    else:
        said = _DONE.get(str(answered["status"]), str(answered["status"]))
        where = ", ".join(answered.get("channels", ()))
        say(f"{name}: {said}{f' in {where}' if where else ''}")
    return Exit.FINE


def _numbers(cursor: Cursor, plan: Plan, day: date | None) -> Numbers:
    """Return the numbers as they were when the digest was made, else as they are."""
    now = SystemClock().now_ms()
    wanted = day or date_of(plan, now)
    made = next((row for row in of_date(cursor, plan.name, wanted.isoformat()) if row.state != MISSED), None)
    stored = from_json(made.numbers) if made and made.numbers else None
    if stored is not None:
        return stored
    if wanted > date_of(plan, now):
        raise UsageError(f"{wanted} is still to come")
    first_start = int(noted(cursor, "first_start") or now)
    end = min(schedule_of(plan).instant_of(wanted), now)
    last = last_told(cursor, plan.name, end)
    window = window_of(plan, wanted, last_end=last.window_end if last else None, first_start=first_start, now=now)
    return collect(cursor, Question(plan=plan, window=window, now=max(now, end), first_start=first_start))


def _draw(plan: Plan, numbers: Numbers) -> None:
    said = written(plan, numbers)
    heading = ", ".join(plan.digest.notify)
    say(_framed(heading, said.message))
    for reply in said.replies:
        say(_framed(f"{heading} (reply in thread)", reply))


def _framed(heading: str, letter: Letter) -> str:
    lines = [piece for line in letter_lines(letter) for piece in wrapped(line) or [""]]
    return framed(heading, lines).rstrip("\n")
