"""A process that checks rules and ends: what takes seconds must not share an interpreter with the running bot.

It reads one Order from stdin and writes one Verdict to stdout. Compiled rules go over as pickles, which are read only
by the process that started this one, and in small pieces: reading one piece takes well under a millisecond.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from bot.config.model import Config
from bot.core.identity import digest_of
from bot.core.ruleset import RuleSet
from bot.core.troubles import with_own_rules
from bot.errors import InvalidInputError, Problem, TocsinError
from bot.service.ruletexts import RuleTexts, pack, rule_set_of, unpack
from bot.service.setup import Examined, examine, try_examples

# Behind the bot wherever both want the processor, but not so far that a busy bot starves it.
_NICENESS: Final = 10
_RULES_IN_A_PIECE: Final = 20
# What of config.yaml rules are read by; the rest is read at a start only.
_RULE_PARTS: Final = frozenset({"rules", "timezone", "channels", "hours", "storm", "default_node"})
_NOT_SAID: Final = frozenset({"file", "folder", "readable", "missing_secrets", "warnings", "api_tokens"})


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to check: the config file and all that it names, or texts that were good once (`texts`, packed)."""

    config: str = ""
    dev: bool = False
    texts: bytes = b""
    version: str | None = None


class FailedExample(msgspec.Struct, frozen=True):
    """An example that did not go as expected."""

    file: str
    line: int
    rule: str
    name: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: the example `{self.name}` of {self.rule} fails: {self.message}"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What was found. With an error among `problems` there are no rules.

    `around` is the pickled rule set without its rules, which are in `pieces`. `paths` are where rule files are looked
    for; `fixed` are digests of those parts of the config that only a start reads.
    """

    problems: list[Problem] = []
    failures: list[FailedExample] = []
    examples: int = 0
    version: str = ""
    around: bytes = b""
    pieces: list[bytes] = []
    texts: bytes = b""
    paths: list[str] = []
    channels: dict[str, str] = {}
    fixed: dict[str, str] = {}

    @property
    def complaints(self) -> list[str]:
        """Everything that is wrong, a line each."""
        return [*(str(problem) for problem in self.problems), *map(str, self.failures)]

    def rule_set(self, like: RuleSet) -> RuleSet:
        """Put the rule set together, ready for what `like` was asked for. For a thread: it takes its time."""
        rules = {rule.name: rule for piece in self.pieces for rule in pickle.loads(piece)}  # noqa: S301  (our own)
        found: RuleSet = replace(pickle.loads(self.around), rules=rules, _index={})  # noqa: S301  (the same)
        found.warm(like)
        return found


def main() -> None:
    """Check what stdin says."""
    with contextlib.suppress(OSError):
        os.nice(_NICENESS)
    order = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Order)
    sys.stdout.buffer.write(msgspec.msgpack.encode(checked(order)))
    sys.stdout.buffer.flush()


def checked(order: Order) -> Verdict:
    """Return the verdict."""
    if order.texts:
        return _of_texts(order)
    examined = examine(Path(order.config), dev=order.dev)
    errors = [problem for problem in examined.problems if problem.level == "error"]
    if examined.config is None or errors:
        return Verdict(problems=errors, paths=_paths(examined))
    results = try_examples(examined)
    config = examined.config
    whole = with_own_rules(examined.rule_set, config.slack.admin_channel if config.slack else None)
    return Verdict(
        failures=[FailedExample(r.file, r.line, r.rule, r.name, r.message) for r in results if not r.ok],
        examples=len(results),
        texts=pack(texts_of(examined)),
        paths=_paths(examined),
        channels=dict(config.channels),
        fixed=fixed_parts(config),
        **_pickled(whole),
    )


def texts_of(examined: Examined) -> RuleTexts:
    """Return what a rule set was read from."""
    dev = examined.config is not None and examined.config.dev
    return RuleTexts(config=examined.config_text, rules=examined.contents, dev=dev)


def fixed_parts(config: Config) -> dict[str, str]:
    """Return a digest of each part of the config that a reload leaves alone, without its secrets."""
    names = (each.name for each in fields(config) if each.repr and each.name not in _RULE_PARTS | _NOT_SAID)
    return {name: digest_of((repr(_plain(getattr(config, name))),)) for name in names}


def _plain(value: Any) -> Any:
    """Return a value whose repr is the same in every process."""
    if is_dataclass(value):
        shown = (each.name for each in fields(value) if each.repr and each.name != "admin_channel")
        return [(name, _plain(getattr(value, name))) for name in shown]
    if isinstance(value, msgspec.Struct):
        return [(name, _plain(getattr(value, name))) for name in value.__struct_fields__]
    if isinstance(value, frozenset | set):
        return sorted(repr(_plain(each)) for each in value)
    if hasattr(value, "items"):
        return sorted((repr(key), repr(_plain(each))) for key, each in value.items())
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _of_texts(order: Order) -> Verdict:
    try:
        return Verdict(**_pickled(rule_set_of(unpack(order.texts), order.version)))
    except InvalidInputError as error:
        return Verdict(problems=error.problems)
    except TocsinError as error:
        return Verdict(problems=[Problem("stored rules", 0, 0, "", "error", str(error))])


def _pickled(rule_set: RuleSet) -> dict[str, Any]:
    rules = iter(rule_set.rules.values())
    around = pickle.dumps(replace(rule_set, rules={}, _index={}))
    return {"version": rule_set.version, "around": around, "pieces": [pickle.dumps(some) for some in _some(rules)]}


def _some(rules: Iterator[Any]) -> Iterator[list[Any]]:
    while some := list(islice(rules, _RULES_IN_A_PIECE)):
        yield some


def _paths(examined: Examined) -> list[str]:
    return [] if examined.config is None else [str(path) for path in examined.config.rules]


if __name__ == "__main__":
    main()
