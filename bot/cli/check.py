"""`tocsin check`: everything that is wrong with config and rules, and every example."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from bot.cli.options import config_option, env_file_option, json_option
from bot.cli.output import Exit, say, say_json
from bot.clock import SystemClock
from bot.config.model import DAY
from bot.errors import Problem, StoreUntrustedError, UsageError
from bot.rulepack.explain import explain
from bot.rulepack.report import as_json, as_lines, is_ok
from bot.rulepack.unmatched import unmatched
from bot.service.setup import Examined, examine, try_examples
from bot.store.driver import driver
from bot.store.history import MOST_EVENTS, open_history

_DAYS: Final = 14


@click.command("check")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--explain", "in_words", is_flag=True, help="Print every rule in plain words, with all defaults.")
@json_option
@env_file_option
@config_option
def command(
    paths: tuple[Path, ...], *, in_words: bool, as_one_object: bool, env_file: Path | None, config: Path
) -> int:
    """Load config and rules exactly as the server does, and run every rule's examples.

    A PATH (file or folder of rules) replaces `rules:` of the config.
    """
    del env_file  # it is in the environment by now
    if in_words and as_one_object:
        raise UsageError("--explain is for people and --json for programs: choose one")
    examined = examine(config, rule_paths=paths)
    problems = (*examined.problems, *_unmatched(examined))
    results = try_examples(examined)
    if as_one_object:
        say_json(as_json(problems, results))
        return Exit.FINE if is_ok(problems, results) else Exit.NO
    explained = explain(examined.rule_set, (example.rule for example in examined.examples)) if in_words else ()
    for line in (*explained, *as_lines(problems, results)):
        say(line)
    return Exit.FINE if is_ok(problems, results) else Exit.NO


def _unmatched(examined: Examined) -> list[Problem]:
    """Return what the events of the last days say about the rules, where a bot has run on this config."""
    if examined.config is None or not _is_store(examined.config.store_path):
        return []
    since = SystemClock().now_ms() - _DAYS * DAY
    try:
        with open_history(examined.config.store_path, since) as history:
            period = f"the last {MOST_EVENTS:,} events" if history.is_cut else f"{_DAYS} days"
            return list(unmatched(examined.rule_set, history.events, period))
    except (driver.Error, StoreUntrustedError):
        return []  # a store that cannot be read is the bot's trouble; rules can be checked without it


def _is_store(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False
