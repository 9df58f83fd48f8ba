"""`tocsin test`: only the examples, with what happened in each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from bot.cli.options import config_option, json_option
from bot.cli.output import Exit, say, say_json
from bot.config.notes import ERROR
from bot.config.words import nearest
from bot.errors import Problem
from bot.rulepack.report import as_json, as_lines, is_ok
from bot.service.setup import Examined, examine, try_examples


@click.command("test")
@click.argument("paths_or_rules", nargs=-1, metavar="[PATH|RULE]...")
@json_option
@config_option
def command(paths_or_rules: tuple[str, ...], *, as_one_object: bool, config: Path) -> int:
    """Run examples only, with a timeline for each.

    A PATH (file or folder of rules) replaces `rules:` of the config; a RULE chooses by name.
    """
    paths = [Path(each) for each in paths_or_rules if _is_there(each)]
    names = [each for each in paths_or_rules if not _is_there(each)]
    examined = examine(config, rule_paths=paths)
    problems = (*examined.problems, *_unknown(names, examined))
    results = try_examples(examined, names)
    if as_one_object:
        say_json(as_json(problems, results))
    else:
        for line in as_lines(problems, results, verbose=True):
            say(line)
    return Exit.FINE if is_ok(problems, results) else Exit.NO


def _is_there(name: str) -> bool:
    try:
        return Path(name).exists()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _unknown(names: Sequence[str], examined: Examined) -> Iterator[Problem]:
    """Yield a problem for each name that is neither a file nor a rule.

    A rule that has an error is not known either, and its own problem says why.
    """
    for name in names:
        looks_like_path = "/" in name or name.endswith((".yaml", ".yml"))
        if name in examined.rule_set.rules or (examined.has_errors and not looks_like_path):
            continue
        hint = "" if looks_like_path else nearest(name, examined.rule_set.rules)
        yield Problem(name, 0, 0, name, ERROR, "there is no file, folder or rule of this name", hint)
