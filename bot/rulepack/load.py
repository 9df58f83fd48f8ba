"""Files of rules to a rule set, with everything that is wrong in any of them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bot.config.load import read_file
from bot.config.model import Config
from bot.config.nodes import Text
from bot.config.notes import ERROR, Notes
from bot.config.sections import Values
from bot.config.yamltext import read_yaml
from bot.core import troubles
from bot.core.identity import digest_of
from bot.core.rule import Rule, RuleSet
from bot.errors import InvalidInputError, Problem
from bot.rulepack.build import Surroundings, build_rule, check_owner
from bot.rulepack.lint import Looked, lint_rule
from bot.rulepack.schema import DEFAULTS, RULE_FILE, RuleText
from bot.rulepack.stories import Example, Place, read_examples
from bot.rulepack.story_events import EventReader
from bot.rulepack.targets import check_targets
from bot.rulepack.traits import LISTED_TYPES

_SUFFIXES: Final = frozenset({".yaml", ".yml"})
_ODD: Final = "this is no regular file (a pipe, a device or a socket); it is not read"
_OWN_TYPES: Final = frozenset(
    {
        troubles.RULE_SET_ASIDE,
        troubles.EVENT_SET_ASIDE,
        troubles.EVENT_UNREADABLE,
        troubles.PAYLOAD_UNAVAILABLE,
        troubles.DELIVERY_PARKED,
    }
)


@dataclass(frozen=True, slots=True)
class LoadedRules:
    """The rules that can be used, their examples, and all problems. `rule_set` is whole when there is no error."""

    rule_set: RuleSet
    examples: tuple[Example, ...]
    problems: tuple[Problem, ...]

    @property
    def has_errors(self) -> bool:
        """Say whether the rule set must not be put in force."""
        return any(problem.level == ERROR for problem in self.problems)


@dataclass(slots=True)
class _Reading:
    """What has been read so far of a whole set."""

    config: Config
    config_defaults: Values | None
    known_types: frozenset[str]
    rules: dict[str, Rule] = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    contents: list[str] = field(default_factory=list)


def load_rules(paths: Iterable[Path], config: Config) -> LoadedRules:
    """Read files and folders of rules.

    Raises:
        InvalidInputError: with every problem of every file, warnings too, when any of them is an error.
    """
    loaded = read_rules(paths, config)
    if loaded.has_errors:
        raise InvalidInputError(list(loaded.problems))
    return loaded


def read_rules(paths: Iterable[Path], config: Config) -> LoadedRules:
    """Read as `load_rules`, but return what is good beside the problems: one broken file hides none of the others."""
    problems: list[Problem] = []
    reading = _Reading(config, _config_defaults(config, problems), known_types(config), problems=problems)
    for path in _files(paths, reading.problems):
        _read_file(path, reading)
    rule_set = RuleSet(rules=reading.rules, version=_version(reading), channels=_channels(config))
    return LoadedRules(rule_set, tuple(reading.examples), tuple(reading.problems))


def known_types(config: Config) -> frozenset[str]:
    """Return every type that rules may name: listed, admitted by a source, and the bot's own."""
    return LISTED_TYPES | frozenset(config.more_types) | _OWN_TYPES


def rule_files(paths: Iterable[Path]) -> list[Path]:
    """Return the files that `load_rules` reads, in its order; paths that are not there are left out."""
    return list(_files(paths, []))


def _config_defaults(config: Config, problems: list[Problem]) -> Values | None:
    if config.default_node is None:
        return None
    notes = Notes(config.file)
    values: Values | None = DEFAULTS.read(config.default_node, notes)
    _check_defaults(values, config, notes)
    problems += notes.problems
    return values


def _check_defaults(values: Values | None, config: Config, notes: Notes) -> None:
    if values is not None:
        check_targets(values.get("notify", ()), config, notes)
        check_owner(values.get("owner"), values.at("owner"), config, notes)


def _files(paths: Iterable[Path], problems: list[Problem]) -> Iterator[Path]:
    for path in paths:
        complaint, found = _look_at(path)
        if complaint:
            problems.append(Problem(str(path), 0, 0, str(path), ERROR, complaint))
        yield from found


