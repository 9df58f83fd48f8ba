"""Files of rules to a rule set, with everything that is wrong in any of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from bot.config.hours import hours_names, known_hours
from bot.config.model import Config
from bot.config.nodes import Entries, Node, Text
from bot.config.notes import ERROR, Notes
from bot.config.sections import Values
from bot.config.yamltext import read_yaml
from bot.core import troubles
from bot.core.hours import Hours
from bot.core.identity import digest_of
from bot.core.rule import Rule
from bot.core.ruleset import RuleSet, Storm
from bot.core.selector import OWN_SOURCE
from bot.errors import InvalidInputError, Problem
from bot.rulepack.build import build_rule
from bot.rulepack.build_telling import check_defaults
from bot.rulepack.files import content_of, files_in
from bot.rulepack.lint import lint_rule
from bot.rulepack.lint_set import Link, check_links
from bot.rulepack.looked import Looked
from bot.rulepack.schema import DEFAULTS, RULE_FILE, RuleText
from bot.rulepack.stories import Example, read_examples
from bot.rulepack.story_events import EventReader
from bot.rulepack.story_places import Holders, Place
from bot.rulepack.surroundings import Surroundings
from bot.rulepack.traits import LISTED_TYPES

# Every type that troubles.py names, so that none is forgotten here when it names another.
_OWN_TYPES: Final = frozenset(
    name for name in vars(troubles).values() if isinstance(name, str) and name.startswith(f"{OWN_SOURCE}.")
)


class LoadedRules(msgspec.Struct, frozen=True):
    """The rules that can be used, their examples, and all problems. `rule_set` is whole when there is no error.

    `contents` are the texts of the files that were read.
    """

    rule_set: RuleSet
    examples: tuple[Example, ...]
    problems: tuple[Problem, ...]
    contents: tuple[str, ...] = ()

    @property
    def has_errors(self) -> bool:
        """Say whether the rule set must not be put in force."""
        return any(problem.level == ERROR for problem in self.problems)


class _Reading(msgspec.Struct):
    """What has been read so far of a whole set."""

    around: Surroundings  # without a file's own defaults
    rules: dict[str, Rule] = msgspec.field(default_factory=dict)
    examples: list[Example] = msgspec.field(default_factory=list)
    problems: list[Problem] = msgspec.field(default_factory=list)
    contents: list[str] = msgspec.field(default_factory=list)
    notes: list[Notes] = msgspec.field(default_factory=list)
    links: list[Link] = msgspec.field(default_factory=list)
    names: set[str] = msgspec.field(default_factory=set)  # of all rules that are written, good or not
    complete: bool = True
    with_examples: bool = True


def load_rules(paths: Iterable[Path], config: Config) -> LoadedRules:
    """Read files and folders of rules.

    Raises:
        InvalidInputError: with every problem of every file, warnings too, when any of them is an error.
    """
    loaded = read_rules(paths, config)
    if loaded.has_errors:
        raise InvalidInputError(list(loaded.problems))
    return loaded


def read_rules(paths: Iterable[Path], config: Config, *, with_examples: bool = True) -> LoadedRules:
    """Read as `load_rules`, but return what is good beside the problems: one broken file hides none of the others.

    Without examples their content is not looked at: for texts that were good once, apart from their samples.
    """
    reading = _begin(config)
    reading.with_examples = with_examples
    for path in files_in(paths, reading.problems):
        _read_file(path, reading)
    check_links(reading.links, reading.names, complete=reading.complete and not reading.problems)
    for notes in reading.notes:
        reading.problems += notes.in_order()
    return LoadedRules(
        _rule_set(reading, config), tuple(reading.examples), tuple(reading.problems), tuple(reading.contents)
    )


def known_types(config: Config) -> frozenset[str]:
    """Return every type that rules may name: listed, admitted by a source, and the bot's own."""
    return LISTED_TYPES | frozenset(config.more_types) | _OWN_TYPES


def rule_files(paths: Iterable[Path]) -> list[Path]:
    """Return the files that `load_rules` reads, in its order; paths that are not there are left out."""
    return list(files_in(paths, []))


def _begin(config: Config) -> _Reading:
    notes = Notes(config.file)
    defaults: Values | None = None if config.default_node is None else DEFAULTS.read(config.default_node, notes)
    around = Surroundings(config, known_hours(config), known_types(config), None, defaults)
    check_defaults(defaults, around, notes)
    return _Reading(around, notes=[notes])


