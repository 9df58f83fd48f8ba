"""Rules that are well written and still wrong: no event reaches them, no event ends them, no count is ever enough."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from bot.config.model import Config
from bot.config.nodes import Entries, Items, Node, Text
from bot.config.notes import Notes
from bot.config.sections import Values
from bot.config.words import nearest, one_of
from bot.core.conditions import All, Clause, Condition, Op
from bot.core.fields import FieldType, field_type
from bot.core.rule import OWN_SOURCE, AtLeast, IfUnknown, Rule, Selector
from bot.rulepack.build import Surroundings, selected_types
from bot.rulepack.traits import PLATFORMS, may_carry, only_platform, platform_of

_NESTS: Final = frozenset({"any", "all", "not"})


class Looked(NamedTuple):
    """A rule beside what it was read from."""

    rule: Rule
    values: Values
    around: Surroundings
    notes: Notes

    @property
    def config(self) -> Config:
        """The config that the rule is read in."""
        return self.around.config


def lint_rule(looked: Looked) -> None:
    """Note what the rule's own words show to be wrong."""
    _check_reach(looked)
    _check_skipped(looked)
    _check_contradictions(looked)
    _check_threshold(looked)
    _check_ending(looked)
    _note_one_platform(looked)
    if "examples" not in looked.values:
        looked.notes.warning(looked.values.node, f"rule `{looked.rule.name}` has no examples", word=looked.rule.name)


def required_clauses(where: Condition) -> Iterator[Clause]:
    """Yield the clauses that must hold for the whole condition to hold."""
    if isinstance(where, Clause):
        yield where
    elif isinstance(where, All):
        for part in where.parts:
            yield from required_clauses(part)


def _needs_value(clause: Clause) -> bool:
    return clause.op is not Op.IS_NOT and not (clause.op is Op.EXISTS and clause.operand is False)


def _platforms(selector: Selector, known_types: frozenset[str]) -> frozenset[str]:
    if selector.any:
        return frozenset(PLATFORMS)
    return frozenset(map(platform_of, selected_types(selector, known_types))) - {OWN_SOURCE}


def _check_reach(looked: Looked) -> None:
    """Name what keeps every event out: a field that none of them has, a source or environment that is not there."""
    platforms = _platforms(looked.rule.when, looked.around.known_types)
    configured = {source.kind for source in looked.config.sources.values()}
    if platforms and not platforms & configured and looked.config.sources:
        missing = " or ".join(sorted(platforms))
        looked.notes.warning(looked.values.at("when"), f"no event can reach this rule: no source of kind {missing}")
    for clause in required_clauses(looked.rule.where):
        if platforms and _needs_value(clause) and not any(may_carry(name, clause.field) for name in platforms):
            message = f"no event can reach this rule: no event of `when` has the field `{clause.field}`"
            looked.notes.error(_place_of(looked, clause.field), message, word=clause.field)
        elif clause.op is Op.IS and clause.field in {"source", "environment"}:
            _check_origin(looked, clause, platforms)


def _check_skipped(looked: Looked) -> None:
    """Note a `per` that skips every event, because none of `when` ever has the field."""
    if looked.rule.if_unknown is not IfUnknown.SKIP or looked.rule.when.any:
        return
    platforms = set(map(platform_of, selected_types(looked.rule.when, looked.around.known_types)))
    node = looked.values.at("per")
    for index, field in enumerate(looked.rule.per or ()):
        if platforms and not any(may_carry(name, field) for name in platforms):
            place = node.items[index] if isinstance(node, Items) and index < len(node.items) else node
            message = (
                f"no event can reach this rule: none of `when` has `{field}`, and `if_unknown: skip` leaves it out"
            )
            looked.notes.error(place, message, word=field)


def _check_origin(looked: Looked, clause: Clause, platforms: frozenset[str]) -> None:
    sources = looked.config.sources.values()
    reaching = [source for source in sources if not platforms or source.kind in platforms]
    known = {source.name if clause.field == "source" else source.environment for source in reaching}
    wanted = _values_of(clause)
    if wanted & known or not sources:
        return
    first = min(wanted)
    message = f"no event can reach this rule: no {clause.field} `{first}` sends what `when` means"
    there = f"; there are {one_of(known)}" if known else ""
    looked.notes.error(_place_of(looked, clause.field), message + there, word=first, hint=nearest(first, known))


def _check_contradictions(looked: Looked) -> None:
    """Note clauses on one field that no value can pass together."""
    by_field: dict[str, list[Clause]] = {}
    for clause in required_clauses(looked.rule.where):
        if clause.field_type is not FieldType.LIST and clause.field_type is not FieldType.RAW:
            by_field.setdefault(clause.field, []).append(clause)
    for field, clauses in by_field.items():
        if _contradict(clauses):
            message = f"no event can reach this rule: no value of `{field}` passes all of its conditions"
            looked.notes.error(_place_of(looked, field), message, word=field)


