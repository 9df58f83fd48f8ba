"""What the table read of one rule, with every default filled in, to the rule that the core decides by."""

from __future__ import annotations

from bot.config.nodes import Text
from bot.config.notes import Notes
from bot.config.sections import Values
from bot.core.rule import ALWAYS, Mode, Rule, Severity
from bot.core.selector import Selector
from bot.rulepack.build_kind import kind_of
from bot.rulepack.build_per import if_unknown_of, per_of
from bot.rulepack.build_telling import during_of, notify_during_of, notify_of, owner_of, then_of
from bot.rulepack.schema import RuleText
from bot.rulepack.surroundings import Surroundings


def build_rule(written: RuleText, values: Values, around: Surroundings, notes: Notes) -> Rule:
    """Return the rule; what is wrong with it is noted, and then the rule must not be used."""
    when = around.selector(values, "when", notes) or Selector()
    kind = kind_of(values, around, notes)
    per = per_of(values, kind, notes)
    show, top = around.inherited(values, "show"), values.get("top")
    inhibitors: tuple[Text, ...] = values.get("inhibited_by", ())
    return Rule(
        name=written.name.text,
        title=values.get("title", ""),
        when=when,
        kind=kind,
        where=values.get("where", ALWAYS),
        per=per,
        if_unknown=if_unknown_of(per, when, values, around, notes),
        severity=Severity(around.inherited(values, "severity") or Severity.WARNING),
        show=None if show is None else tuple(field.text for field in show),
        top=top.text if top else None,
        notify=notify_of(written, values, around, notes),
        during=during_of(values, around, notes),
        notify_during=notify_during_of(values, around, notes),
        group_wait_ms=values.get("group_wait"),
        repeat_ms=around.inherited(values, "repeat") or None,
        then=then_of(values, around, notes),
        resolved_by=around.selector(values, "resolved_by", notes),
        resolved_after_ms=values.get("resolved_after"),
        expires_after_ms=values.get("expires_after"),
        inhibited_by=tuple(name.text for name in inhibitors),
        mode=Mode(around.inherited(values, "mode") or Mode.LIVE),
        owner=owner_of(values, around, notes),
        runbook=around.inherited(values, "runbook"),
        description=values.get("description"),
        file=notes.file,
        line=written.name.line,
        within_text=_written(values, "within") or _written(values, "absent_for"),
    )


def _written(values: Values, name: str) -> str:
    node = values.at(name)
    return node.text if name in values and isinstance(node, Text) else ""
