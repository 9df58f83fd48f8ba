"""Which rules an event concerns and under which key, or the first clause that said no."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final, TypeAlias

import msgspec

from bot.core.conditions import Refusal, as_text
from bot.core.enrich import Enriched, Keyed
from bot.core.fields import IDENTITY_FIELDS
from bot.core.identity import behind, first_of, joined
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
    return rule + _tail(key)


def _tail(key: Key) -> str:
    """Return what follows the rule in a slice key; rules' names hold nothing that would have to be escaped."""
    return joined(("", *[value for _, value in sorted(key)]))


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


def passed(compiled: Compiled, enriched: Enriched) -> Match | None:
    """Return the match of a rule whose `when` is known to mean the event; None when `where` or `per` says no."""
    return keyed(compiled.rule, enriched) if compiled.where(enriched.get) else None


def weighed(compiled: Compiled, enriched: Enriched) -> Match | None:
    """Return under which key a share counts an event that its `of` means, and whether it is a match."""
    return keyed(compiled.rule, enriched, is_match=compiled.is_meant and compiled.where(enriched.get))


def overflowed(match: Match) -> Match:
    """Return the bucket that a rule's keys share beyond the cap."""
    key = tuple((name, OVERFLOW) for name, _ in match.key)
    return msgspec.structs.replace(match, key=key, slice_key=slice_key(match.rule.name, key))


def keyed_by_own(rule: Rule, enriched: Enriched) -> Match | None:
    """Return the key that this event may end: an event ends only what it is itself about.

    A lent id never closes anything, and an event that lacks a `per` field is not about the bucket `unknown`.
    """
    found = _key_of(rule.per, enriched)
    return keyed(rule, enriched) if found.is_own and not found.unknown else None


def may_have_own_slice(rule: Rule, enriched: Enriched, view: View) -> bool:
    """Say whether a rule has state under the key that this event may end.

    Asked of every rule with an open alert that such events end: with many rules that is most of the work.
    """
    if rule.per is None:  # nearly always
        return view.slice(rule.name + behind(_subject(enriched))) is not None
    found = _key_of(rule.per, enriched)
    return found.is_own and not found.unknown and view.slice(rule.name + found.tail) is not None


def keyed(rule: Rule, enriched: Enriched, *, is_match: bool = True) -> Match | None:
    """Return the match under its key, or None when a `per` field is missing and the rule says `skip`."""
    found = _key_of(rule.per, enriched)
    if found.unknown and rule.if_unknown is IfUnknown.SKIP:
        return None
    return Match(rule, found.key, rule.name + found.tail, found.unknown, is_match)


def _key_of(per: tuple[str, ...] | None, enriched: Enriched) -> Keyed:
    """Return what the event is under a `per`; found out once for all rules that have the same."""
    found = enriched.keys.get(per)
    if found is None:
        found = enriched.keys[per] = _key_by_subject(enriched) if per is None else _key_by(per, enriched)
    return found


def _subject(enriched: Enriched) -> str:
    return str(enriched.values.get(SUBJECT) or enriched.event.event_id)


def _key_by_subject(enriched: Enriched) -> Keyed:
    subject = _subject(enriched)
    return Keyed(((SUBJECT, subject),), behind(subject), unknown=False, is_own=True)


def _key_by(per: tuple[str, ...], enriched: Enriched) -> Keyed:
    values = [enriched.get(name) for name in per]
    key, tail = _key_and_tail(per, tuple([UNKNOWN if value is None else as_text(value) for value in values]))
    is_lent = bool(enriched.lent) and any(name in enriched.lent and name in IDENTITY_FIELDS for name in per)
    return Keyed(key, tail, unknown=None in values, is_own=not is_lent)


@lru_cache(maxsize=1_024)  # most events of one moment share source and workflow
def _key_and_tail(per: tuple[str, ...], texts: tuple[str, ...]) -> tuple[Key, str]:
    key = tuple(zip(per, texts, strict=True))
    return key, _tail(key)


def refusal(rule: Rule, enriched: Enriched) -> str | None:
    """Say why a rule does not concern an event: the first clause that said no, in words; None when it does."""
    event, get = enriched.event, enriched.get
    if not rule.when.selects(event.type, event.outcomes):
        return f"when: {event.type} is not meant"
    refused: Refusal | None = rule.where.refusal(get)
    if refused is not None:
        return f"where: {refused}"
    if keyed(rule, enriched) is None:
        return "per: " + ", ".join(name for name in rule.per or () if get(name) is None) + " is missing"
    return None
