"""A rule beside what it was read from, for those who look for mistakes in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from bot.config.model import Config
from bot.config.nodes import Entries, Items, Node, Text
from bot.config.notes import Notes
from bot.config.sections import Values
from bot.core.conditions import All, Clause, Condition
from bot.core.rule import Rule
from bot.core.selector import OWN_SOURCE, Selector
from bot.rulepack.surroundings import Surroundings, selected_types
from bot.rulepack.traits import PLATFORMS, platform_of

_NESTS: Final = frozenset({"any", "all", "not"})


class Looked(NamedTuple):
    """A rule, what was written, what it was read in, and where to say what is wrong."""

    rule: Rule
    values: Values
    around: Surroundings
    notes: Notes

    @property
    def config(self) -> Config:
        """The config that the rule is read in."""
        return self.around.config

    def types(self, selector: Selector) -> frozenset[str]:
        """Return the listed types that a selector may mean, without the bot's own."""
        found = selected_types(selector, self.around.known_types)
        return frozenset(name for name in found if not name.startswith(OWN_SOURCE))

    def platforms(self, selector: Selector) -> frozenset[str]:
        """Return the platforms whose events a selector may mean."""
        return frozenset(PLATFORMS) if selector.any else frozenset(map(platform_of, self.types(selector)))

    def place_of(self, field: str) -> Node:
        """Return where `where` names a field."""
        found = (key for key in keys_below(self.values.nodes.get("where")) if key.text == field)
        return next(found, self.values.at("where"))

    def fields_written(self) -> Iterator[Text]:
        """Yield the fields that the rule names."""
        for key in ("per", "distinct", "new_value", "top"):
            node = self.values.nodes.get(key)
            for item in node.items if isinstance(node, Items) else (node,):
                if isinstance(item, Text):
                    yield item
        yield from keys_below(self.values.nodes.get("where"))


def keys_below(node: Node | None) -> Iterator[Text]:
    """Yield the fields that a `where` names, also below any, all and not."""
    if isinstance(node, Items):
        for item in node.items:
            yield from keys_below(item)
    elif isinstance(node, Entries):
        for key, value in node.pairs:
            if key.text in _NESTS:
                yield from keys_below(value)
            else:
                yield key


def required_clauses(where: Condition) -> Iterator[Clause]:
    """Yield the clauses that must hold for the whole condition to hold."""
    if isinstance(where, Clause):
        yield where
    elif isinstance(where, All):
        for part in where.parts:
            yield from required_clauses(part)


def values_of(clause: Clause) -> frozenset[str]:
    """Return the operands of a clause as texts."""
    operands = clause.operand if isinstance(clause.operand, tuple) else (clause.operand,)
    return frozenset(map(str, operands))