def _look_at(path: Path) -> tuple[str, list[Path]]:
    """Return what is wrong with a path, and the files to read there."""
    try:
        if path.is_file():
            return "", [path]
        if path.exists() and not path.is_dir():
            return _ODD, []
        found = sorted(_below(path)) if path.is_dir() else None
    except (OSError, ValueError):  # a name that no file can have, or a folder that must not be looked into
        found = None
    if found is None:
        return "there is no such file or folder", []
    return ("" if found else "there is no rule file (*.yaml) in this folder"), found


def _below(folder: Path) -> Iterator[Path]:
    """Yield rule files below a folder. Mounted folders link to hidden ones; those are not read twice."""
    seen: set[str] = set()
    for name, folders, files in os.walk(folder, followlinks=True):
        folders[:] = [each for each in folders if not each.startswith(".")]
        real = os.path.realpath(name)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        yield from (Path(name, file) for file in files if not file.startswith(".") and Path(file).suffix in _SUFFIXES)


def _read_file(path: Path, reading: _Reading) -> None:
    notes = Notes(str(path))
    content = _content(path, notes)
    node = read_yaml(content, notes) if content is not None else None
    if content is not None and node is None and not notes.problems:
        notes.at(0, 0, "the file is empty; `rules` are needed")
    values: Values | None = RULE_FILE.read(node, notes) if node is not None else None
    if values is not None:
        reading.contents.append(content.decode("utf-8", "replace") if content else "")
        _read_rules(path, values, reading, notes)
    reading.problems += notes.in_order()


def _content(path: Path, notes: Notes) -> bytes | None:
    """Read a regular file. Opening a pipe or a device would wait for whoever writes there, for ever."""
    try:
        is_odd = not stat.S_ISREG(path.stat().st_mode)
    except (OSError, ValueError):
        is_odd = False  # reading says what is wrong
    if is_odd:
        notes.at(0, 0, _ODD)
        return None
    return read_file(path, notes)


def _read_rules(path: Path, values: Values, reading: _Reading, notes: Notes) -> None:
    defaults: Values | None = values.get("defaults")
    _check_defaults(defaults, reading.config, notes)
    around = Surroundings(reading.config, reading.known_types, defaults, reading.config_defaults)
    written: tuple[RuleText, ...] = values.get("rules", ())
    for rule in written:
        _read_rule(path, rule, around, reading, notes)


def _read_rule(path: Path, written: RuleText, around: Surroundings, reading: _Reading, notes: Notes) -> None:
    if written.values is None:
        return
    before = notes.error_count
    rule = build_rule(written, written.values, around, notes)
    if written.sound and notes.error_count == before:
        lint_rule(Looked(rule, written.values, around, notes))
    examples = _examples(path, written, written.values, reading, notes)
    if not _is_new(written.name, reading, notes) or not written.sound or notes.error_count > before:
        return
    reading.rules[rule.name] = rule
    reading.examples += examples


def _is_new(name: Text, reading: _Reading, notes: Notes) -> bool:
    first = reading.rules.get(name.text)
    if first is not None:
        notes.error(name, f"there is a rule `{name.text}` in {first.file}:{first.line} already: names are unique")
    return first is None


def _examples(path: Path, written: RuleText, values: Values, reading: _Reading, notes: Notes) -> list[Example]:
    config = reading.config
    events = EventReader(reading.known_types, tuple(config.sources) if config.readable else None)
    place = Place(written.name.text, path.parent, config.timezone, events, notes)
    return read_examples(values.at("examples"), values.get("examples", {}), place)


def _channels(config: Config) -> dict[str, str]:
    """Return the channels that a name made from an event may turn out to be; empty: any."""
    if config.slack is not None and config.slack.webhooks:
        return {name: config.channels.get(name, name) for name in config.slack.webhooks}
    return dict(config.channels)


def _version(reading: _Reading) -> str:
    """Return the hash of what decides: the files' content, and what of the config rules are read by."""
    config = reading.config
    surroundings = (
        repr(sorted(_channels(config).items())),
        repr(config.more_types),
        config.timezone.key,
        repr(_plain(reading.config_defaults)),
    )
    return digest_of((*sorted(reading.contents), *surroundings))


def _plain(defaults: Values | None) -> list[tuple[str, str]]:
    return [] if defaults is None else sorted((name, repr(value)) for name, value in defaults.values.items())
