"""`tocsin run`: serve."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import click
import structlog

from bot.cli.options import config_option, env_file_option
from bot.cli.output import Exit, complain, say
from bot.clock import SystemClock
from bot.errors import OutputError, UsageError
from bot.service.guidance import guidance
from bot.service.process import serve
from bot.service.running import Surroundings
from bot.service.setup import Setup, load_setup
from bot.web import Limits


@click.command("run")
@click.option("--dev", is_flag=True, help="This machine only; makes up missing secrets, previews instead of posting.")
@env_file_option
@config_option
def command(*, dev: bool, env_file: Path | None, config: Path) -> int:
    """Serve until SIGTERM or Ctrl-C."""
    setup = load_setup(config, dev=dev, secrets_required=not dev)
    around = Surroundings(clock=SystemClock(), out=sys.stdout, limits=Limits(max_body=setup.config.server.max_body))
    try:
        serve(setup, around, lambda port: _greet(setup, port, config, env_file))
    except UsageError as error:
        complain(f"tocsin: {error}")
        return Exit.CANNOT_START
    return Exit.FINE


def _greet(setup: Setup, port: int, config: Path, env_file: Path | None) -> None:
    with contextlib.suppress(
        OSError, OutputError
    ):  # nobody reads stdout any more (`tocsin run | head`): no reason to stop serving
        for line in guidance(setup.config, setup.rule_set, port, config, env_file):
            say(line)
    structlog.get_logger().info("ready", port=port, rules=setup.rule_set.version)
