"""`tocsin ack` and `tocsin resolve`: what the buttons do, from a shell."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import click

from bot.cli.asking import ask
from bot.cli.options import config_option, json_option
from bot.cli.output import Exit, say, say_json
from bot.service.setup import read_config


@click.command("ack")
@click.argument("alert_id")
@json_option
@config_option
def acknowledge(alert_id: str, *, as_one_object: bool, config: Path) -> int:
    """Acknowledge an alert, or all alerts of a shared message: you look after it, reminders and escalation stop."""
    return _act(config, alert_id, "acknowledge", "acknowledged", as_one_object=as_one_object)


@click.command("resolve")
@click.argument("alert_id")
@json_option
@config_option
def resolve(alert_id: str, *, as_one_object: bool, config: Path) -> int:
    """Say that an alert's problem is over; what fires after that is a new alert."""
    return _act(config, alert_id, "resolve", "resolved", as_one_object=as_one_object)


def _act(config: Path, alert_id: str, verb: str, done: str, *, as_one_object: bool) -> int:
    answered = ask(read_config(config), f"/api/v1/alerts/{quote(alert_id, safe='')}/{verb}")
    if as_one_object:
        say_json(answered)
    else:
        say(f"{done} {alert_id}; the card follows")
    return Exit.FINE
