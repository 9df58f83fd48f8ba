"""Who is told of a rule's alerts, when and again when: every name in it is one of the config's."""

from __future__ import annotations

from typing import Any

from bot.config.nodes import Text
from bot.config.notes import Notes
from bot.config.sections import Values
from bot.core.hours import Hours
from bot.core.rule import Escalation, Target
from bot.rulepack.schema import RuleText
from bot.rulepack.schema_telling import ALWAYS
from bot.rulepack.surroundings import Surroundings, check_hours, check_person
from bot.rulepack.targets import Written, check_targets


def notify_of(written: RuleText, values: Values, around: Surroundings, notes: Notes) -> tuple[Target, ...]:
    """Return the channels; a rule that would tell nobody is noted."""
    found: tuple[Written, ...] | None = around.inherited(values, "notify")
    if "notify" in values:
        check_targets(values.get("notify", ()), around.config, notes)
    elif found is None and around.config.readable and not around.is_written(values, "notify"):
        message = f"rule `{written.name.text}` would notify nobody: write `notify:` here or under `defaults:`"
        notes.error(written.name, message)
    return tuple(one.target for one in found or ())


def owner_of(values: Values, around: Surroundings, notes: Notes) -> str | None:
    """Return who looks after the rule."""
    if "owner" in values:
        check_person(values.get("owner"), values.at("owner"), around.config, notes)
    owner: str | None = around.inherited(values, "owner")
    return owner


def during_of(values: Values, around: Surroundings, notes: Notes) -> Hours | None:
    """Return the hours in which the rule's clock runs."""
    check_hours(values.get("during"), around.config, notes)
    return _hours(values.get("during"), around)


def notify_during_of(values: Values, around: Surroundings, notes: Notes) -> Hours | None:
    """Return the hours outside which first messages are held."""
    check_hours(values.get("notify_during"), around.config, notes, also=(ALWAYS,))
    return _hours(around.inherited(values, "notify_during"), around)


def then_of(values: Values, around: Surroundings, notes: Notes) -> tuple[Escalation, ...]:
    """Return the steps of `then` in order of time."""
    steps: tuple[Values, ...] = values.get("then", ())
    found = [_step(step, around, notes) for step in steps if step.get("after")]
    return tuple(sorted(found, key=lambda step: step.after_ms))


def check_defaults(values: Values | None, around: Surroundings, notes: Notes) -> None:
    """Note every name in `defaults` that the config does not know."""
    if values is not None:
        check_targets(values.get("notify", ()), around.config, notes)
        check_person(values.get("owner"), values.at("owner"), around.config, notes)
        check_hours(values.get("notify_during"), around.config, notes, also=(ALWAYS,))


def _hours(name: Text | None, around: Surroundings) -> Hours | None:
    return None if name is None else around.hours.get(name.text)


def _step(step: Values, around: Surroundings, notes: Notes) -> Escalation:
    targets: tuple[Any, ...] = step.get("notify", ())
    mention: Text | None = step.get("mention")
    check_targets(targets, around.config, notes)
    if mention is not None:
        check_person(mention.text, mention, around.config, notes)
    return Escalation(
        after_ms=step.get("after"),
        notify=tuple(one.target for one in targets),
        mention=None if mention is None else mention.text,
    )