def _rule_set(reading: _Reading, config: Config) -> RuleSet:
    return RuleSet(
        rules=reading.rules,
        version=_version(reading),
        channels=_channels(config),
        storm=Storm(messages=config.storm.messages, within_ms=config.storm.within_ms),
        admin_channel=config.slack.admin_channel if config.slack else None,
    )


def _read_file(path: Path, reading: _Reading) -> None:
    notes = Notes(str(path))
    reading.notes.append(notes)
    content = content_of(path, notes)
    node = read_yaml(content, notes) if content is not None else None
    if content is not None and node is None and not notes.problems:
        notes.at(0, 0, "the file is empty; `rules` are needed")
    values: Values | None = RULE_FILE.read(node, notes) if node is not None else None
    if values is None:
        reading.complete = False
        return
    reading.contents.append(content.decode("utf-8", "replace") if content else "")
    reading.names.update(_names(values.nodes.get("rules")))
    _read_rules(path, values, reading, notes)


def _names(rules: Node | None) -> set[str]:
    return {name.text for name, _ in rules.pairs} if isinstance(rules, Entries) else set()


def _read_rules(path: Path, values: Values, reading: _Reading, notes: Notes) -> None:
    defaults: Values | None = values.get("defaults")
    common = reading.around
    around = Surroundings(common.config, common.hours, common.known_types, defaults, common.config_defaults)
    check_defaults(defaults, around, notes)
    written: tuple[RuleText, ...] = values.get("rules", ())
    for rule in written:
        _read_rule(path, rule, around, reading, notes)


def _read_rule(path: Path, written: RuleText, around: Surroundings, reading: _Reading, notes: Notes) -> None:
    if written.values is None:
        return
    before = notes.error_count
    looked = Looked(build_rule(written, written.values, around, notes), written.values, around, notes)
    if written.sound and notes.error_count == before:
        lint_rule(looked)
    inhibitors: tuple[Text, ...] = written.values.get("inhibited_by", ())
    reading.links += [Link(written.name.text, name, notes) for name in inhibitors]
    examples = _examples(path, looked) if reading.with_examples else []
    if not _is_new(written.name, reading, notes) or not written.sound or notes.error_count > before:
        return
    reading.rules[written.name.text] = looked.rule
    reading.examples += examples


def _is_new(name: Text, reading: _Reading, notes: Notes) -> bool:
    first = reading.rules.get(name.text)
    if first is not None:
        notes.error(name, f"there is a rule `{name.text}` in {first.file}:{first.line} already: names are unique")
    return first is None


def _examples(path: Path, looked: Looked) -> list[Example]:
    config, values = looked.config, looked.values
    events = EventReader(looked.around.known_types, tuple(config.sources) if config.readable else None)
    holders = Holders(hours_names(config), looked.rule.inhibited_by) if config.readable else None
    place = Place(looked.rule.name, path.parent, config.timezone, events, holders, looked.notes)
    return read_examples(values.at("examples"), values.get("examples", {}), place)


def _channels(config: Config) -> dict[str, str]:
    """Return the channels that a name made from the event may turn out to be; empty: any."""
    if config.slack is not None and config.slack.webhooks:
        return {name: config.channels.get(name, name) for name in config.slack.webhooks}
    return dict(config.channels)


def _version(reading: _Reading) -> str:
    """Return the hash of what decides: the files' content, and what of the config rules are read by."""
    config = reading.around.config
    surroundings = (
        repr(sorted(_channels(config).items())),
        repr(config.more_types),
        config.timezone.key,
        repr(_plain(reading.around.config_defaults)),
        repr([(name, hours.week, str(hours.zone), sorted(hours.holidays)) for name, hours in _sorted(reading)]),
        repr(config.storm),
        repr(config.slack and config.slack.admin_channel),
    )
    return digest_of((*sorted(reading.contents), *surroundings))


def _sorted(reading: _Reading) -> list[tuple[str, Hours]]:
    return sorted(reading.around.hours.items(), key=lambda pair: pair[0])


def _plain(defaults: Values | None) -> list[tuple[str, str]]:
    return [] if defaults is None else sorted((name, repr(value)) for name, value in defaults.values.items())
