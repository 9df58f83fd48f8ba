"""Options that several commands share."""

from __future__ import annotations

import os
from pathlib import Path

import click

from bot.config.envfile import read_env_file

config_option = click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("config.yaml"),
    show_default=True,
    help="The configuration file.",
)


def _take_env_file(_context: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
    """Put the file's values into our own environment, where `env:NAME` and libraries look; they replace what is set."""
    if path is not None:
        os.environ.update(read_env_file(path))
    return path


env_file_option = click.option(
    "--env-file",
    type=click.Path(path_type=Path),
    callback=_take_env_file,
    metavar="FILE",
    help="NAME=value lines that join the environment, such as .env. Read as text; nothing in it is run.",
)
json_option = click.option("--json", "as_one_object", is_flag=True, help="One JSON value on stdout, for programs.")
