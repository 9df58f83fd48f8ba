"""Extend's source beyond the samples: unknown types, company paths, references, completion."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import pytest

from bot.core.catalogue import UNTOLD_TYPES, Outcome
from bot.core.identity import event_id
from bot.core.inputs import Details, Event
from bot.errors import NotAuthenticError, UnreadableError
from bot.sources import Reading
from bot.sources.signature import signed_headers
from tests.tools.samples import NOW_MS, SECRET, TOKEN, extend, sample

ADDRESS = "https://payloads.example.com/ev?X-Amz-Signature=00"


def delivery(event_type: Any = "workflow_run.failed", payload: Any = None, **more: Any) -> bytes:
    return msgspec.json.encode({"eventId": "event_1", "eventType": event_type, "payload": payload, **more})


def read(event_type: Any = "workflow_run.failed", payload: Any = None, *, envelope: Any = None, **told: Any) -> Event:
    return extend(**told).read(delivery(event_type, payload, **(envelope or {}))).event


def test_same_source_type_and_provider_id_are_one_event_and_another_type_is_another() -> None:
    first, again = read("workflow_run.failed", {"id": "a"}), read("workflow_run.failed", {"id": "b"})

    assert first.event_id == again.event_id == event_id("extend", "extend.workflow_run.failed", "event_1")
    assert read("workflow_run.completed").event_id != first.event_id
    assert read("workflow_run.failed", name="other").event_id != first.event_id


@pytest.mark.parametrize("provider_id", [None, "", "  ", True, [], {}])
def test_without_an_id_the_body_is_the_id(provider_id: Any) -> None:
    body = msgspec.json.encode({"eventType": "workflow_run.failed", "eventId": provider_id, "payload": {}})

    expected = event_id("extend", "extend.workflow_run.failed", "sha256:" + hashlib.sha256(body).hexdigest())
    assert extend().read(body).event.event_id == expected


@pytest.mark.parametrize(
    ("wire", "payload", "expected"),
    [
        ("processor_run.failed", {"type": "EXTRACT"}, "extend.extract_run.failed"),
        ("processor_run.processed", {"type": "classify"}, "extend.classify_run.processed"),
        ("processor_run.failed", {"type": "SPLITTER"}, "extend.split_run.failed"),
        ("processor_run.failed", {"type": "INSTRUCT_QA"}, "extend.processor_run.failed"),
        ("processor_run.failed", {"type": ["EXTRACT"]}, "extend.processor_run.failed"),
        ("processor_run.failed", {"config": {"type": "CLASSIFY"}}, "extend.classify_run.failed"),
        ("processor_run.failed", None, "extend.processor_run.failed"),
        ("processor.created", {"type": "SPLITTER"}, "extend.splitter.created"),
        ("processor.draft.updated", {"draftVersion": {"type": "CLASSIFY"}}, "extend.classifier.draft.updated"),
        ("processor.updated", {"draftVersion": {"processorType": "EXTRACT"}}, "extend.extractor.updated"),
        ("processor.version.published", {"processorType": "EXTRACT"}, "extend.extractor.version.published"),
        ("processor.deleted", {"id": "dp_1"}, "extend.processor.deleted"),
        ("parser_run.failed", {}, "extend.parse_run.failed"),
        ("Workflow_Run.Failed ", {}, "extend.workflow_run.failed"),
        ("verify_run.failed", {}, "extend.verify_run.failed"),
        ("workflow_run.failed\n<!channel>", {}, "extend.workflow_run.failed___channel"),
        ("ünïcode.\u202eevil", {}, "extend.n_code._evil"),
        ("x" * 500, {}, "extend." + "x" * 100),
        ("İ" * 300, {}, "extend.i" + "_i" * 49),
        ("…", {}, "extend.unnamed"),
        ("..", {}, "extend.unnamed"),
    ],
)
def test_wire_names_become_our_types(wire: str, payload: Any, expected: str) -> None:
    assert read(wire, payload).type == expected


@pytest.mark.parametrize("event_type", sorted(UNTOLD_TYPES))
def test_an_untold_type_keeps_its_outcome(event_type: str) -> None:
    event = read(event_type.removeprefix("extend."), {"id": "dp_1"})

    assert (event.type, event.outcomes) == (event_type, (UNTOLD_TYPES[event_type],))


def test_an_unknown_type_has_no_outcome_and_keeps_everything() -> None:
    payload = {"id": "vr_1", "status": "HALTED", "metadata": {"tenant": "acme"}, "novel": {"deep": [1, {"x": None}]}}

    event = read("verify_run.halted", payload)

    assert event.outcomes == ()
    assert event.raw == payload
    assert event.fields == {
        "source": "extend",
        "environment": "prod",
        "run": "vr_1",
        "status": "HALTED",
        "company": "acme",
    }


def test_an_unknown_thing_that_is_no_run_has_no_run() -> None:
    assert read("evaluation.finished", {"id": "ev_1", "name": "n"}).fields.keys() == {"source", "environment"}


@pytest.mark.parametrize("event_type", [None, 1, "", "  ", ["workflow_run.failed"], {}])
def test_a_body_without_event_type_is_unreadable(event_type: Any) -> None:
    with pytest.raises(UnreadableError, match="eventType"):
        read(event_type)


@pytest.mark.parametrize("payload", [None, [], [1], 7, "text", True, {}])
def test_an_event_without_a_usable_payload_is_still_that_event(payload: Any) -> None:
    event = read("workflow_run.failed", payload)

    assert event.outcomes == (Outcome.FAILED,)
    assert event.raw == payload
    assert event.fields == {"source": "extend", "environment": "prod"}


@pytest.mark.parametrize(
    ("metadata", "company"),
    [
        ({"company": "A", "tenant": "B"}, "A"),
        ({"company": None, "tenant": "B"}, "B"),
        ({"company": "", "tenant": "B"}, "B"),
        ({"company": "  ", "tenant": "B"}, "B"),
        ({"company": {"name": "A"}, "tenant": "B"}, "B"),
        ({"company": ["A"], "tenant": "B"}, "B"),
        ({"company": True, "tenant": "B"}, "B"),
        ({"company": 42}, "42"),
        ({"company": 0}, "0"),
        ({}, None),
        (None, None),
        ("company", None),
        ([{"company": "A"}], None),
    ],
)
def test_the_first_present_company_path_wins(metadata: Any, company: str | None) -> None:
    assert read(payload={"metadata": metadata}).fields.get("company") == company


def test_company_paths_go_as_deep_as_configured() -> None:
    event = read(payload={"workflow": {"owner": {"team": "T"}}}, company=("workflow.owner.team",))

    assert event.fields["company"] == "T"


def test_a_step_takes_the_run_of_its_envelope_when_the_payload_has_none() -> None:
    wire = "workflow_run.step_run.processed"

    assert read(wire, {"id": "s"}, envelope={"workflowRunId": "wr_1"}).fields["run"] == "wr_1"
    assert read(wire, {"workflowRunId": "wr_2"}, envelope={"workflowRunId": "wr_1"}).fields["run"] == "wr_2"


def test_a_step_takes_cause_and_message_from_the_run_inside_it() -> None:
    nested = {"extractRun": {"failureReason": "OCR_ERROR", "failureMessage": "blurred", "metadata": {"company": "A"}}}

    fields = read("workflow_run.step_run.processed", {"status": "FAILED", "result": nested}).fields

    assert fields["cause"] == "OCR_ERROR"
    assert (fields["last_error"], fields["errors"]) == ("blurred", ("blurred",))
    assert fields["company"] == "A"


@pytest.mark.parametrize(
    ("status", "failed"),
    [("FAILED", True), ("INVALIDATED", True), ("failed", True), ("PROCESSED", False), ("CANCELLED", False), (7, False)],
)
def test_which_status_makes_a_step_failed(status: Any, failed: bool) -> None:
    outcomes = read("workflow_run.step_run.processed", {"status": status}).outcomes

    assert (Outcome.STEP_FAILED in outcomes) is failed
    assert Outcome.FAILED not in outcomes


@pytest.mark.parametrize(
    ("step_type", "result", "valid"),
    [
        ("RULE_VALIDATION", {"allPassed": True, "rules": [{"valid": False}]}, True),
        ("RULE_VALIDATION", {"allPassed": "false"}, False),
        ("RULE_VALIDATION", {"rules": [{"valid": True}, {"valid": False, "name": "r"}]}, False),
        ("RULE_VALIDATION", {"rules": [{"valid": True}, {"valid": True}]}, True),
        ("RULE_VALIDATION", {"rules": []}, None),
        ("RULE_VALIDATION", {"rules": [{"name": "no verdict"}, 7]}, None),
        ("VALIDATION", {"valid": False, "blocks": [{"name": "b", "valid": False}]}, False),
        ("VALIDATION", {"valid": True}, True),
        ("VALIDATION", None, None),
        ("EXTERNAL_DATA_VALIDATION", {"valid": False}, None),
        ("EXTRACT", {"valid": False}, None),
        (None, {"valid": False}, False),
    ],
)
def test_what_a_validation_says(step_type: str | None, result: Any, valid: bool | None) -> None:
    event = read("workflow_run.step_run.processed", {"stepType": step_type, "result": result})

    assert event.fields.get("valid") is valid
    assert (Outcome.VALIDATION_FAILED in event.outcomes) is (valid is False)


def test_a_step_that_failed_and_failed_validation_has_both_outcomes() -> None:
    event = read("workflow_run.step_run.processed", {"status": "FAILED", "result": {"valid": False}})

    assert event.outcomes == (Outcome.PROGRESS, Outcome.STEP_FAILED, Outcome.VALIDATION_FAILED)


@pytest.mark.parametrize(
    ("payload", "url"),
    [
        ({"id": "a b/c", "dashboardUrl": "https://d/1", "url": "https://u/1"}, "https://d/1"),
        ({"id": "a b/c", "url": "https://u/1"}, "https://u/1"),
        ({"id": "a b/c"}, "https://x.example/run/a%20b%2Fc?f="),
        ({"id": "ü{job}"}, "https://x.example/run/%C3%BC%7Bjob%7D?f="),
        ({}, None),
    ],
)
def test_the_link_of_the_source_stands_in_for_a_missing_address(payload: Any, url: str | None) -> None:
    assert read(payload=payload, link="https://x.example/run/{run}?f=").fields.get("url") == url


def test_dropped_fields_are_in_nothing_that_is_kept() -> None:
    payload = {"id": "r", "rejectionNote": "secret", "stepRuns": [{"rejectionNote": "secret", "x": 1}]}

    reading = extend(drop=("rejectionNote",)).read(delivery(payload=payload))

    assert b"secret" not in reading.body
    assert b"secret" not in msgspec.json.encode(reading.event)
    assert reading.event.raw == {"id": "r", "stepRuns": [{"x": 1}]}


@pytest.mark.parametrize("nothing", ["null", "None", "undefined", "nil ", "\u200b", "\u202e\u2069"])
def test_a_text_that_says_nothing_is_a_missing_field(nothing: str) -> None:
    said = dict.fromkeys(("id", "status", "name", "failureMessage", "batchId", "reviewedBy", "rejectionNote"), nothing)
    payload = {**said, "workflow": {"name": nothing}, "file": {"id": nothing, "name": nothing}}

    fields = read(payload={**payload, "metadata": {"company": nothing, "tenant": "B"}}).fields

    assert fields == {"source": "extend", "environment": "prod", "company": "B"}


def test_of_an_unreadable_body_no_dropped_value_is_kept() -> None:
    source = extend(drop=("rejectionNote",))

    assert source.keepable(b'{"payload": {"rejectionNote": "secret", "id": 1}}') == b'{"payload":{"id":1}}'
    assert b"secret" not in source.keepable(b'{"payload": {"rejectionNote": "secret')
    assert extend().keepable(b'{"payload": {"rejectionNote": "kept') == b'{"payload": {"rejectionNote": "kept'


# Payload by reference


def by_reference(payload: Any, event_type: str = "workflow_run.failed", **more: Any) -> Reading:
    return extend().read(delivery(event_type, payload, **more))


@pytest.mark.parametrize(
    ("payload", "run"),
    [
        ({"object": "signed_data_url", "data": ADDRESS, "id": "wr_1", "metadata": {"tenant": "acme"}}, "wr_1"),
        ({"data": ADDRESS}, None),
        (ADDRESS, None),
        ("HTTPS://payloads.example.com/x", None),
        ("http://payloads.example.com/x", None),
    ],
)
def test_the_three_shapes_of_a_reference(payload: Any, run: str | None) -> None:
    reading = by_reference(payload)

    assert reading.reference == (payload["data"] if isinstance(payload, dict) else payload)
    assert reading.event.details is Details.ENVELOPE
    assert reading.event.outcomes == (Outcome.FAILED,)
    assert reading.event.fields.get("run") == run
    assert reading.event.fields.get("company") == ("acme" if run else None)


def test_the_address_of_a_payload_is_in_no_field_and_no_raw() -> None:
    for payload in (ADDRESS, {"data": ADDRESS}, {"object": "signed_data_url", "data": ADDRESS, "id": "wr_1"}):
        assert b"payloads.example.com" not in msgspec.json.encode(by_reference(payload).event)


@pytest.mark.parametrize(
    "payload",
    [
        {"object": "workflow_run", "data": ADDRESS, "id": "wr_1"},
        {"data": ADDRESS, "id": "wr_1", "status": "FAILED"},
        {"data": "no address"},
        {"data": None},
        "ftp://payloads.example.com/x",
        "see https://payloads.example.com/x",
    ],
)
def test_what_only_looks_like_a_reference_is_a_payload(payload: Any) -> None:
    reading = by_reference(payload)

    assert reading.reference is None
    assert reading.event.details is Details.WHOLE
    assert reading.event.raw == payload


def test_a_reference_without_an_address_says_that_details_are_missing() -> None:
    reading = by_reference({"object": "signed_data_url", "id": "wr_1"})

    assert (reading.reference, reading.event.details) == (None, Details.ENVELOPE)
    assert reading.event.fields["run"] == "wr_1"


def test_a_step_by_reference_never_takes_the_id_of_the_reference_for_its_run() -> None:
    payload = {"object": "signed_data_url", "data": ADDRESS, "id": "step_1"}
    wire = "workflow_run.step_run.processed"

    assert "run" not in by_reference(payload, wire).event.fields
    assert by_reference(payload, wire, workflowRunId="wr_1").event.fields["run"] == "wr_1"


def whole_of(label: str) -> bytes:
    return msgspec.json.encode(msgspec.json.decode(sample(f"extend/{label}"))["payload"])


def test_a_completed_event_is_what_it_would_have_been_inline() -> None:
    envelope = msgspec.structs.replace(by_reference({"data": ADDRESS}).event, at=77)
    inline = extend().read(delivery(payload=msgspec.json.decode(whole_of("2026-02-09/workflow_run.failed")))).event

    event, body = extend().complete(envelope, whole_of("2026-02-09/workflow_run.failed"))

    assert event.raw == inline.raw
    assert event == msgspec.structs.replace(inline, at=77, payload=event.payload)
    again = extend().read(body).event
    assert (again.type, again.fields, again.raw) == (event.type, event.fields, event.raw)


def test_what_the_signed_envelope_says_wins_over_the_fetched_payload() -> None:
    reference = {"object": "signed_data_url", "data": ADDRESS, "id": "wr_1", "metadata": {"tenant": "signed"}}
    payload = msgspec.json.encode({"id": "wr_other", "metadata": {"tenant": "other"}, "status": "FAILED"})

    event, _ = extend().complete(by_reference(reference).event, payload)

    assert event.fields["run"] == "wr_1"
    assert event.fields["company"] == "signed"
    assert event.fields["status"] == "FAILED"


def test_completion_tells_the_kind_that_an_older_envelope_did_not() -> None:
    envelope = by_reference({"data": ADDRESS}, "processor_run.failed").event

    event, body = extend().complete(envelope, whole_of("2025-04-21/processor_run.failed"))

    assert envelope.type == "extend.processor_run.failed"
    assert event.type == "extend.extract_run.failed"
    assert event.event_id == envelope.event_id
    assert extend().read(body).event.type == event.type


def test_a_fetched_payload_loses_its_dropped_fields_too() -> None:
    event, body = extend(drop=("stepRuns",)).complete(
        by_reference({"data": ADDRESS}).event, b'{"id": "r", "stepRuns": ["secret"]}'
    )

    assert b"secret" not in body
    assert event.raw == {"id": "r"}


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b"null", b"<html>", b"\xff", b'{"object":"signed_data_url"}', b"[" * 9999]
)
def test_a_fetched_payload_that_is_none_is_unreadable(payload: bytes) -> None:
    with pytest.raises(UnreadableError):
        extend().complete(by_reference({"data": ADDRESS}).event, payload)


# Authenticity


def test_a_token_is_a_second_lock_where_one_is_configured() -> None:
    body = delivery()
    headers = signed_headers(SECRET, body, NOW_MS // 1000)

    extend(token=TOKEN).verify(headers, body, TOKEN.decode(), NOW_MS)
    for wrong in (None, "", "wrong", TOKEN.decode() + "x"):
        with pytest.raises(NotAuthenticError):
            extend(token=TOKEN).verify(headers, body, wrong, NOW_MS)
    with pytest.raises(NotAuthenticError):
        extend(token=TOKEN).verify({}, body, TOKEN.decode(), NOW_MS)


def test_a_token_where_none_is_configured_is_refused() -> None:
    body = delivery()
    headers = signed_headers(SECRET, body, NOW_MS // 1000)

    extend().verify(headers, body, None, NOW_MS)
    with pytest.raises(NotAuthenticError):
        extend().verify(headers, body, "anything", NOW_MS)


def test_extend_asks_for_no_handshake() -> None:
    assert extend().handshake(sample("alfred/url_verification")) is None


def test_of_two_payloads_fields_and_raw_both_take_the_last() -> None:
    event = extend().read(b'{"eventType":"workflow_run.failed","payload":{"id":"a"},"payload":{"id":"b"}}').event

    assert (event.fields["run"], event.raw) == ("b", {"id": "b"})
