"""What people mean who write a platform's own event name where one of our types belongs."""

from __future__ import annotations

from typing import Final

from bot.core.catalogue import TYPES
from bot.sources import alfred_names, extend_names

# Wire spelling -> our type, for every documented name of both platforms in all versions and dialects.
WIRE_NAMES: Final[dict[str, str]] = alfred_names.WIRE_NAMES | extend_names.WIRE_NAMES


def hint_for_wire_name(name: str) -> str | None:
    """Return our type for a name as a platform spells it, with or without our prefix; None when it is none.

    `parser_run.failed` -> `extend.parse_run.failed`, `job_failed_event` -> `alfred.job.failed`. The older
    `processor_run` stood for three things; its hint is the most usual, `extract_run`.
    """
    said = name.strip().lower()
    if said in TYPES:
        return None
    bare = said.removeprefix(extend_names.PREFIX).removeprefix(alfred_names.PREFIX)
    return WIRE_NAMES.get(bare) or WIRE_NAMES.get(bare.replace(".", "_"))
