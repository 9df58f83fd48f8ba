"""The only place that turns files into a config, sources, rules and examples: for `run`, `check`, `test`, `preview`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog

from bot import log
from bot.config.load import examine_config, read_file
from bot.config.model import Config
from bot.config.notes import ERROR, Notes
from bot.core.inputs import Event
from bot.core.ruleset import RuleSet
from bot.core.troubles import with_own_rules
from bot.digests.plan import Plan, read_plans
from bot.errors import InvalidInputError, Problem, UnreadableError
from bot.rulepack.examples import ExampleResult, run_examples
from bot.rulepack.load import read_rules
from bot.rulepack.stories import Example
from bot.service import dev_secrets
from bot.sources import Source, build

_LOG = structlog.get_logger()
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that files say, free of errors. `rule_set` has the bot's own rules too.

    `path` is the config file, `config_text` and `contents` are the texts that were read of it and of rule files.
    """

    config: Config
    sources: Mapping[str, Source]
    rule_set: RuleSet
    path: Path = Path("config.yaml")
    config_text: str = ""
    contents: tuple[str, ...] = ()
    has_examples: bool = False
    digests: Mapping[str, Plan] = msgspec.field(default_factory=dict)


class Examined(msgspec.Struct, frozen=True, kw_only=True):
    """What files say beside all that is wrong with them. Without a readable config no rule is ready to be used."""

    config: Config | None
    rule_set: RuleSet
    examples: tuple[Example, ...]
    problems: tuple[Problem, ...]
    config_text: str = ""
    contents: tuple[str, ...] = ()
    digests: Mapping[str, Plan] = msgspec.field(default_factory=dict)

    @property
    def has_errors(self) -> bool:
        """Say whether a start with these files would be refused."""
        return any(problem.level == ERROR for problem in self.problems)


def examine(
    path: Path,
    *,
    dev: bool = False,
    secrets_required: bool = False,
    rule_paths: Sequence[Path] = (),
    env: Mapping[str, str] = os.environ,
) -> Examined:
    """Read config and rules; `rule_paths` replace `rules:` of the config. Raises nothing for what is wrong in them."""
    text = (read_file(path, Notes(str(path))) if path.is_file() else None) or b""  # a pipe can be read once only
    config, problems = examine_config(path, env, dev=dev, secrets_required=secrets_required)
    if config is None:
        by_themselves = read_rules(rule_paths, _stand_in(path)).problems
        return Examined(config=None, rule_set=RuleSet(rules={}), examples=(), problems=(*problems, *by_themselves))
    loaded = read_rules(rule_paths or config.rules, config)
    digests, digest_problems = read_plans(config)
    return Examined(
        config=config,
        rule_set=loaded.rule_set,
        examples=loaded.examples,
        problems=(*problems, *digest_problems, *loaded.problems),
        digests=digests,
        config_text=text.decode("utf-8", "replace"),
        contents=loaded.contents,
    )


def _stand_in(path: Path) -> Config:
    """Return what rules are read in to say what is wrong with them by themselves."""
    return Config(file=str(path), folder=path.parent.absolute(), sources={}, rules=(), readable=False)


def load_setup(
    path: Path, *, dev: bool = False, secrets_required: bool = False, env: Mapping[str, str] = os.environ
) -> Setup:
    """Return what the bot runs on. InvalidInputError with every problem of every file when there is an error."""
    examined = examine(path, dev=dev, secrets_required=secrets_required, env=env)
    if examined.config is None or examined.has_errors:
        raise InvalidInputError(list(examined.problems))
    config = _for_dev(examined.config) if dev else examined.config
    admin_channel = config.slack.admin_channel if config.slack else None
    return Setup(
        config=config,
        sources=sources_of(config),
        rule_set=with_own_rules(examined.rule_set, admin_channel),
        path=path,
        config_text=examined.config_text,
        contents=examined.contents,
        digests=examined.digests,
        has_examples=bool(examined.examples),
    )


def _for_dev(config: Config) -> Config:
    """Return the config with made-up secrets, which are no protection, and so for this machine only."""
    host = config.server.host if config.server.host in _LOOPBACK else "127.0.0.1"
    return dev_secrets.with_made_up(replace(config, server=msgspec.structs.replace(config.server, host=host)))


def read_config(path: Path) -> Config:
    """Return the config alone. InvalidInputError with all its problems."""
    config, problems = examine_config(path, os.environ, dev=False, secrets_required=False)
    if config is None or any(problem.level == ERROR for problem in problems):
        raise InvalidInputError(problems)
    return config


def sources_of(config: Config) -> dict[str, Source]:
    """Return the configured sources by name."""
    return {name: build(source) for name, source in config.sources.items()}


def raw_of(sources: Mapping[str, Source]) -> Callable[[Event, bytes], Any]:
    """Return what gives an event's decoded payload again from its stored body; None where that cannot be had.

    It raises nothing: it runs while the journal is read, where one body must not hold up all that follows.
    """
    told: set[str] = set()

    def read(event: Event, body: bytes) -> Any:
        source = sources.get(event.source)
        try:
            return None if source is None else source.read(body).event.payload
        except UnreadableError:
            return None
        except Exception as error:  # noqa: BLE001  (a fault of ours; the body stays, and rules go by the fields)
            if event.source not in told:
                log.bug(_LOG, "a stored body could not be read again", error, source=event.source)
            told.add(event.source)
            return None

    return read


def try_examples(examined: Examined, only: Sequence[str] = ()) -> list[ExampleResult]:
    """Run the examples of the rules that could be read, or of those named in `only`, on the core that the bot runs."""
    if examined.config is None:
        return []
    sources = sources_of(examined.config)

    def read(source: str, body: bytes) -> Event:
        return sources[source].read(body).event

    wanted = [example for example in examined.examples if not only or example.rule in only]
    return run_examples(examined.rule_set, wanted, read, examined.config.timezone)