def _contradict(clauses: list[Clause]) -> bool:
    equal = [_values_of(clause) for clause in clauses if clause.op is Op.IS]
    if equal:
        others = [clause for clause in clauses if clause.op is not Op.IS]
        candidates = set(equal[0]).intersection(*equal[1:])
        return not any(all(_passes(clause, value) for clause in others) for value in candidates)
    return _empty_range(clauses) or _never_there(clauses)


def _passes(clause: Clause, value: str) -> bool:
    typed = float(value) if clause.field_type is FieldType.NUMBER else value
    typed = value == "True" if clause.field_type is FieldType.YES_NO else typed
    return clause.compiled()(lambda _: typed)


def _never_there(clauses: list[Clause]) -> bool:
    absent = any(clause.op is Op.EXISTS and clause.operand is False for clause in clauses)
    return absent and any(_needs_value(clause) for clause in clauses)


def _empty_range(clauses: list[Clause]) -> bool:
    lows = [(float(str(c.operand)), c.op is Op.MORE_THAN) for c in clauses if c.op in {Op.AT_LEAST, Op.MORE_THAN}]
    highs = [(float(str(c.operand)), c.op is Op.LESS_THAN) for c in clauses if c.op in {Op.AT_MOST, Op.LESS_THAN}]
    if not lows or not highs:
        return False
    low, high = max(lows), min(highs, key=lambda bound: (bound[0], not bound[1]))
    return low[0] > high[0] or (low[0] == high[0] and (low[1] or high[1]))


def _check_threshold(looked: Looked) -> None:
    """Note a count of different values that there can never be."""
    kind, rule = looked.rule.kind, looked.rule
    if not isinstance(kind, AtLeast) or kind.distinct is None:
        return
    reachable = _reachable(kind.distinct, looked)
    if reachable is not None and kind.threshold > reachable:
        message = f"`at_least: {kind.threshold}` cannot be reached: there are at most {reachable} different values"
        looked.notes.error(looked.values.at("at_least"), f"{message} of `{kind.distinct}` for one key of `{rule.name}`")


def _reachable(field: str, looked: Looked) -> int | None:
    """Return how many different values a field can have within one key; None: without end."""
    bounds: list[int] = []
    if field in (looked.rule.per or ()):
        bounds.append(1)
    if field_type(field) is FieldType.YES_NO:
        bounds.append(2)
    if field in {"source", "environment"} and looked.config.sources:
        bounds.append(len({getattr(s, "name" if field == "source" else field) for s in looked.config.sources.values()}))
    equal = (c for c in required_clauses(looked.rule.where) if c.op is Op.IS and c.field == field)
    bounds += [len(_values_of(clause)) for clause in equal if clause.field_type is not FieldType.LIST]
    return min(bounds, default=None)


def _check_ending(looked: Looked) -> None:
    """Note a `resolved_by` whose events can never have the key of the alert."""
    ending = looked.rule.resolved_by
    if ending is None or ending.any:
        return
    platforms = _platforms(ending, looked.around.known_types)
    opening = _platforms(looked.rule.when, looked.around.known_types)
    node = looked.values.at("resolved_by")
    if not platforms or not opening:
        return
    if looked.rule.per is None and not platforms & opening:
        looked.notes.error(node, "no event of `resolved_by` is about the run, job or file that `when` is about")
    for field in looked.rule.per or ():
        if not any(may_carry(platform, field) for platform in platforms):
            looked.notes.error(node, f"no event of `resolved_by` has the field `{field}` of `per`")


def _note_one_platform(looked: Looked) -> None:
    platforms = _platforms(looked.rule.when, looked.around.known_types)
    if len(platforms) < len(PLATFORMS):
        return
    for name in _fields_written(looked.values):
        owner = only_platform(name.text)
        if owner:
            looked.notes.warning(name, f"only events of {owner} have `{name.text}`, and `when` also means others")


def _fields_written(values: Values) -> Iterator[Text]:
    for key in ("per", "distinct", "top"):
        node = values.nodes.get(key)
        for item in node.items if isinstance(node, Items) else (node,):
            if isinstance(item, Text):
                yield item
    yield from _keys_below(values.nodes.get("where"))


def _keys_below(node: Node | None) -> Iterator[Text]:
    """Yield the fields that a `where` names, also below any, all and not."""
    if isinstance(node, Items):
        for item in node.items:
            yield from _keys_below(item)
    elif isinstance(node, Entries):
        for key, value in node.pairs:
            if key.text in _NESTS:
                yield from _keys_below(value)
            else:
                yield key


def _place_of(looked: Looked, field: str) -> Node:
    found = (key for key in _keys_below(looked.values.nodes.get("where")) if key.text == field)
    return next(found, looked.values.at("where"))


def _values_of(clause: Clause) -> frozenset[str]:
    operands = clause.operand if isinstance(clause.operand, tuple) else (clause.operand,)
    return frozenset(map(str, operands))
