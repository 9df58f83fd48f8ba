"""What a card will say about an event: title, fields, channels; values ready to show, no layout."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from bot.core.catalogue import Outcome
from bot.core.conditions import Lookup, as_text
from bot.core.enrich import Enriched
from bot.core.inputs import Details, Value
from bot.core.kinds import AbsentFor, AtLeast, Consecutive, Kind, NewValue, NotFollowedBy, Share
from bot.core.rule import Rule, Target
from bot.core.ruleset import RuleSet
from bot.core.share import share_text
from bot.core.state import Alert, Shown
from bot.core.text import duration_text, field_names, fill, is_nothing

# The fields that change a decision, best first; the first four that an event has are shown. Personal fields (user,
# metadata, file addresses) are not among them: a rule must ask for them.
PRESETS: Final = {
    "extend": ("step", "cause", "last_error", "score", "document", "workflow", "company"),
    "alfred": ("stage", "last_error", "retries", "score", "file_count", "document", "company"),
    "tocsin": ("cause", "last_error", "status"),
}
SHOWN_AT_MOST: Final = 4
TOP_AT_MOST: Final = 3


def title_of(rule: Rule, values: Lookup, alert: Alert, now: int) -> str:
    """Render the rule's title for an alert: event fields, and the words that only a title knows."""
    words: dict[str, Any] = {
        "count": alert.count,
        "percent": alert.percent,
        "within": rule.within_text or None,
        "age": duration_text(now - alert.fired_at),
        "type": alert.event_type,
        "rule": rule.name,
    }

    def get(name: str) -> Any:
        if name in words:
            return words[name]
        found = values(name)
        return values("subject") if name == "document" and is_nothing(found) else found

    return fill(rule.title, get)


def shown_of(rule: Rule, enriched: Enriched) -> tuple[Shown, ...]:
    """Return the fields for the card; what memory lent says since when."""
    get = enriched.get
    wanted = rule.show if rule.show is not None else _preset(rule, enriched.event.type)
    found = [(name, get(name)) for name in wanted]
    shown = [Shown(name, _flat(value), enriched.lent.get(name)) for name, value in found if not is_nothing(value)]
    return tuple(shown if rule.show is not None else shown[:SHOWN_AT_MOST])


def channels_of(targets: Iterable[Target], get: Lookup, rule_set: RuleSet) -> tuple[str, ...]:
    """Return the channels to tell, each once, in the order the rule names them."""
    found = (_channel(target, get, rule_set) for target in targets)
    return tuple(dict.fromkeys(channel for channel in found if channel))


def with_event(alert: Alert, rule: Rule, enriched: Enriched, now: int) -> Alert:
    """Return the alert as this event draws it; counts, times and state are the caller's."""
    event, get = enriched.event, enriched.get
    rejected = Outcome.REJECTED in event.outcomes
    drawn = msgspec.structs.replace(
        alert,
        **standing_text(rule),
        shown=shown_of(rule, enriched),
        url=get("url"),
        source=event.source,
        environment=str(event.fields.get("environment", "")),
        event_id=event.event_id,
        event_type=event.type,
        subject=get("subject"),
        outcome=event.outcomes[-1].value if event.outcomes else None,
        note=get("note") if rejected else None,
        user=get("user") if rejected else None,
        details_missing=event.details is Details.ENVELOPE,
        occurred_at=event.occurred_at,
    )
    return msgspec.structs.replace(drawn, title=title_of(rule, get, drawn, now))


def kind_text(kind: Kind) -> str:
    """Write a condition as its rule does, for the card: `at least 5 within 15m`."""
    if isinstance(kind, AtLeast):
        what = f" distinct {kind.distinct}" if kind.distinct else ""
        return f"at least {kind.threshold}{what} within {duration_text(kind.within_ms)}"
    if isinstance(kind, Share):
        return f"at least {share_text(kind.share)} within {duration_text(kind.within_ms)}"
    if isinstance(kind, Consecutive):
        return f"{kind.threshold} in a row"
    if isinstance(kind, NotFollowedBy):
        return f"nothing followed within {duration_text(kind.within_ms)}"
    if isinstance(kind, AbsentFor):
        return f"absent for {duration_text(kind.within_ms)}"
    return f"new {kind.field} in {duration_text(kind.within_ms)}" if isinstance(kind, NewValue) else "every match"


def kept_values(rule: Rule, enriched: Enriched) -> dict[str, Value]:
    """Return the values that an alert may need again when no event is at hand: fields, and raw paths it names."""
    if not rule.raw_names:
        return enriched.values
    raw = {name: enriched.get(name) for name in rule.raw_names}
    return {**enriched.values, **{name: _flat(found) for name, found in raw.items() if found is not None}}


def standing_text(rule: Rule) -> dict[str, Any]:
    """Return what a card takes from the rule alone, so that a reload can put the new text in.

    Not its mode: an episode keeps the mode it fired under, or a card that was posted would never hear of its end.
    """
    return {
        "severity": rule.severity,
        "description": rule.description,
        "runbook": rule.runbook,
        "owner": rule.owner,
    }


def _preset(rule: Rule, event_type: str) -> tuple[str, ...]:
    """One event's fields say nothing about many; a counting rule lists its `top` values instead."""
    if rule.counts:
        return ()
    titled = set(field_names(rule.title))
    return tuple(name for name in PRESETS.get(event_type.split(".", 1)[0], ()) if name not in titled)


def _channel(target: Target, get: Lookup, rule_set: RuleSet) -> str | None:
    if not target.is_template:
        return target.channel
    if any(get(name) is None for name in field_names(target.channel)):
        return target.otherwise
    name = fill(target.channel, lambda field: _slug(as_text(get(field))))
    return name if not rule_set.channels or name in rule_set.channels else target.otherwise


def _slug(text: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in text.lower())


def _flat(value: Any) -> Any:
    """Raw JSON below a shown path: keep what Shown can hold."""
    if isinstance(value, list):
        return tuple(as_text(element) for element in value)
    return value if isinstance(value, str | int | float | bool | tuple) else as_text(value)
