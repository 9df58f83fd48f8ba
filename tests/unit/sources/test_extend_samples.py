"""All sample deliveries of the three API versions, and what each of them must say."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import pytest

from bot.core.catalogue import TYPES, Outcome, outcomes_of_type
from bot.core.fields import FIELDS, FieldType
from bot.core.inputs import Details
from tests.tools.samples import Sample, all_samples, extend, sample, source_of

SAMPLES = [found for found in all_samples() if found.platform == "extend"]
FULL_NAMES = {name.removeprefix("extend.") for name in TYPES if name.startswith("extend.")}
PYTHON_TYPES: dict[FieldType, Any] = {
    FieldType.TEXT: str,
    FieldType.NUMBER: (int, float),
    FieldType.YES_NO: bool,
    FieldType.LIST: tuple,
}


def read(label: str, **settings: Any) -> dict[str, Any]:
    return dict(extend(**settings).read(sample(f"extend/{label}")).event.fields)


def test_the_samples_are_all_there() -> None:
    assert Counter(found.version for found in SAMPLES) == {"2026-02-09": 56, "2025-04-21": 20, "2024-12-23": 15}


@pytest.mark.parametrize("found", list(all_samples()), ids=lambda found: found.label)
def test_every_value_has_the_type_of_its_field(found: Sample) -> None:
    source = source_of(found)
    if source.handshake(found.body) is not None:
        return
    reading = source.read(found.body)

    for name, value in reading.event.fields.items():
        assert isinstance(value, PYTHON_TYPES[FIELDS[name]]), (name, value)
        assert isinstance(value, bool) == (FIELDS[name] is FieldType.YES_NO), (name, value)
    assert "subject" not in reading.event.fields
    assert msgspec.json.decode(msgspec.json.encode(reading.event.fields))
    assert reading.event.at == 0


@pytest.mark.parametrize("found", SAMPLES, ids=lambda found: found.label)
def test_every_extend_sample_becomes_a_listed_type(found: Sample) -> None:
    event = extend().read(found.body).event
    wire = msgspec.json.decode(found.body)["eventType"]

    assert event.type in TYPES
    assert event.outcomes[:1] == outcomes_of_type(event.type)
    if found.version == "2026-02-09":
        assert event.type == f"extend.{wire}"


def test_all_forty_types_of_the_current_version_are_among_them() -> None:
    seen = {extend().read(found.body).event.type for found in SAMPLES if found.version == "2026-02-09"}

    assert seen == {f"extend.{name}" for name in FULL_NAMES}
    assert len(seen) == 40


def test_all_seventeen_names_of_the_version_before_are_among_them() -> None:
    names = {msgspec.json.decode(found.body)["eventType"] for found in SAMPLES if found.version == "2025-04-21"}

    assert len(names) == 17


@pytest.mark.parametrize("found", SAMPLES, ids=lambda found: found.label)
def test_run_is_there_exactly_for_runs(found: Sample) -> None:
    event = extend().read(found.body).event
    payload = msgspec.json.decode(found.body)["payload"]
    if ".step_run." in event.type:
        expected = payload.get("workflowRunId")
    elif "_run." in event.type:
        expected = payload.get("id")
    else:
        expected = None

    assert event.fields.get("run") == expected


def test_a_failed_workflow_run_says_why_where_and_whose() -> None:
    assert read("2026-02-09/workflow_run.failed") == {
        "source": "extend",
        "environment": "prod",
        "company": "acme",
        "workflow": "Accounts payable intake",
        "document": "acme-invoice-0042.pdf",
        "file": "file_Qm3Vt8RkLs2Hd6Np",
        "run": "workflow_run_Ys6Kd3Mn0Pf8",
        "status": "FAILED",
        "cause": "FAILED_TO_PROCESS_FILE",
        "errors": ("The file at the supplied address could not be downloaded.",),
        "last_error": "The file at the supplied address could not be downloaded.",
        "reviewed": False,
        "url": "https://dashboard.extend.ai/workflows/workflow_run_Ys6Kd3Mn0Pf8",
    }


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("2026-02-09/workflow_run.rejected", {"user": "dana@example.com", "note": "Not an invoice", "reviewed": True}),
        ("2025-04-21/workflow_run.rejected", {"user": "dana@example.com", "note": "Not an invoice", "reviewed": True}),
        ("2024-12-23/workflow_run.rejected", {"user": "user_123", "run": "workflow_run_Anc9"}),
        ("2026-02-09/workflow_run.completed.in-batch", {"batch": "batch_7Ws31-F5", "run": "workflow_run_Ys6Kd3Mn0Pf8"}),
        ("2025-04-21/workflow_run.completed", {"batch": "batch_7Ws31-F5", "workflow": "Accounts payable intake"}),
        ("2026-02-09/batch_parse_run.failed", {"run": "bpar_Yd1Kw4Mz8", "batch": "bpar_Yd1Kw4Mz8"}),
        ("2026-02-09/classify_run.processed", {"score": 0.62, "tag": "invoice", "workflow": "Mailroom sorter"}),
        (
            "2025-04-21/processor_run.processed.classify",
            {"score": 0.62, "tag": "invoice", "workflow": "Invoice fields"},
        ),
        ("2026-02-09/split_run.failed", {"workflow": "Packet splitter", "cause": "INTERNAL_ERROR"}),
        ("2026-02-09/parse_run.failed", {"cause": "PASSWORD_PROTECTED_FILE", "run": "pr_Gk7Vb2Me0"}),
        ("2025-04-21/parser_run.failed", {"cause": "CORRUPT_FILE", "run": "parser_run_Gk7Vb2Md9"}),
        ("2026-02-09/edit_run.failed", {"document": "w9.pdf", "file": "file_Ed1", "cause": "EMPTY_SCHEMA"}),
        ("2026-02-09/extractor.created", {"workflow": "Invoice fields"}),
        ("2025-04-21/processor.version.published", {"workflow": "Invoice fields"}),
        ("2026-02-09/workflow.deployed", {"workflow": "Accounts payable intake"}),
        (
            "2026-02-09/workflow_run.step_run.processed.classify",
            {"step": "Classify", "step_type": "CLASSIFY", "score": 0.62, "tag": "invoice"},
        ),
        (
            "2026-02-09/workflow_run.step_run.processed",
            {"run": "workflow_run_Ys6Kd3Mn0Pf8", "step": "Extract invoice", "company": "acme"},
        ),
        (
            "2026-02-09/workflow_run.step_run.processed.rule_validation-failed-rule",
            {"valid": False, "last_error": "Total equals lines", "step_type": "RULE_VALIDATION"},
        ),
        (
            "2026-02-09/workflow_run.step_run.processed.validation",
            {"valid": False, "errors": ("Due date in future",), "step_type": "VALIDATION"},
        ),
        (
            "2025-04-21/workflow_run.step_run.processed",
            {"valid": False, "step": "Check totals", "errors": ("Total equals lines",)},
        ),
    ],
)
def test_fields_of_one_sample(label: str, expected: dict[str, Any]) -> None:
    fields = read(label)

    assert {name: fields.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("label", "missing"),
    [
        ("2026-02-09/extract_run.failed", {"document", "file"}),
        ("2026-02-09/extract_run.processed.inline-config", {"workflow", "company"}),
        ("2026-02-09/workflow_run.completed", {"cause", "errors", "last_error", "batch", "user", "note"}),
        ("2026-02-09/workflow_run.step_run.processed.external_data_validation", {"valid", "url", "workflow"}),
        ("2025-04-21/workflow_run.step_run.processed", {"run"}),
        ("2026-02-09/extract_run.processed", {"score", "tag"}),
    ],
)
def test_what_is_null_or_absent_is_missing(label: str, missing: set[str]) -> None:
    assert not missing & read(label).keys()


@pytest.mark.parametrize(
    ("label", "outcomes"),
    [
        ("2026-02-09/workflow_run.step_run.processed", (Outcome.PROGRESS,)),
        ("2026-02-09/workflow_run.step_run.processed.failed-no-result", (Outcome.PROGRESS, Outcome.STEP_FAILED)),
        ("2026-02-09/workflow_run.step_run.processed.validation", (Outcome.PROGRESS, Outcome.VALIDATION_FAILED)),
        ("2025-04-21/workflow_run.step_run.processed", (Outcome.PROGRESS, Outcome.VALIDATION_FAILED)),
    ],
)
def test_outcomes_that_only_the_content_of_a_step_tells(label: str, outcomes: tuple[Outcome, ...]) -> None:
    assert extend().read(sample(f"extend/{label}")).event.outcomes == outcomes


@pytest.mark.parametrize(
    ("label", "occurred_at"),
    [
        ("2026-02-09/workflow_run.failed", 1_773_129_701_302),
        ("2026-02-09/workflow_run.completed.after-review", 1_773_133_975_008),
        ("2025-04-21/workflow_run.rejected", 1_773_133_975_008),
        ("2026-02-09/extract_run.failed", 1_773_129_701_302),
        ("2026-02-09/workflow.created", 1_772_359_200_000),
        ("2026-02-09/extractor.version.published", 1_771_581_600_000),
        ("2026-02-09/workflow_run.needs_review", None),
        ("2026-02-09/batch_parse_run.failed", None),
    ],
)
def test_when_it_happened_is_never_when_the_run_began(label: str, occurred_at: int | None) -> None:
    assert extend().read(sample(f"extend/{label}")).event.occurred_at == occurred_at


def test_raw_is_the_payload_and_the_body_is_stored_as_received() -> None:
    body = sample("extend/2026-02-09/workflow_run.failed")

    reading = extend().read(body)

    assert reading.event.raw == msgspec.json.decode(body)["payload"]
    assert reading.body is body
    assert reading.reference is None
    assert reading.event.details is Details.WHOLE
