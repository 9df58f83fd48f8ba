"""What `run` says on stdout once it listens: at most ten lines, one of them the command for a first event."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from bot import __version__
from bot.config.model import Config
from bot.core.rule import Mode, RuleSet
from bot.service.senders import describe

# A sample of each kind that fires with the rules that ship.
_FIRST_SAMPLE: Final = {"alfred": "job_exceeded_retries", "extend": "workflow_run.failed"}
_DEFAULT_CONFIG: Final = "config.yaml"


def guidance(config: Config, rule_set: RuleSet, port: int, config_path: Path) -> list[str]:
    """Return the lines."""
    live = sum(rule.mode is not Mode.OFF for rule in rule_set.rules.values() if rule.file)
    only_here = ", this machine only" if config.dev else ""
    rules = f"{live} {_rules(live)} from {_names(map(_short, config.rules))}"
    lines = [
        f"tocsin {__version__} listens on http://{_host(config)}:{port} ({_names(config.sources)}{only_here})",
        f"{rules}; store {_short(config.store_path)}",
        describe(config),
    ]
    command = _command(config, config_path)
    if command:
        lines += ["Send a first event from another terminal in this folder:", "", f"    {command}", ""]
    return [*lines, "Ctrl-C stops it in order."]


def _host(config: Config) -> str:
    return f"[{config.server.host}]" if ":" in config.server.host else config.server.host


def _rules(count: int) -> str:
    return "rule" if count == 1 else "rules"


def _names(names: Iterable[str]) -> str:
    return ", ".join(names) or "no sources"


def _command(config: Config, config_path: Path) -> str | None:
    """Return the command, as it works from this folder in an empty environment."""
    for kind, sample in _FIRST_SAMPLE.items():
        for name, source in config.sources.items():
            if source.kind == kind:
                where = [] if str(config_path) == _DEFAULT_CONFIG else ["--config", str(config_path)]
                return _with_env(shlex.join([*_program(), "send", name, sample, *where]), config)
    return None


def _program() -> list[str]:
    command = Path(sys.prefix) / "bin" / "tocsin"
    if command.exists():
        return [_short(command)]
    return [_short(Path(sys.executable)), "-m", "bot"]


def _with_env(command: str, config: Config) -> str:
    """Where `make run` took the secrets from .env, the command must find them there too."""
    if config.dev or not (Path.cwd() / ".env").is_file():
        return command
    return f"(set -a; . ./.env; {command})"


def _short(path: Path) -> str:
    """Return a path as seen from here, where that is shorter."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
