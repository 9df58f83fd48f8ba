"""Which rules an event concerns and under which key, or the first clause that said no."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

import msgspec

from bot.core.conditions import Lookup, Refusal, as_text
from bot.core.enrich import Enriched
from bot.core.fields import IDENTITY_FIELDS
from bot.core.identity import first_of, joined
from bot.core.rule import IfUnknown, Rule
from bot.core.ruleset import Candidates, Compiled
from bot.core.text import UNKNOWN
from bot.core.view import View

Key: TypeAlias = tuple[tuple[str, str], ...]
SUBJECT: Final = "subject"
OVERFLOW: Final = "overflow"


class Match(msgspec.Struct, frozen=True, gc=False):
    """A rule that an event concerns, and under which key. `unknown` when a `per` field was missing.

    `passed` is false for an event that a share counts among all, but that `when` or `where` does not mean; `counted`
    is true for one that it counted among all already, when only its envelope was known.
    """

    rule: Rule
    key: Key
    slice_key: str
    unknown: bool = False
    passed: bool = True
    counted: bool = False


def slice_key(rule: str, key: Key) -> str:
    """Name a rule's state for one key; the order in which `per` names its fields does not matter."""
    if len(key) == 1:
        return joined((rule, key[0][1]))
    return joined((rule, *(value for _, value in sorted(key))))


def rule_of(key: str) -> str:
    """Return the rule whose state a slice key names."""
    return first_of(key)


def worth_asking(candidates: Candidates, enriched: Enriched) -> Iterator[Compiled]:
    """Yield the rules that may match: those that the index cannot rule out by one value."""
    yield from candidates.always
    for name, by_value in candidates.by_field.items():
        value = enriched.values.get(name)
        if value is not None:
            yield from by_value.get(str(value), ())


def passed(compiled: Compiled, enriched: Enriched, get: Lookup) -> Match | None:
    """Return the match of a rule whose `when` is known to mean the event; None when `where` or `per` says no."""
    return keyed(compiled.rule, enriched, get) if compiled.where(get) else None


def weighed(compiled: Compiled, enriched: Enriched, get: Lookup) -> Match | None:
    """Return under which key a share counts an event that its `of` means, and whether it is a match."""
    event, match = enriched.event, keyed(compiled.rule, enriched, get)
    if match is None or (compiled.rule.when.selects(event.type, event.outcomes) and compiled.where(get)):
        return match
    return msgspec.structs.replace(match, passed=False)


def overflowed(match: Match) -> Match:
    """Return the bucket that a rule's keys share beyond the cap."""
    key = tuple((name, OVERFLOW) for name, _ in match.key)
    return msgspec.structs.replace(match, key=key, slice_key=slice_key(match.rule.name, key))


def keyed_by_own(rule: Rule, enriched: Enriched) -> Match | None:
    """Return the key that this event may end: an event ends only what it is itself about.

    A lent id never closes anything, and an event that lacks a `per` field is not about the bucket `unknown`.
    """
    found = _own_key(rule, enriched)
    enriched.own_tails[rule.per] = None if found is None else found.slice_key[len(rule.name) :]
    return found


def _own_key(rule: Rule, enriched: Enriched) -> Match | None:
    if any(name in enriched.lent for name in rule.per or () if name in IDENTITY_FIELDS):
        return None
    match = keyed(rule, enriched, enriched.get())
    return None if match is not None and match.unknown else match


def may_have_own_slice(rule: Rule, enriched: Enriched, view: View) -> bool:
    """Say whether a rule may have state under the key that this event may end.

    Asked of every rule with an open alert that such events end: with many rules that is most of the work. What the
    key's values are is found out once for all rules that have the same `per` (`keyed_by_own`).
    """
    tails = enriched.own_tails
    if rule.per not in tails:
        return True
    tail = tails[rule.per]
    return tail is not None and view.slice(rule.name + tail) is not None


def keyed(rule: Rule, enriched: Enriched, get: Lookup) -> Match | None:
    """Return the match under its key, or None when a `per` field is missing and the rule says `skip`."""
    if rule.per is None:
        subject = enriched.values.get(SUBJECT) or enriched.event.event_id
        key: Key = ((SUBJECT, str(subject)),)
        return Match(rule, key, slice_key(rule.name, key))
    found = [(name, get(name)) for name in rule.per]
    unknown = any(value is None for _, value in found)
    if unknown and rule.if_unknown is IfUnknown.SKIP:
        return None
    key = tuple((name, UNKNOWN if value is None else as_text(value)) for name, value in found)
    return Match(rule, key, slice_key(rule.name, key), unknown)


def refusal(rule: Rule, enriched: Enriched) -> str | None:
    """Say why a rule does not concern an event: the first clause that said no, in words; None when it does."""
    event, get = enriched.event, enriched.get()
    if not rule.when.selects(event.type, event.outcomes):
        return f"when: {event.type} is not meant"
    refused: Refusal | None = rule.where.refusal(get)
    if refused is not None:
        return f"where: {refused}"
    if keyed(rule, enriched, get) is None:
        return "per: " + ", ".join(name for name in rule.per or () if get(name) is None) + " is missing"
    return None
