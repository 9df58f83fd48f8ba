"""Which event carries which field, as far as the platforms' documentation promises; for lint and `if_unknown`.

Source: the vendors' catalogues as collected in docs/events.md. A promise is only what holds for every delivery: names
and ids of companies may be null, a workflow's name is missing when the payload comes by reference.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bot.core.catalogue import TYPES, UNTOLD_TYPES
from bot.core.fields import FIELDS, RAW_PREFIX

EXTEND: Final = "extend"
ALFRED: Final = "alfred"
PLATFORMS: Final = (EXTEND, ALFRED)
LISTED_TYPES: Final = frozenset({*TYPES, *UNTOLD_TYPES})

_ONLY: Final = {
    EXTEND: frozenset({"workflow", "run", "batch", "step", "step_type", "valid", "reviewed", "note"}),
    ALFRED: frozenset({"job", "stage", "retries", "exceeded_retries", "file_count", "company_id"}),
}
_SHARED: Final = frozenset(FIELDS) - _ONLY[EXTEND] - _ONLY[ALFRED]
_EVERYWHERE: Final = frozenset({"source", "environment"})
_ADDED: Final = "alfred.file.add_to_job"  # the one event of a file that names its job
# Older events of runs whose processor nobody told may be about a run of any of these.
_UNTOLD_RUN: Final = frozenset(
    {"extend.processor_run", "extend.extract_run", "extend.classify_run", "extend.split_run"}
)


def platform_of(event_type: str) -> str:
    """Return the first part of a type."""
    return event_type.split(".", 1)[0]


def always_carried(event_type: str) -> frozenset[str]:
    """Return the fields that every event of a type has. Types nobody listed promise nothing but their source."""
    if event_type not in LISTED_TYPES:
        return _EVERYWHERE
    thing = event_type.split(".")[1]
    if event_type.startswith("alfred.job."):
        return _EVERYWHERE | {"job", "subject"}
    if event_type == "alfred.file.add_to_job":
        return _EVERYWHERE | {"job", "file", "subject"}
    if event_type.startswith("alfred.file."):
        return _EVERYWHERE | {"file", "subject"}
    if thing.startswith("batch_"):
        return _EVERYWHERE | {"run", "batch", "subject"}
    return _EVERYWHERE | {"run", "subject"} if thing.endswith("_run") else _EVERYWHERE


def may_carry(platform: str, field: str) -> bool:
    """Say whether an event of a platform may have a field, of its own or lent."""
    if field.startswith(RAW_PREFIX) or platform not in _ONLY:
        return True
    return field in _SHARED or field in _ONLY[platform]


def only_platform(field: str) -> str:
    """Return the one platform that has a field, or an empty text when both do."""
    return next((platform for platform, fields in _ONLY.items() if field in fields), "")


def can_share(opening: str, closings: Iterable[str], field: str) -> bool:
    """Say whether an event of one of some types may itself be about the same thing as an event of another type.

    `field` is a field of `per`: ids tell runs, jobs and files apart, everything else may be the same on a platform.
    """
    return any(_alike(opening, closing, field) for closing in closings)


def _alike(opening: str, closing: str, field: str) -> bool:
    if not may_carry(platform_of(closing), field):
        return False
    if LISTED_TYPES.isdisjoint({opening}) or LISTED_TYPES.isdisjoint({closing}):
        return platform_of(opening) == platform_of(closing) or field not in {"run", "job", "subject"}
    if field in {"subject", "run"}:
        return bool(_things(opening) & _things(closing))
    return field != "job" or closing.startswith("alfred.job.") or closing == _ADDED


def _things(event_type: str) -> frozenset[str]:
    """Return what kind of run, job or file a listed type is about; nothing for changes of a set-up."""
    platform, thing = event_type.split(".")[:2]
    if event_type == _ADDED:
        return frozenset({"alfred.job"})  # about its job before its file
    if platform == ALFRED or thing.endswith("_run"):
        name = f"{platform}.{thing}"
        return _UNTOLD_RUN if name == "extend.processor_run" else frozenset({name})
    return frozenset()
