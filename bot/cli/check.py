"""`tocsin check`: everything that is wrong with config and rules, and every example."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli.options import config_option, env_file_option, json_option
from bot.cli.output import Exit, say, say_json
from bot.rulepack.report import as_json, as_lines, is_ok
from bot.service.setup import examine, try_examples


@click.command("check")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@json_option
@env_file_option
@config_option
def command(paths: tuple[Path, ...], *, as_one_object: bool, env_file: Path | None, config: Path) -> int:
    """Load config and rules exactly as the server does, and run every rule's examples.

    A PATH (file or folder of rules) replaces `rules:` of the config.
    """
    del env_file  # it is in the environment by now
    examined = examine(config, rule_paths=paths)
    results = try_examples(examined)
    if as_one_object:
        say_json(as_json(examined.problems, results))
    else:
        for line in as_lines(examined.problems, results):
            say(line)
    return Exit.FINE if is_ok(examined.problems, results) else Exit.NO
