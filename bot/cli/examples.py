"""`tocsin test`: only the examples, with what happened in each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from bot.cli.options import config_option, json_option
from bot.cli.output import Exit, say, say_json
from bot.config.words import nearest
from bot.errors import UsageError
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
    paths = [Path(each) for each in paths_or_rules if Path(each).exists()]
    names = [each for each in paths_or_rules if not Path(each).exists()]
    examined = examine(config, rule_paths=paths)
    _require_known(names, examined)
    results = try_examples(examined, names)
    if as_one_object:
        say_json(as_json(examined.problems, results))
    else:
        for line in as_lines(examined.problems, results, verbose=True):
            say(line)
    return Exit.FINE if is_ok(examined.problems, results) else Exit.NO


def _require_known(names: Sequence[str], examined: Examined) -> None:
    """A name that is neither a file nor a rule; a rule that has an error is not known, and its problem says why."""
    for name in names:
        if name not in examined.rule_set.rules and not examined.has_errors:
            near = nearest(name, examined.rule_set.rules)
            hint = f" (did you mean {near}?)" if near else ""
            raise UsageError(f"there is no file, folder or rule called {name}{hint}")
