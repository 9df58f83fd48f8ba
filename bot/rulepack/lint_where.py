"""Conditions of `where` that no value can pass together."""

from __future__ import annotations

from bot.core.conditions import Clause, Op
from bot.core.fields import FieldType
from bot.rulepack.looked import Looked, required_clauses, values_of


def needs_value(clause: Clause) -> bool:
    """Say whether a missing field fails a clause."""
    return clause.op is not Op.IS_NOT and not (clause.op is Op.EXISTS and clause.operand is False)


def check_contradictions(looked: Looked) -> None:
    """Note clauses on one field that no value can pass together."""
    by_field: dict[str, list[Clause]] = {}
    for clause in required_clauses(looked.rule.where):
        if clause.field_type is not FieldType.LIST and clause.field_type is not FieldType.RAW:
            by_field.setdefault(clause.field, []).append(clause)
    for field, clauses in by_field.items():
        if _contradict(clauses):
            message = f"no event can reach this rule: no value of `{field}` passes all of its conditions"
            looked.notes.error(looked.place_of(field), message, word=field)


def _contradict(clauses: list[Clause]) -> bool:
    equal = [values_of(clause) for clause in clauses if clause.op is Op.IS]
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
    return absent and any(needs_value(clause) for clause in clauses)


def _empty_range(clauses: list[Clause]) -> bool:
    lows = [(float(str(c.operand)), c.op is Op.MORE_THAN) for c in clauses if c.op in {Op.AT_LEAST, Op.MORE_THAN}]
    highs = [(float(str(c.operand)), c.op is Op.LESS_THAN) for c in clauses if c.op in {Op.AT_MOST, Op.LESS_THAN}]
    if not lows or not highs:
        return False
    low, high = max(lows), min(highs, key=lambda bound: (bound[0], not bound[1]))
    return low[0] > high[0] or (low[0] == high[0] and (low[1] or high[1]))
