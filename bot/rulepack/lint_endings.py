"""Closing events that can never have the key of what they are to close."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bot.config.words import one_of
from bot.core.kinds import Consecutive, NotFollowedBy
from bot.core.selector import Selector
from bot.rulepack.looked import Looked
from bot.rulepack.traits import can_share, may_carry

_EVERY_PASSES: Final = "after {} no event of `not_followed_by` can come for the same key: every deadline passes"


def check_endings(looked: Looked) -> None:
    """Note a `resolved_by`, an `unless` or a deadline of which no event can be about the same as one of `when`."""
    kind, rule = looked.rule.kind, looked.rule
    if rule.resolved_by is not None:
        _check_any(looked, "resolved_by", rule.resolved_by)
    if isinstance(kind, Consecutive) and ("unless" in looked.values or kind.unless == rule.when):
        _check_any(looked, "unless", kind.unless)
    if isinstance(kind, NotFollowedBy) and _check_any(looked, "not_followed_by", kind.closing):
        _check_each(looked, kind.closing)


def _check_any(looked: Looked, name: str, closing: Selector) -> bool:
    """Note when no event of `when` can be closed, or each of them closes itself; say whether all is well."""
    if closing == looked.rule.when:
        looked.notes.error(looked.values.at(name), f"`{name}` means the same events as `when`: each would end itself")
        return False
    openings, closings, node = looked.types(looked.rule.when), looked.types(closing), looked.values.at(name)
    if closing.any or looked.rule.when.any or not closings or not openings:
        return True
    for field in looked.rule.per or ():
        if not any(may_carry(platform, field) for platform in looked.platforms(closing)):
            looked.notes.error(node, f"no event of `{name}` has the field `{field}` of `per`")
            return False
        if not any(can_share(opening, closings, field) for opening in openings):
            looked.notes.error(node, f"no event of `{name}` is about the same `{field}` as one of `when`")
            return False
    if looked.rule.per is None and not any(can_share(opening, closings, "subject") for opening in openings):
        looked.notes.error(node, f"no event of `{name}` is about the run, job or file that `when` is about")
        return False
    return True


def _check_each(looked: Looked, closing: Selector) -> None:
    """Note types of `when` whose deadline nothing can meet: of those that are named an error, of others a warning."""
    rule, node = looked.rule, looked.values.at("not_followed_by")
    openings = looked.types(rule.when)
    closings = openings if closing.any else looked.types(closing)
    per = ("subject",) if rule.per is None else rule.per
    apart = sorted(opening for opening in openings if not _can_close(opening, closings, per))
    named = [opening for opening in apart if opening in rule.when.types]
    if named:
        looked.notes.error(node, _EVERY_PASSES.format(one_of(named, 3)))
    elif apart:
        looked.notes.warning(node, _EVERY_PASSES.format(one_of(apart, 3)))


def _can_close(opening: str, closings: frozenset[str], per: Iterable[str]) -> bool:
    return all(can_share(opening, closings, field) for field in per)
