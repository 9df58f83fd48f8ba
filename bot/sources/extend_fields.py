"""Extend's payloads in our fields.

A field is left out when the platform did not say it. `workflow` is the workflow's name for workflow runs and the
processor's name (extractor, classifier, splitter) for processor runs and lifecycles, so that "many of one workflow"
groups what was set up together. Source: the models of the extend-ai packages 1.20.0 and 0.2.0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from bot.core.inputs import Value
from bot.sources.company import CompanyPaths
from bot.sources.extend_names import About
from bot.sources.lenient import number, text, time_ms, yes_no
from bot.sources.texts import Texts, add_texts

Tree: TypeAlias = Mapping[str, Any]
Fields: TypeAlias = dict[str, Value]

# Where two keys lead to one field, the later line is the current spelling and wins.
_EVERYWHERE: Final[Texts] = (
    ("status", "status"),
    ("failureReason", "cause"),
    ("failureMessage", "last_error"),
    ("batchId", "batch"),
    ("reviewedBy", "user"),
    ("reviewedByUser", "user"),
    ("rejectionNote", "note"),
    ("url", "url"),
    ("dashboardUrl", "url"),
)
_RUN: Final[Texts] = (*_EVERYWHERE, ("id", "run"))
_PAYLOAD: Final[dict[About, Texts]] = {
    About.WORKFLOW_RUN: _RUN,
    About.CLASSIFY_RUN: _RUN,
    About.RUN: _RUN,
    About.STEP: (*_EVERYWHERE, ("workflowRunId", "run"), ("stepType", "step_type")),
    About.BATCH: (*_RUN, ("id", "batch")),
    About.LIFECYCLE: (*_EVERYWHERE, ("processorName", "workflow"), ("name", "workflow")),
    About.UNKNOWN: _EVERYWHERE,  # of an unknown thing only what is called the same everywhere is read
}
_FILE: Final[Texts] = (("id", "file"), ("name", "document"))
_OWNER: Final[Texts] = (("name", "workflow"),)
_OWNERS: Final = ("workflow", "extractor", "classifier", "splitter")
_NESTED_RUNS: Final = ("extractRun", "classifyRun", "splitRun", "parseRun")
_VALIDATIONS: Final = frozenset({"RULE_VALIDATION", "VALIDATION", None})
_CREATED_AT: Final = frozenset({About.LIFECYCLE, About.UNKNOWN})
_MOST_ERRORS: Final = 100


def add_fields(fields: Fields, about: About, payload: Tree, envelope: Tree, company: CompanyPaths) -> None:
    """Put into `fields` what the payload says, and from the envelope what may stand there only (`workflowRunId`)."""
    add_texts(fields, payload, _PAYLOAD[about])
    _put(fields, "reviewed", yes_no(payload.get("reviewed")))
    _put(fields, "company", company.first_in(payload))
    _add_file(fields, payload)
    add_more = _READERS.get(about)
    if add_more is not None:
        add_more(fields, payload, envelope)
    if "company" not in fields and about is About.STEP:  # a step has no metadata, the run inside it has the same
        _put(fields, "company", company.first_in(_nested_run(payload)))
    if "last_error" in fields and "errors" not in fields:
        fields["errors"] = (str(fields["last_error"]),)


def occurred_at(about: About, payload: Tree) -> int | None:
    """Return when it happened, ms since 1970 UTC, as far as the payload tells.

    Runs say when they ended or were reviewed (the later one counts) or last changed, never when they were created or
    started: a review that is asked for after two hours of work did not happen two hours ago.
    """
    found, reviewed_at = time_ms(payload.get("endTime")), payload.get("reviewedAt")
    if reviewed_at is not None:
        found = max(found or 0, time_ms(reviewed_at) or 0) or None
    if found is None:
        found = time_ms(payload.get("updatedAt"))
    if found is None and about in _CREATED_AT:
        found = time_ms(payload.get("createdAt"))
    return found


def _put(fields: Fields, name: str, value: Value | None) -> None:
    if value is not None:
        fields[name] = value


def _add_file(fields: Fields, payload: Tree) -> None:
    """Take the document from `file`, else from the first of `files`; null when the platform could not read it."""
    file = payload.get("file")
    if type(file) is not dict:
        files = payload.get("files")
        file = files[0] if type(files) is list and files else None
    if type(file) is dict:
        add_texts(fields, file, _FILE)


def _add_run(fields: Fields, payload: Tree, _envelope: Tree) -> None:
    for owner in _OWNERS:
        node = payload.get(owner)
        if type(node) is dict:
            return add_texts(fields, node, _OWNER)
    return _put(fields, "workflow", text(payload.get("processorName")))


def _add_workflow_run(fields: Fields, payload: Tree, envelope: Tree) -> None:
    _add_run(fields, payload, envelope)
    if "document" not in fields:  # before 2026 a run had a name of its own, by default that of its file
        _put(fields, "document", text(payload.get("name")))


def _add_classify_run(fields: Fields, payload: Tree, envelope: Tree) -> None:
    _add_run(fields, payload, envelope)
    _add_classification(fields, payload.get("output"))


def _add_classification(fields: Fields, output: Any) -> None:
    if type(output) is dict:
        _put(fields, "score", number(output.get("confidence")))
        _put(fields, "tag", text(output.get("type")))


def _add_step(fields: Fields, payload: Tree, envelope: Tree) -> None:
    """Read a step of a workflow run. Its `run` is the workflow run's id; 2025-04-21 tells none in the payload."""
    if "run" not in fields:
        _put(fields, "run", text(envelope.get("workflowRunId")))
    step = payload.get("step")
    if type(step) is dict:
        _put(fields, "step", text(step.get("name")))
        if "step_type" not in fields:
            _put(fields, "step_type", text(step.get("type")))
    _add_nested(fields, _nested_run(payload))
    if fields.get("step_type") in _VALIDATIONS:
        _add_validation(fields, _result(payload))


