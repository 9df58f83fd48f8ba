"""Alfred's source: both dialects, nested and flat, the handshake, the token."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import msgspec
import pytest

from bot.core.catalogue import TYPES, Outcome, outcomes_of_type
from bot.core.identity import event_id
from bot.core.inputs import Event
from bot.errors import NotAuthenticError, UnreadableError
from bot.sources import token
from tests.tools.samples import TOKEN, alfred, all_samples, sample

ALFRED_TYPES = sorted(name for name in TYPES if name.startswith("alfred."))


def delivery(name: Any = "job_failed_event", **inner: Any) -> bytes:
    event = {"event_name": name, **inner}
    return msgspec.json.encode({"event_id": "e1", "event_type": "job_event_type", "event_time": "1.5", "event": event})


def flat(name: Any = "job_failed_event", **more: Any) -> bytes:
    return msgspec.json.encode({"event_id": "e1", "event_name": name, **more})


def read(name: Any = "job_failed_event", **inner: Any) -> Event:
    return alfred().read(delivery(name, **inner)).event


def label(name: str) -> Event:
    return alfred().read(sample(f"alfred/{name}")).event


def test_the_samples_cover_every_alfred_type() -> None:
    found = [s for s in all_samples() if s.platform == "alfred" and s.name != "url_verification"]

    assert {alfred().read(s.body).event.type for s in found} == set(ALFRED_TYPES)
    assert len(found) == 27
    assert len(ALFRED_TYPES) == 24


@pytest.mark.parametrize("event_type", ALFRED_TYPES)
@pytest.mark.parametrize("make", [delivery, flat], ids=["nested", "flat"])
def test_every_type_in_both_dialects_nested_and_flat(event_type: str, make: Any) -> None:
    name = event_type.removeprefix("alfred.").replace(".", "_")
    spellings = (f"{name}_event", f"alfred_event_{name}", name.upper(), f"Alfred_Event_{name}", f" {name}_event ")

    for spelling in spellings:
        event = alfred().read(make(spelling)).event
        assert (event.type, event.outcomes) == (event_type, outcomes_of_type(event_type))


def test_both_spellings_of_add_to_job_are_one_event() -> None:
    spellings = ("file_added_to_job_event", "file_add_to_job_event", "alfred_event_file_added_to_job")

    assert {read(name).type for name in spellings} == {"alfred.file.add_to_job"}
    assert len({read(name).event_id for name in spellings}) == 1


def test_one_id_under_two_names_is_two_events() -> None:
    create, stage = label("job_create_event"), label("job_stage_update_event")

    assert msgspec.json.decode(sample("alfred/job_create_event"))["event_id"].startswith("a1b2c3d4")
    assert create.event_id != stage.event_id
    assert create.event_id == event_id("alfred", "alfred.job.create", "a1b2c3d4-e5f6-g7h8-i9j0-k1l2m3n4o5p6")


def test_without_an_id_the_body_is_the_id() -> None:
    body = msgspec.json.encode({"event": {"event_name": "job_failed_event"}})
    expected = event_id("alfred", "alfred.job.failed", "sha256:" + hashlib.sha256(body).hexdigest())

    assert alfred().read(body).event.event_id == expected


@pytest.mark.parametrize(
    ("name", "family", "expected"),
    [
        ("bulk_task_created_event", "bulk_task_event_type", "alfred.bulk_task_created"),
        ("alfred_event_bulk_task_done", "x", "alfred.bulk_task_done"),
        ("job_paused_event", "job_event_type", "alfred.job_paused"),
        ("failed_event", "job_event_type", "alfred.job.failed"),
        ("failed", "file_event", "alfred.file.failed"),
        ("job_failed_event", "file_event_type", "alfred.job.failed"),
        (None, "bulk_task_event_type", "alfred.bulk_task"),
        (None, "job_failed_event", "alfred.job.failed"),
        ("<!here> \u202e*", "job_event", "alfred.here"),
        ("e" * 1_000, None, "alfred." + "e" * 100),
        ("_event", None, "alfred.event"),
    ],
)
def test_names_that_nobody_listed_are_kept(name: Any, family: Any, expected: str) -> None:
    event = (
        alfred().read(msgspec.json.encode({"event_type": family, "event": {"event_name": name, "job_id": "J"}})).event
    )

    assert event.type == expected
    assert event.fields["job"] == "J"
    assert event.outcomes == outcomes_of_type(expected)


def test_an_admitted_type_is_read_under_its_own_spelling() -> None:
    source = alfred(more_types=("alfred.job.paused", "extend.verify_run.failed"))

    for name in ("job_paused_event", "alfred_event_job_paused", "JOB_PAUSED"):
        assert source.read(delivery(name)).event.type == "alfred.job.paused"


@pytest.mark.parametrize("body", [b"{}", b'{"event": {}}', b'{"event_name": ""}', b'{"event": {"event_name": 7}}'])
def test_a_body_that_names_nothing_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableError, match="event_name"):
        alfred().read(body)


def test_an_exhausted_job_in_all_its_fields() -> None:
    event = label("job_exceeded_retries_event")

    assert event.fields == {
        "source": "alfred",
        "environment": "prod",
        "company": "Quarterly Ledger SRL",
        "company_id": "98765432-5432-5432-5432-5432109876fe",
        "job": "23456789-2345-2345-2345-2345678901de",
        "user": "maria_perez",
        "file_count": 75,
        "retries": 5,
        "exceeded_retries": True,
        "errors": ("OCR returned no text for page 3", "Extraction step timed out"),
        "cause": "OCR returned no text for page 3",
        "last_error": "Extraction step timed out",
    }
    assert event.occurred_at == 1_653_038_700_000
    assert event.raw == msgspec.json.decode(sample("alfred/job_exceeded_retries_event"))["event"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("job_stage_update_event", {"stage": "processing"}),
        ("job_create_event", {"file_count": 150, "user": "john_doe"}),
        ("file_category_create_event", {"score": 0.95, "file": "123e4567-e89b-12d3-a456-426614174002"}),
        ("file_change_tag_event", {"tag": "INVOICE", "score": 0.85}),
        ("file_failed_event", {"status": "failed", "document": "scan_0042.tiff", "tag": "RECEIPT", "score": 0.41}),
        ("file_update_event", {"file": "54321098-7654-7654-7654-432109876543", "document": "project_outline.docx"}),
        ("file_move_event", {"document": "annual_plan.docx"}),
        ("file_status_update_event", {"document": "policy.pdf", "status": "active"}),
        ("alfred_event_file_status_update", {"score": 0.7312, "status": "finished", "tag": "INVOICE"}),
        ("file_add_to_job_event", {"job": "123e4567-e89b-12d3-a456-4266141740aa"}),
    ],
)
def test_fields_of_one_sample(name: str, expected: dict[str, Any]) -> None:
    fields = label(name).fields

    assert {key: fields.get(key) for key in expected} == expected


@pytest.mark.parametrize(
    ("name", "exceeded", "expected"),
    [
        ("job_failed_event", "true", (Outcome.FAILED, Outcome.EXCEEDED_RETRIES)),
        ("job_failed_event", "false", (Outcome.FAILED,)),
        ("job_failed_event", "False", (Outcome.FAILED,)),
        ("job_failed_event", False, (Outcome.FAILED,)),
        ("job_failed_event", None, (Outcome.FAILED,)),
        ("job_failed_event", "perhaps", (Outcome.FAILED,)),
        ("alfred_event_job_retry", True, (Outcome.RETRYING, Outcome.EXCEEDED_RETRIES)),
        ("job_retry_event", "TRUE", (Outcome.RETRYING, Outcome.EXCEEDED_RETRIES)),
        ("job_retry_event", "0", (Outcome.RETRYING,)),
        ("job_invalid_event", "true", (Outcome.INVALID,)),
        ("job_exceeded_retries_event", "true", (Outcome.EXCEEDED_RETRIES,)),
        ("job_exceeded_retries_event", "false", (Outcome.EXCEEDED_RETRIES,)),
        ("file_failed_event", "true", (Outcome.FAILED,)),
        ("bulk_task_event", "true", ()),
    ],
)
def test_used_up_retries_are_an_outcome_where_they_mean_that(name: str, exceeded: Any, expected: Any) -> None:
    assert read(name, exceeded_retries=exceeded).outcomes == expected


@pytest.mark.parametrize(
    ("messages", "errors"),
    [
        (["a", "b", "c"], ("a", "b", "c")),
        (["a"], ("a",)),
        ("only one", ("only one",)),
        ([None, "", " ", {"x": 1}, ["y"], "b", 7], ("b", "7")),
        ([], None),
        (None, None),
        ({"message": "a"}, None),
    ],
)
def test_error_messages_in_order(messages: Any, errors: Any) -> None:
    fields = read(error_messages=messages).fields

    assert fields.get("errors") == errors
    assert fields.get("cause") == (errors[0] if errors else None)
    assert fields.get("last_error") == (errors[-1] if errors else None)


def test_of_very_many_errors_the_last_one_is_still_the_last() -> None:
    fields = read(error_messages=[f"e{n}" for n in range(1_000)]).fields

    assert fields["errors"] == tuple(f"e{n}" for n in range(100))
    assert fields["last_error"] == "e999"


@pytest.mark.parametrize(
    ("tags", "tag"),
    [
        ({"new_tag_name": "A", "tag_name": "B"}, "A"),
        ({"new_tag_name": "null", "tag_name": "B"}, "B"),
        ({"new_tag_name": "null"}, None),
        ({"tag_name": None}, None),
        ({"previous_tag_name": "A", "tag_being_removed_name": "B"}, None),
    ],
)
def test_the_word_null_is_no_tag(tags: Any, tag: str | None) -> None:
    assert read("file_change_tag_event", **tags).fields.get("tag") == tag


@pytest.mark.parametrize(
    ("inner", "document"),
    [
        ({"file_name": "a.pdf", "blob_name": "x/b.pdf"}, "a.pdf"),
        ({"file_name": None, "blob_name": "x/y/b.pdf"}, "b.pdf"),
        ({"blob_name": "x/"}, None),
        ({"blob_url": "https://storage.example.com/a.pdf?sig=1"}, None),
    ],
)
def test_a_document_is_a_name_and_never_an_address(inner: Any, document: str | None) -> None:
    assert read("file_failed_event", **inner).fields.get("document") == document


def test_a_flat_body_is_its_own_raw() -> None:
    body = flat(job_id="J", retries=3, event_time=1_653_139_800)

    event = alfred().read(body).event

    assert event.raw == msgspec.json.decode(body)
    assert (event.fields["job"], event.fields["retries"], event.occurred_at) == ("J", 3, 1_653_139_800_000)


@pytest.mark.parametrize("nested", ["text", 7, None, [], ["x"]])
def test_an_event_key_that_is_no_object_is_flat(nested: Any) -> None:
    assert alfred().read(flat(event=nested, job_id="J")).event.fields["job"] == "J"


@pytest.mark.parametrize(
    ("times", "occurred_at"),
    [
        ({"event_time": "1653139800.25"}, 1_653_139_800_250),
        ({"event_time": 1_653_139_800.5}, 1_653_139_800_500),
        ({"event_time": "soon", "update_date": "2023-05-21T16:40:00.1234567"}, 1_684_687_200_123),
        ({"event_time": None}, None),
        ({"creation_date": "2023-05-21T16:40:00Z"}, None),
    ],
)
def test_when_it_happened(times: Any, occurred_at: int | None) -> None:
    assert alfred().read(flat(**times)).event.occurred_at == occurred_at


@pytest.mark.parametrize("nothing", ["null", "None", " undefined ", "nil", "\u200b\u202e", "\x00"])
def test_a_text_that_says_nothing_is_a_missing_field(nothing: str) -> None:
    names = ("company_name", "company_id", "job_id", "file_id", "stage", "file_status", "user_name", "file_name")
    said = dict.fromkeys((*names, "tag_name", "blob_name"), nothing)

    fields = read(error_messages=[nothing], **said).fields

    assert fields.keys() == {"source", "environment"}


def test_an_id_that_is_the_word_null_is_no_id() -> None:
    first = alfred().read(flat(event_id="null", job_id="1")).event
    second = alfred().read(flat(event_id="null", job_id="2")).event

    assert first.event_id != second.event_id


def test_dropped_fields_are_in_no_body_that_is_kept() -> None:
    doubled = b'{"event_name": "x", "event": {"content": "secret"}, "event": {"event_name": "job_failed_event"}}'

    assert b"secret" not in alfred().read(doubled).body
    assert alfred().keepable(b'{"event": {"value": "secret"}}') == b'{"event":{}}'
    assert b"secret" not in alfred().keepable(b'{"event": {"value": "secret')


def test_company_paths_win_over_the_company_that_alfred_names() -> None:
    source = alfred(company=("metadata.client",))

    assert source.read(delivery(company_name="A", metadata={"client": "B"})).event.fields["company"] == "B"
    assert source.read(delivery(company_name="A", metadata="text")).event.fields["company"] == "A"


def test_the_link_is_made_from_the_job() -> None:
    source = alfred(link="https://alfred.example.com/jobs/{job}")

    assert source.read(delivery(job_id="a/b?c")).event.fields["url"] == "https://alfred.example.com/jobs/a%2Fb%3Fc"
    assert "url" not in source.read(delivery(file_id="f")).event.fields


@pytest.mark.parametrize("name", ["file_extracted_data_create_event", "file_property_delete_event"])
def test_text_of_documents_is_never_kept(name: str) -> None:
    body = sample(f"alfred/{name}")

    reading = alfred().read(body)

    stored = msgspec.json.decode(reading.body)
    assert not {"content", "value"} & stored["event"].keys()
    assert stored["event"].keys() | {"content", "value"} >= msgspec.json.decode(body)["event"].keys()
    assert b"High Confidential" not in reading.body + msgspec.json.encode(reading.event)
    assert b"extracted content" not in reading.body + msgspec.json.encode(reading.event)
    assert alfred().read(reading.body).event == reading.event


# Handshake and token


def test_the_handshake_is_recognised_and_its_challenge_returned() -> None:
    expected = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"

    assert alfred().handshake(sample("alfred/url_verification")) == expected


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"url_verification",
        b'["url_verification"]',
        b'{"type": "url_verification"}',
        b'{"type": "url_verification", "challenge": null}',
        b'{"type": "url_verification", "challenge": {"a": 1}}',
        b'{"type": "other", "challenge": "url_verification"}',
        b'{"event": {"type": "url_verification", "challenge": "x"}}',
        b'{"type": "url_verification", "challenge": "\xff"}',
    ],
)
def test_anything_else_is_no_handshake(body: bytes) -> None:
    assert alfred().handshake(body) is None


@pytest.mark.parametrize(
    "given", [None, "", "wrong", TOKEN.decode()[:-1], TOKEN.decode() + " ", "ü", "\udcff", chr(0xD800)]
)
def test_a_wrong_token_is_not_authentic(given: str | None) -> None:
    with pytest.raises(NotAuthenticError):
        alfred().verify({}, b"", given, 0)


def test_the_right_token_is_authentic_also_when_it_is_not_ascii() -> None:
    alfred().verify({}, b"", TOKEN.decode(), 0)
    alfred(token="schlüssel".encode()).verify({}, b"", "schlüssel", 0)


@pytest.mark.parametrize("configured", [None, b""])
@pytest.mark.parametrize("given", [None, "", "x"])
def test_without_a_configured_token_nothing_is_authentic(configured: bytes | None, given: str | None) -> None:
    with pytest.raises(NotAuthenticError):
        alfred(token=configured).verify({}, b"", given, 0)


def test_tokens_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(left: bytes, right: bytes) -> bool:
        compared.append((left, right))
        return left == right

    monkeypatch.setattr(token, "hmac", type("Spy", (), {"compare_digest": staticmethod(compare)}))
    alfred().verify({}, b"", TOKEN.decode(), 0)

    assert compared == [(TOKEN, TOKEN)]
    assert hmac.compare_digest is not compare


def test_alfred_has_nothing_to_complete() -> None:
    with pytest.raises(UnreadableError):
        alfred().complete(read(), b"{}")
