"""What `run` says on stdout once it listens: at most ten lines, one of them the command for a first event."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from bot import __version__
from bot.config.model import Config
from bot.core.rule import Mode
from bot.core.ruleset import RuleSet
from bot.service.senders import describe

# A sample of each kind that fires with the rules that ship.
_FIRST_SAMPLE: Final = {"alfred": "job_exceeded_retries", "extend": "workflow_run.failed"}
_DEFAULT_CONFIG: Final = "config.yaml"
_USUAL_ENV_FILE: Final = ".env"


def guidance(
    config: Config, rule_set: RuleSet, port: int, config_path: Path, env_file: Path | None = None
) -> list[str]:
    """Return the lines. `env_file` is where `run` was told to find secrets."""
    live = sum(rule.mode is not Mode.OFF for rule in rule_set.rules.values() if rule.file)
    only_here = ", this machine only" if config.dev else ""
    rules = f"{live} {_rules(live)} from {_names(map(_short, config.rules))}"
    lines = [
        f"tocsin {__version__} listens on http://{_host(config)}:{port} ({_names(config.sources)}{only_here})",
        f"{rules}; store {_short(config.store_path)}",
        describe(config),
    ]
    command = _command(config, config_path, env_file)
    if command:
        lines += ["Send a first event from another terminal in this folder:", "", f"    {command}", ""]
    return [*lines, "Ctrl-C stops it in order."]


def _host(config: Config) -> str:
    return f"[{config.server.host}]" if ":" in config.server.host else config.server.host


def _rules(count: int) -> str:
    return "rule" if count == 1 else "rules"


def _names(names: Iterable[str]) -> str:
    return ", ".join(names) or "no sources"


def _command(config: Config, config_path: Path, env_file: Path | None) -> str | None:
    """Return the command, as it works from this folder in an empty environment."""
    for kind, sample in _FIRST_SAMPLE.items():
        for name, source in config.sources.items():
            if source.kind == kind:
                where = [] if str(config_path) == _DEFAULT_CONFIG else ["--config", str(config_path)]
                return shlex.join([*_program(), "send", name, sample, *where, *_secrets(config, env_file)])
    return None


def _program() -> list[str]:
    command = Path(sys.prefix) / "bin" / "tocsin"
    if command.exists():
        return [_short(command)]
    return [_short(Path(sys.executable)), "-m", "bot"]


def _secrets(config: Config, env_file: Path | None) -> list[str]:
    """Return where the command finds the secrets that the bot found, also when somebody else read .env for it."""
    if env_file is None and not config.dev and (Path.cwd() / _USUAL_ENV_FILE).is_file():
        env_file = Path(_USUAL_ENV_FILE)
    return [] if env_file is None else ["--env-file", str(env_file)]


def _short(path: Path) -> str:
    """Return a path as seen from here, where that is shorter."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
