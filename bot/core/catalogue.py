"""What events there are: every type of both platforms, its outcomes, and the words rules may use for them.

Source: the vendors' published catalogues (Extend versions 2026-02-09, 2025-04-21, 2024-12-23; Alfred v1.66.3.0)
as collected in docs/events.md, which a test compares with this file.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Outcome(StrEnum):
    """What an event means on any platform."""

    FINISHED = "finished"
    FAILED = "failed"
    NEEDS_REVIEW = "needs_review"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXCEEDED_RETRIES = "exceeded_retries"
    RETRYING = "retrying"
    INVALID = "invalid"
    PROGRESS = "progress"
    STEP_FAILED = "step_failed"
    VALIDATION_FAILED = "validation_failed"
    CHANGED = "changed"


# After one of these the platform does nothing more by itself with what the event is about.
FINAL_OUTCOMES: Final = frozenset(
    {
        Outcome.FINISHED,
        Outcome.REJECTED,
        Outcome.CANCELLED,
        Outcome.FAILED,
        Outcome.EXCEEDED_RETRIES,
        Outcome.INVALID,
    }
)

_EXTEND_RUNS: Final = (
    "extract_run",
    "classify_run",
    "split_run",
    "parse_run",
    "edit_run",
    "form_detection_run",
    "batch_processor_run",
    "batch_parse_run",
)
_EXTEND_PROCESSORS: Final = ("extractor", "classifier", "splitter")
_ALFRED_FILE_CHANGES: Final = (
    "category_create",
    "category_delete",
    "change_tag",
    "extracted_data_create",
    "extracted_data_delete",
    "move",
    "move_to_pending",
    "move_to_recycle_bin",
    "property_create",
    "property_delete",
    "remove_tag",
    "update",
)

# The outcome that the type alone gives. Sources add what only the content tells (a failed step, used-up retries).
TYPES: Final[dict[str, Outcome]] = {
    "extend.workflow_run.completed": Outcome.FINISHED,
    "extend.workflow_run.failed": Outcome.FAILED,
    "extend.workflow_run.needs_review": Outcome.NEEDS_REVIEW,
    "extend.workflow_run.rejected": Outcome.REJECTED,
    "extend.workflow_run.cancelled": Outcome.CANCELLED,
    "extend.workflow_run.step_run.processed": Outcome.PROGRESS,
    **{f"extend.{run}.processed": Outcome.FINISHED for run in _EXTEND_RUNS},
    **{f"extend.{run}.failed": Outcome.FAILED for run in _EXTEND_RUNS},
    **{f"extend.workflow.{what}": Outcome.CHANGED for what in ("created", "deployed", "deleted")},
    **{
        f"extend.{processor}.{what}": Outcome.CHANGED
        for processor in _EXTEND_PROCESSORS
        for what in ("created", "updated", "deleted", "draft.updated", "version.published")
    },
    "alfred.job.create": Outcome.PROGRESS,
    "alfred.job.start": Outcome.PROGRESS,
    "alfred.job.stage_update": Outcome.PROGRESS,
    "alfred.job.retry": Outcome.RETRYING,
    "alfred.job.exceeded_retries": Outcome.EXCEEDED_RETRIES,
    "alfred.job.failed": Outcome.FAILED,
    "alfred.job.invalid": Outcome.INVALID,
    "alfred.job.finished": Outcome.FINISHED,
    "alfred.file.add_to_job": Outcome.PROGRESS,
    "alfred.file.status_update": Outcome.PROGRESS,
    "alfred.file.done": Outcome.FINISHED,
    "alfred.file.failed": Outcome.FAILED,
    **{f"alfred.file.{what}": Outcome.CHANGED for what in _ALFRED_FILE_CHANGES},
}

# Older Extend names whose kind (extractor, classifier, splitter) the payload did not tell.
UNTOLD_TYPES: Final[dict[str, Outcome]] = {
    "extend.processor_run.processed": Outcome.FINISHED,
    "extend.processor_run.failed": Outcome.FAILED,
    **{
        f"extend.processor.{what}": Outcome.CHANGED
        for what in ("created", "updated", "deleted", "draft.updated", "version.published")
    },
}


def outcomes_of_type(event_type: str) -> tuple[Outcome, ...]:
    """Return the outcomes that the type alone gives: one, or none for a type nobody listed."""
    outcome = TYPES.get(event_type) or UNTOLD_TYPES.get(event_type)
    return () if outcome is None else (outcome,)


def possible_outcomes(event_type: str) -> frozenset[Outcome]:
    """Return every outcome an event of this type may have, also those that only its content tells."""
    return frozenset(outcomes_of_type(event_type) + _OUTCOMES_OF_CONTENT.get(event_type, ()))


_OUTCOMES_OF_CONTENT: Final[dict[str, tuple[Outcome, ...]]] = {
    "extend.workflow_run.step_run.processed": (Outcome.STEP_FAILED, Outcome.VALIDATION_FAILED),
    "alfred.job.failed": (Outcome.EXCEEDED_RETRIES,),
    "alfred.job.retry": (Outcome.EXCEEDED_RETRIES,),
}
