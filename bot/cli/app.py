"""The command `tocsin`: which commands there are, and what becomes of an error."""

from __future__ import annotations

import contextlib
import errno
import gc
import importlib
import sys
from typing import Any, Final

import click
import structlog

from bot import __version__, log
from bot.cli.output import Exit, complain, complain_of, let_go_of_streams, open_missing_streams
from bot.errors import InvalidInputError, StoreFailedError, StoreUntrustedError, TocsinError, UsageError

# Command -> (module, what the list of commands says of it). The module's `command` is the click command, unless it
# says another name after a colon.
_COMMANDS: Final = {
    "run": ("bot.cli.run", "Serve."),
    "check": ("bot.cli.check", "Load config and rules exactly as the server does, and run every rule's examples."),
    "test": ("bot.cli.examples", "Run examples only, with a timeline for each."),
    "send": ("bot.cli.send", "Send a signed sample event to a running bot."),
    "preview": ("bot.cli.preview", "Show what would be posted for an event."),
    "alerts": ("bot.cli.alerts", "List alerts."),
    "ack": ("bot.cli.acting:acknowledge", "Acknowledge an alert."),
    "resolve": ("bot.cli.acting:resolve", "Say that an alert's problem is over."),
    "silence": ("bot.cli.silence", "Silence alerts for a while; list and end silences."),
    "why": ("bot.cli.why", "Say what every rule made of an event, and what became of the message."),
    "why-not": ("bot.cli.why_not", "Say why there is no alert of a rule for a key."),
    "replay": ("bot.cli.replay", "Decide again what the store holds; --verify holds it against what was decided."),
    "digest": ("bot.cli.digest", "Draw a digest from what is stored, or have it posted now."),
    "doctor": ("bot.cli.doctor", "Check everything that a running bot needs, and say what to do."),
    "schema": ("bot.cli.schema", "Print the JSON Schema of config.yaml or of rule files, for editors."),
}
_BUG: Final = "this is a bug of tocsin"


class Commands(click.Group):
    """Imports a command's module when it is asked for: the server's imports would slow every other command down."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order people need them."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return one command."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name][0].partition(":")
        gc.disable()  # importing makes no garbage (bot/__main__.py has said so before; the command of a wheel has not)
        command: click.Command = getattr(importlib.import_module(module), name or "command")
        gc.freeze()  # what was imported stays: no collection needs to look at it again
        gc.enable()
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="tocsin", message="%(prog)s %(version)s")
def tocsin() -> None:
    """Tell the right Slack channel once when documents get stuck."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and end the process with its exit code."""
    open_missing_streams()
    log.configure()
    try:
        code = run(arguments)
    finally:
        let_go_of_streams()
    sys.exit(code)


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code; errors are said on stderr in plain words."""
    try:
        code: Any = tocsin.main(arguments, prog_name="tocsin", standalone_mode=False)
    except click.exceptions.Abort:
        return 130
    except click.ClickException as error:
        with contextlib.suppress(OSError):
            error.show()
        return error.exit_code
    except TocsinError as error:
        return _explain(error)
    except OSError as error:
        return _explain_os(error)
    except Exception as error:  # noqa: BLE001  (the last place that can say it in words instead of a stack)
        log.bug(structlog.get_logger(), _BUG, error)
        return Exit.BROKEN
    return code if isinstance(code, int) else Exit.FINE


def _explain(error: TocsinError) -> int:
    if isinstance(error, InvalidInputError):
        complain_of(error.problems)
        return Exit.UNUSABLE
    complain(f"tocsin: {log.redact(str(error))}")
    if isinstance(error, StoreFailedError):
        return Exit.BROKEN
    if isinstance(error, StoreUntrustedError):
        return Exit.CANNOT_START
    return Exit.UNUSABLE if isinstance(error, UsageError) else Exit.NO


def _explain_os(error: OSError) -> int:
    """Nobody reads any more (`tocsin … | head`), or the disk is full where click wrote (--help); else it is a bug."""
    if isinstance(error, BrokenPipeError):
        return Exit.FINE
    if error.errno == errno.ENOSPC:
        complain(f"tocsin: {error.strerror}")
        return Exit.NO
    log.bug(structlog.get_logger(), _BUG, error)
    return Exit.BROKEN
