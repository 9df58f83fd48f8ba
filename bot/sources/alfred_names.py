"""Alfred's event names in our words: both dialects, one set of types.

The published documentation says `job_failed_event`, the Node package `alfred_event_job_failed`; nobody shows which one
the webhook sends, so both are read. (Alfred v1.66.3.0; alfred-python 0.6.4; alfred-node 1.1.6.)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from bot.core.catalogue import TYPES, Outcome, outcomes_of_type, possible_outcomes
from bot.errors import UnreadableError
from bot.sources.names import clean_name

PREFIX: Final = "alfred."
_RENAMED: Final = {"file_added_to_job": "file_add_to_job"}  # as one published example spells it


class Kind(NamedTuple):
    """One of our types; `outcomes_if_exceeded` when the event says that its retries are used up."""

    type: str
    outcomes: tuple[Outcome, ...]
    outcomes_if_exceeded: tuple[Outcome, ...]


def normalised(name: str) -> str:
    """Return a wire name without what the dialects add; both spellings above become `job_failed`."""
    bare = clean_name(name.strip())
    for ending in ("_event_type", "_event"):
        bare = bare.removesuffix(ending)
    bare = bare.removeprefix("alfred_event_")
    return _RENAMED.get(bare, bare)


def kinds(more_types: tuple[str, ...] = ()) -> dict[str, Kind]:
    """Return the kinds of all listed types, and of those that a source admits, by every wire spelling."""
    named = {
        name.removeprefix(PREFIX).replace(".", "_"): _kind_of_type(name)
        for name in (*TYPES, *more_types)
        if name.startswith(PREFIX)
    }
    return {spelling: kind for name, kind in named.items() for spelling in _spellings(name)}


def _spellings(name: str) -> tuple[str, ...]:
    others = tuple(wire for wire, bare in _RENAMED.items() if bare == name)
    return tuple(form for bare in (name, *others) for form in (bare, f"{bare}_event", f"alfred_event_{bare}"))


def kind_of(inner: Mapping[str, Any], outer: Mapping[str, Any], known: Mapping[str, Kind]) -> Kind:
    """Return the kind of an event.

    The name decides; the event type, which says job or file, helps out where the name does not, and stands in for a
    missing one: of bulk tasks no name is published.

    Raises:
        UnreadableError: neither a name nor a type is there.
    """
    spoken = inner.get("event_name")
    if type(spoken) is str and spoken in known:  # nearly always
        return known[spoken]
    spoken = _first_name(spoken, outer.get("event_name"))
    if spoken in known:
        return known[spoken]
    family = _first_name(outer.get("event_type"), inner.get("event_type"))
    name = normalised(spoken or family)
    if not spoken and not family:
        raise UnreadableError("event_name is missing")
    found = known.get(name) or known.get(f"{normalised(family)}_{name}" if family else "")
    return found or _kind_of_type(PREFIX + name)


def _first_name(*told: Any) -> str:
    return next((name for name in told if type(name) is str and name.strip()), "")


def _kind_of_type(event_type: str) -> Kind:
    """The retries of a job that failed or is retried may be used up; elsewhere the word carries no meaning."""
    outcomes = outcomes_of_type(event_type)
    exceeded = Outcome.EXCEEDED_RETRIES
    adds = exceeded in possible_outcomes(event_type) and exceeded not in outcomes
    return Kind(event_type, outcomes, (*outcomes, exceeded) if adds else outcomes)


# Every wire spelling of the documentation and of the packages -> our type, for hints.
WIRE_NAMES: Final[dict[str, str]] = {spelling: kind.type for spelling, kind in kinds().items()}