def _add_nested(fields: Fields, run: Tree) -> None:
    """Take from the run inside a step what the step itself does not say: why it failed, how it was classified."""
    for name, key in (("cause", "failureReason"), ("last_error", "failureMessage")):
        if name not in fields:
            _put(fields, name, text(run.get(key)))
    if "classifier" in run:
        _add_classification(fields, run.get("output"))


def _add_validation(fields: Fields, result: Tree) -> None:
    """Say whether a validation passed: as told, else (2025-04-21) whether every rule did; name those that did not."""
    checks = result.get("rules") or result.get("blocks")
    checks = [check for check in checks if type(check) is dict] if type(checks) is list else []
    verdicts = [verdict for check in checks if (verdict := yes_no(check.get("valid"))) is not None]
    valid = yes_no(result.get("allPassed"))
    valid = yes_no(result.get("valid")) if valid is None else valid
    valid = all(verdicts) if valid is None and verdicts else valid
    _put(fields, "valid", valid)
    failed = [check.get("name") for check in checks if yes_no(check.get("valid")) is False]
    names = tuple(name for name in map(text, failed[:_MOST_ERRORS]) if name is not None)
    if valid is False and names and "last_error" not in fields:
        fields["errors"], fields["last_error"] = names, names[-1]


def _result(payload: Tree) -> Tree:
    """Return a step's result; before 2026 it was called output."""
    result = payload.get("result")
    result = payload.get("output") if result is None else result
    return result if type(result) is dict else {}


def _nested_run(payload: Tree) -> Tree:
    result = _result(payload)
    return next((run for name in _NESTED_RUNS if type(run := result.get(name)) is dict), {})


_READERS: Final[dict[About, Callable[[Fields, Tree, Tree], None]]] = {
    About.WORKFLOW_RUN: _add_workflow_run,
    About.STEP: _add_step,
    About.CLASSIFY_RUN: _add_classify_run,
    About.RUN: _add_run,
}
