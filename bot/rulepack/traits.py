"""Which event carries which field, as far as the platforms' documentation promises; for lint and `if_unknown`.

Source: the vendors' catalogues as collected in docs/events.md. A promise is only what holds for every delivery: names
and ids of companies may be null, a workflow's name is missing when the payload comes by reference.
"""

from __future__ import annotations

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
