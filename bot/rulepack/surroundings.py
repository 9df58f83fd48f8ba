"""What a rule is read in, and the names that stand in the config: hours, people, types."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from bot.config.hours import hours_names
from bot.config.model import Config
from bot.config.nodes import Node, Text
from bot.config.notes import Notes
from bot.config.sections import Values
from bot.config.words import nearest, one_of
from bot.core.hours import Hours
from bot.core.selector import Selector
from bot.rulepack.selectors import resolve


class Surroundings(msgspec.Struct, frozen=True):
    """The config, its hours, the types there are, and the defaults of the rule's file and of the config."""

    config: Config
    hours: Mapping[str, Hours]
    known_types: frozenset[str]
    file_defaults: Values | None
    config_defaults: Values | None

    def is_written(self, values: Values, name: str) -> bool:
        """Say whether a key stands anywhere, even with a value that could not be read."""
        sections = (values, self.file_defaults, self.config_defaults)
        return any(section is not None and (name in section or name in section.meant) for section in sections)

    def inherited(self, values: Values, name: str) -> Any:
        """Return a key's value as the rule says it, else the file's defaults, else the config's; None: nowhere."""
        for section in (values, self.file_defaults, self.config_defaults):
            if section is not None and name in section:
                return section.get(name)
        return None

    def selector(self, values: Values, name: str, notes: Notes) -> Selector | None:
        """Return the selector under a key; None where there is none."""
        words: tuple[Text, ...] | None = values.get(name)
        return None if words is None else resolve(words, self.known_types, notes)


@lru_cache(maxsize=1024)  # lint asks several times of each rule, and rules of a set share their selectors
def selected_types(selector: Selector, known_types: frozenset[str]) -> frozenset[str]:
    """Return the listed types that a selector may mean."""
    return frozenset(name for name in known_types if selector.could_select(name))


def check_person(name: str | None, node: Node, config: Config, notes: Notes) -> None:
    """Note an owner or a mention that `people` does not name."""
    if name is not None and config.readable and name not in config.people:
        message = f"`{name}` is no name of `people:` in the config{_there(config.people)}"
        notes.error(node, message, word=name, hint=nearest(name, config.people))


def check_hours(name: Text | None, config: Config, notes: Notes, also: tuple[str, ...] = ()) -> None:
    """Note hours that the config does not name. `also` are further words that are good here."""
    known = hours_names(config)
    if name is not None and config.readable and name.text not in {*known, *also}:
        message = f"`{name.text}` is no name of `hours:` in the config{_there(known)}"
        notes.error(name, message, hint=nearest(name.text, (*known, *also)))


def _there(names: Collection[str]) -> str:
    return f"; there are {one_of(names)}" if names else ", which is not set"
