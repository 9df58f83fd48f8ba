"""What the table read of one rule, with every default filled in, to the rule that the core decides by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bot.config.model import Config
from bot.config.nodes import Items, Node, Text
from bot.config.notes import Notes
from bot.config.sections import Values
from bot.config.words import nearest, one_of
from bot.core.rule import (
    ALWAYS,
    EVERY_MATCH,
    OWN_SOURCE,
    AtLeast,
    IfUnknown,
    Kind,
    Mode,
    Rule,
    Selector,
    Severity,
)
from bot.rulepack.schema import ALL, LATER_KINDS, RuleText
from bot.rulepack.selectors import resolve
from bot.rulepack.targets import Written, check_targets
from bot.rulepack.traits import always_carried


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a rule is read in: the config, the types there are, and the defaults of its file and of the config."""

    config: Config
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


def build_rule(written: RuleText, values: Values, around: Surroundings, notes: Notes) -> Rule:
    """Return the rule; what is wrong with it is noted, and then the rule must not be used."""
    when = _selector(values, "when", around, notes) or Selector()
    kind = _kind(values, notes)
    per = _per(values, kind, notes)
    if_unknown = around.inherited(values, "if_unknown")
    if per and if_unknown is None and around.config.readable and not around.is_written(values, "if_unknown"):
        _require_if_unknown(per, when, values, around, notes)
    show = around.inherited(values, "show")
    top, distinct = values.get("top"), values.get("distinct")
    return Rule(
        name=written.name.text,
        title=values.get("title", ""),
        when=when,
        kind=_with_distinct(kind, distinct),
        where=values.get("where", ALWAYS),
        per=per,
        if_unknown=IfUnknown(if_unknown or IfUnknown.SEPARATE),
        severity=Severity(around.inherited(values, "severity") or Severity.WARNING),
        show=None if show is None else tuple(field.text for field in show),
        top=top.text if top else None,
        notify=_notify(written, values, around, notes),
        resolved_by=_selector(values, "resolved_by", around, notes),
        resolved_after_ms=values.get("resolved_after"),
        expires_after_ms=values.get("expires_after"),
        mode=Mode(around.inherited(values, "mode") or Mode.LIVE),
        owner=_owner(values, around, notes),
        runbook=around.inherited(values, "runbook"),
        description=values.get("description"),
        file=notes.file,
        line=written.name.line,
        within_text=_written(values, "within"),
    )


@lru_cache(maxsize=1024)  # lint asks several times of each rule, and rules of a set share their selectors
def selected_types(selector: Selector, known_types: frozenset[str]) -> frozenset[str]:
    """Return the listed types that a selector may mean."""
    return frozenset(name for name in known_types if selector.could_select(name))


def check_owner(name: str | None, node: Node, config: Config, notes: Notes) -> None:
    """Note an owner that `people` does not name."""
    if name is not None and config.readable and name not in config.people:
        there = f"; there are {one_of(config.people)}" if config.people else ", which is not set"
        notes.error(node, f"`{name}` is no name of `people:` in the config{there}", hint=nearest(name, config.people))


def _selector(values: Values, name: str, around: Surroundings, notes: Notes) -> Selector | None:
    words: tuple[Text, ...] | None = values.get(name)
    return None if words is None else resolve(words, around.known_types, notes)


def _kind(values: Values, notes: Notes) -> Kind:
    threshold, within = values.get("at_least"), values.get("within")
    if any(name in values for name in LATER_KINDS):
        return EVERY_MATCH  # refused already, with the keys that belong to it
    if "at_least" in values and "within" not in values:
        notes.error(
            values.at("at_least"),
            "`at_least` needs `within`: the time in which matches count",
            word="at_least",
        )
    for name in ("within", "distinct"):
        if name in values and "at_least" not in values:
            notes.error(values.at(name), f"`{name}` says nothing without `at_least`", word=name)
    return AtLeast(threshold, within) if threshold and within else EVERY_MATCH


def _with_distinct(kind: Kind, distinct: Text | None) -> Kind:
    if distinct is None or not isinstance(kind, AtLeast):
        return kind
    return AtLeast(kind.threshold, kind.within_ms, distinct.text)


def _per(values: Values, kind: Kind, notes: Notes) -> tuple[str, ...] | None:
    fields: tuple[Text, ...] | None = values.get("per")
    if fields is None:
        return () if isinstance(kind, AtLeast) else None
    seen: set[str] = set()
    for field in fields:
        if field.text in seen:
            notes.error(field, f"`{field.text}` stands twice in `per`")
        seen.add(field.text)
    if ALL in seen and len(fields) > 1:
        notes.error(values.at("per"), f"`{ALL}` is one bucket: it stands alone", word=ALL)
    return tuple(field.text for field in fields if field.text != ALL)


def _require_if_unknown(
    per: tuple[str, ...], when: Selector, values: Values, around: Surroundings, notes: Notes
) -> None:
    for field, node in zip(per, _items(values.at("per")), strict=False):
        lacking = next(_lacking(field, when, around.known_types), None)
        if lacking is not None:
            message = f"{lacking} may lack `{field}`: write `if_unknown: separate` (a bucket of its own) or `skip`"
            notes.error(node, message, word=field)
            return


def _lacking(field: str, when: Selector, known_types: frozenset[str]) -> Iterator[str]:
    """Yield what may lack a field; `any` also means types that nobody listed."""
    if when.any and field not in always_carried(""):
        yield "an event of an unlisted type"
    yield from (
        name
        for name in sorted(selected_types(when, known_types))
        if not name.startswith(OWN_SOURCE) and field not in always_carried(name)
    )


def _items(node: Node) -> tuple[Node, ...]:
    return node.items if isinstance(node, Items) else (node,)


def _notify(written: RuleText, values: Values, around: Surroundings, notes: Notes) -> tuple[Any, ...]:
    found: tuple[Written, ...] | None = around.inherited(values, "notify")
    if "notify" in values:
        check_targets(values.get("notify", ()), around.config, notes)
    elif found is None and around.config.readable and not around.is_written(values, "notify"):
        message = f"rule `{written.name.text}` would notify nobody: write `notify:` here or under `defaults:`"
        notes.error(written.name, message)
    return tuple(one.target for one in found or ())


def _owner(values: Values, around: Surroundings, notes: Notes) -> str | None:
    if "owner" in values:
        check_owner(values.get("owner"), values.at("owner"), around.config, notes)
    owner: str | None = around.inherited(values, "owner")
    return owner


def _written(values: Values, name: str) -> str:
    node = values.at(name)
    return node.text if name in values and isinstance(node, Text) else ""
