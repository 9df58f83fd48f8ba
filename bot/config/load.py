"""config.yaml to `Config`, or all that is wrong with it at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bot.config.build import config_of
from bot.config.checks import check_config
from bot.config.model import Config
from bot.config.notes import ERROR, Notes
from bot.config.schema import CONFIG
from bot.config.secrets import Secrets
from bot.config.sections import Values
from bot.config.yamltext import MAX_BYTES, read_yaml
from bot.errors import InvalidInputError, Problem


def load_config(
    path: Path,
    env: Mapping[str, str],
    *,
    dev: bool = False,
    secrets_required: bool,
) -> Config:
    """Read a config file.

    Args:
        path: the file; relative paths in it start from its folder.
        env: where `env:NAME` is looked up.
        dev: preview whatever `slack:` says, and do without its secrets.
        secrets_required: an unset secret is an error (`run`) instead of a warning (`check`).

    Returns:
        The config; what is only doubtful stands in its `warnings`, unset secrets in `missing_secrets`.

    Raises:
        InvalidInputError: with every problem of the file, not only the first.
    """
    config, problems = examine_config(path, env, dev=dev, secrets_required=secrets_required and not dev)
    if config is None or any(problem.level == ERROR for problem in problems):
        raise InvalidInputError(problems)
    return config


def examine_config(
    path: Path,
    env: Mapping[str, str],
    *,
    dev: bool,
    secrets_required: bool,
) -> tuple[Config | None, list[Problem]]:
    """Read as `load_config`, but return the problems beside the config; None where the file is no map at all.

    With an error among the problems, the config only serves to check the rules as well.
    """
    notes = Notes(str(path))
    values = read_config_values(read_file(path, notes), notes)
    if values is None:
        return None, notes.in_order()
    secrets = Secrets(env, path.parent)
    config = config_of(path, values, secrets, dev=dev)
    check_config(config, values, notes)
    secrets.note(notes, required=secrets_required)
    config = replace(config, warnings=tuple(notes.in_order()), missing_secrets=tuple(secrets.missing))
    return config, notes.in_order()


def read_config_values(content: bytes | None, notes: Notes) -> Values | None:
    """Read the file's keys by the table; None when it is no map at all, which is noted."""
    if content is None:
        return None
    node = read_yaml(content, notes)
    if node is None:
        if not notes.problems:
            notes.at(0, 0, "the file is empty; `sources` and `rules` are needed")
        return None
    found: Values | None = CONFIG.read(node, notes)
    return found


def read_file(path: Path, notes: Notes) -> bytes | None:
    """Return a file's bytes, at most one more than may be read; None with a problem when it cannot be had."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else "it cannot be opened"
        notes.at(0, 0, f"cannot be read: {said}")
        return None
