"""Rules that are well written and still wrong: no event reaches them, no event ends them, no count is ever enough."""

from __future__ import annotations

from bot.config.nodes import Items
from bot.config.words import nearest, one_of
from bot.core.conditions import Clause, Op
from bot.core.rule import IfUnknown
from bot.rulepack.lint_counts import check_share, check_threshold
from bot.rulepack.lint_endings import check_endings
from bot.rulepack.lint_where import check_contradictions, needs_value
from bot.rulepack.looked import Looked, required_clauses, values_of
from bot.rulepack.traits import PLATFORMS, may_carry, only_platform, platform_of


def lint_rule(looked: Looked) -> None:
    """Note what the rule's own words show to be wrong."""
    _check_reach(looked)
    _check_skipped(looked)
    check_contradictions(looked)
    check_threshold(looked)
    check_share(looked)
    check_endings(looked)
    _note_one_platform(looked)
    if not looked.values.get("examples"):
        looked.notes.warning(looked.values.node, f"rule `{looked.rule.name}` has no examples", word=looked.rule.name)


def _check_reach(looked: Looked) -> None:
    """Name what keeps every event out: a field that none of them has, a source or environment that is not there."""
    platforms = looked.platforms(looked.rule.when)
    configured = {source.kind for source in looked.config.sources.values()}
    if platforms and not platforms & configured and looked.config.sources:
        missing = " or ".join(sorted(platforms))
        looked.notes.warning(looked.values.at("when"), f"no event can reach this rule: no source of kind {missing}")
    for clause in required_clauses(looked.rule.where):
        if platforms and needs_value(clause) and not any(may_carry(name, clause.field) for name in platforms):
            message = f"no event can reach this rule: no event of `when` has the field `{clause.field}`"
            looked.notes.error(looked.place_of(clause.field), message, word=clause.field)
        elif clause.op is Op.IS and clause.field in {"source", "environment"}:
            _check_origin(looked, clause, platforms)


def _check_origin(looked: Looked, clause: Clause, platforms: frozenset[str]) -> None:
    sources = looked.config.sources.values()
    reaching = [source for source in sources if not platforms or source.kind in platforms]
    known = {source.name if clause.field == "source" else source.environment for source in reaching}
    wanted = values_of(clause)
    if wanted & known or not sources:
        return
    first = min(wanted)
    message = f"no event can reach this rule: no {clause.field} `{first}` sends what `when` means"
    there = f"; there are {one_of(known)}" if known else ""
    looked.notes.error(looked.place_of(clause.field), message + there, word=first, hint=nearest(first, known))


def _check_skipped(looked: Looked) -> None:
    """Note a field that leaves every event out, because none of `when` ever has it."""
    when = looked.rule.when
    platforms = set(map(platform_of, looked.types(when)))
    if when.any or not platforms:
        return
    for key in ("per", "distinct", "new_value"):
        if key == "per" and looked.rule.if_unknown is not IfUnknown.SKIP:
            continue
        node = looked.values.nodes.get(key)
        for item in node.items if isinstance(node, Items) else (node,):
            field = getattr(item, "text", "")
            if item is not None and field and not any(may_carry(name, field) for name in platforms):
                why = "and `if_unknown: skip` leaves it out" if key == "per" else f"which `{key}` looks at"
                message = f"no event can reach this rule: none of `when` has `{field}`, {why}"
                looked.notes.error(item, message, word=field)


def _note_one_platform(looked: Looked) -> None:
    if len(looked.platforms(looked.rule.when)) < len(PLATFORMS):
        return
    for name in looked.fields_written():
        owner = only_platform(name.text)
        if owner:
            looked.notes.warning(name, f"only events of {owner} have `{name.text}`, and `when` also means others")
