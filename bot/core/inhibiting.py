"""Whether a firing alert of one rule holds the first message of another's: equal in the `per` fields both have.

A rule without `per` is about the event's own run, else job, else file; that field counts as its own, so that such a
rule and one `per: job` share the job.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from bot.core import ruleclock
from bot.core.conditions import as_text
from bot.core.desk import Desk
from bot.core.match import SUBJECT, slice_key
from bot.core.rule import Mode, Rule
from bot.core.state import Alert, Slice

_THINGS: Final = ("run", "job", "file")


def inhibits(desk: Desk, name: str, alert: Alert, values: Mapping[str, Any]) -> bool:
    """Say whether a rule has a firing alert that holds this one; with no field shared, any does."""
    rule = desk.rule_set.rules.get(name)
    if rule is None:
        return False
    shared = {field: value for field, value in _fields(alert, values).items() if field in _names(rule)}
    return any(_holds(desk, rule, desk.view.slice(key), shared) for key in _where(desk, rule, shared))


def may_have_held(over: Alert, alert: Alert, values: Mapping[str, Any]) -> bool:
    """Say whether an alert that ended can have been what held another: no field that both have differs."""
    ended, fields = dict(over.key), _fields(alert, values)
    if SUBJECT in ended:
        return ended[SUBJECT] in fields.values() or SUBJECT not in fields
    return all(fields[field] == value for field, value in ended.items() if field in fields)


def _names(rule: Rule) -> frozenset[str]:
    return frozenset((SUBJECT, *_THINGS) if rule.per is None else rule.per)


def _fields(alert: Alert, values: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields of an alert's key; of the subject also as the run, job or file that it is."""
    key = dict(alert.key)
    subject = key.get(SUBJECT)
    thing = next((one for one in _THINGS if one in values and as_text(values[one]) == subject), None)
    return key if thing is None or subject is None else {**key, thing: subject}


def _where(desk: Desk, rule: Rule, shared: Mapping[str, str]) -> Iterable[str]:
    """Return the slices to look at: one where the shared fields are all of its key, else all with an open alert."""
    if rule.per is None and shared:
        return [slice_key(rule.name, ((SUBJECT, value),)) for value in dict.fromkeys(shared.values())]
    if shared and len(shared) == len(rule.per or ()):
        return [slice_key(rule.name, tuple(shared.items()))]
    return desk.view.open_slice_keys(rule.name) if desk.view.has_open(rule.name) else ()


def _holds(desk: Desk, rule: Rule, slice_: Slice | None, shared: Mapping[str, str]) -> bool:
    alert = None if slice_ is None else slice_.alert or _fires_now(desk, rule, slice_)
    if slice_ is None or alert is None or alert.mode is not Mode.LIVE:
        return False
    fields = _fields(alert, slice_.values)
    both = shared.keys() & fields.keys()
    return (not shared or bool(both)) and all(fields[field] == shared[field] for field in both)


def _fires_now(desk: Desk, rule: Rule, slice_: Slice) -> Alert | None:
    """Return the alert whose deadline is due at this very instant, though its timer has not had its turn yet.

    Only among timers: while events of this instant may still come, what it waits for may be one of them.
    """
    if not desk.ticking or desk.view.is_quarantined(rule.name):
        return None
    return slice_.pending if ruleclock.pending_due(rule, slice_) == desk.at else None
