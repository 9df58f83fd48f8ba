"""Extend's event names in our words: three API versions, one set of types.

Version 2026-02-09 is the shape of our types. The older versions said `processor` for what are now extractors,
classifiers and splitters, and told the kind in the payload only; and `parser_run` for `parse_run`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final, NamedTuple

from bot.core.catalogue import TYPES, UNTOLD_TYPES, Outcome, outcomes_of_type
from bot.errors import UnreadableError
from bot.sources.names import clean_name

PREFIX: Final = "extend."


class About(StrEnum):
    """What an event is about, which says where its fields stand."""

    WORKFLOW_RUN = "workflow run"
    STEP = "step"
    CLASSIFY_RUN = "classify run"
    BATCH = "batch"
    RUN = "run"
    LIFECYCLE = "lifecycle"
    UNKNOWN = "unknown"


class Kind(NamedTuple):
    """One of our types with what reading it needs."""

    type: str
    outcomes: tuple[Outcome, ...]
    about: About


def kind_of(wire: Any, payload: Any) -> Kind:
    """Return the kind of an event by its wire name, and for older names by what the payload tells.

    Raises:
        UnreadableError: `wire` is not a text that says anything.
    """
    if type(wire) is str and wire in _TOLD:  # nearly always
        return _TOLD[wire]
    if type(wire) is not str or not wire.strip():
        raise UnreadableError("eventType is missing")
    name = clean_name(wire)
    if name in _UNTOLD:
        return _TOLD.get(_OLDER[name].get(_processor_type(payload), ""), _UNTOLD[name])
    return _TOLD.get(name) or kind_of_type(PREFIX + name)


def kind_of_type(event_type: str) -> Kind:
    """Return the kind of one of our types, listed or not."""
    return Kind(event_type, outcomes_of_type(event_type), _about(event_type))


def _about(event_type: str) -> About:
    thing = event_type.split(".")[1]
    if ".step_run." in event_type:
        return About.STEP
    if thing.startswith("batch_"):
        return About.BATCH
    if thing in _RUNS_OF_THEIR_OWN:
        return _RUNS_OF_THEIR_OWN[thing]
    if thing.endswith("_run"):
        return About.RUN
    return About.LIFECYCLE if Outcome.CHANGED in outcomes_of_type(event_type) else About.UNKNOWN


_RUNS_OF_THEIR_OWN: Final = {
    "workflow_run": About.WORKFLOW_RUN,
    "classify_run": About.CLASSIFY_RUN,
    "processor_run": About.CLASSIFY_RUN,  # untold; reading a score where there is none does no harm
}


def _processor_type(payload: Any) -> str:
    """Look where older versions told what kind of processor this is; empty when none of the places says."""
    if type(payload) is not dict:
        return ""
    draft, config = payload.get("draftVersion"), payload.get("config")
    told = [payload.get("type"), payload.get("processorType")]
    told += [draft.get("type"), draft.get("processorType")] if type(draft) is dict else []
    told += [config.get("type")] if type(config) is dict else []
    return next((word.upper() for word in told if type(word) is str and word.upper() in _PROCESSORS), "")


# Processor type as the payload tells it: (what its run is called now, what it is called itself now).
_PROCESSORS: Final = {
    "EXTRACT": ("extract_run", "extractor"),
    "CLASSIFY": ("classify_run", "classifier"),
    "SPLITTER": ("split_run", "splitter"),
    "SPLIT": ("split_run", "splitter"),
}
_RUN_ENDS: Final = ("processed", "failed")

# Older wire name -> processor type -> today's wire name.
_OLDER: Final[dict[str, dict[str, str]]] = {
    **{f"processor_run.{end}": {told: f"{now[0]}.{end}" for told, now in _PROCESSORS.items()} for end in _RUN_ENDS},
    **{
        name: {told: name.replace("processor", now[1], 1) for told, now in _PROCESSORS.items()}
        for name in (untold.removeprefix(PREFIX) for untold in UNTOLD_TYPES)
        if name.startswith("processor.")
    },
}

# Wire name -> kind, for every name that tells its kind by itself.
_TOLD: Final = {
    **{name.removeprefix(PREFIX): kind_of_type(name) for name in TYPES if name.startswith(PREFIX)},
    **{f"parser_run.{end}": kind_of_type(f"{PREFIX}parse_run.{end}") for end in _RUN_ENDS},
}
# The same for older names whose kind only the payload tells, when it does not.
_UNTOLD: Final = {name.removeprefix(PREFIX): kind_of_type(name) for name in UNTOLD_TYPES}

# Every wire spelling -> our type, for hints. An untold name is hinted as the most usual processor, an extractor.
WIRE_NAMES: Final[dict[str, str]] = {
    **{wire: kind.type for wire, kind in _TOLD.items()},
    **{wire: PREFIX + names["EXTRACT"] for wire, names in _OLDER.items()},
}
