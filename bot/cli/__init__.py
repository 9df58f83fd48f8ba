"""The command line. Each command's module is imported when that command is run, so that `tocsin send` starts fast."""

from bot.cli.app import main as main
