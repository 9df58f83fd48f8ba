"""Samples are found by the names people know, and each sending of one is a new event."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.cli import samples
from bot.cli.freshening import new_event
from bot.errors import UsageError

NOW = 1_800_000_000_000


@pytest.mark.parametrize(
    "name",
    ["job_exceeded_retries", "job_exceeded_retries_event", "job_exceeded_retries_event.json"],
)
def test_an_alfred_sample_is_found_with_and_without_its_endings(name: str) -> None:
    found = samples.read(name, "alfred")
    assert json.loads(found.body)["event"]["event_name"] == "job_exceeded_retries_event"


def test_an_extend_sample_without_a_version_is_the_newest() -> None:
    newest = samples.read("2026-02-09/workflow_run.failed", "extend")
    assert samples.read("workflow_run.failed", "extend").body == newest.body
    assert samples.read("2024-12-23/workflow_run.failed", "extend").body != newest.body


def test_a_sample_is_found_without_naming_its_kind() -> None:
    assert samples.read("job_failed").kind == "alfred"
    assert samples.read("workflow_run.failed").kind == "extend"


def test_a_misspelt_sample_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(UsageError, match="did you mean job_exceeded_retries"):
        samples.read("job_exeeded_retries", "alfred")


def test_a_path_is_a_file(tmp_path: Path) -> None:
    file = tmp_path / "own.json"
    file.write_bytes(b"{}")
    assert samples.read(str(file), "extend").body == b"{}"


def test_every_sample_can_be_named() -> None:
    for kind in ("extend", "alfred"):
        for name in samples.names(kind):
            assert samples.find(name, kind) is not None


def test_each_sending_has_an_id_of_its_own() -> None:
    body = samples.read("job_failed").body
    ids = {json.loads(new_event(body))["event_id"] for _ in range(5)}
    assert len(ids) == 5


def test_the_times_of_a_sample_end_now_and_keep_their_distances() -> None:
    event = json.loads(new_event(samples.read("workflow_run.failed").body, now_ms=NOW))["payload"]
    assert event["endTime"] == "2027-01-15T08:00:00.000Z"
    assert event["startTime"] == "2027-01-15T07:58:22.568Z"


@pytest.mark.parametrize(("name", "wanted"), [("job_failed", "1800000000.00"), ("alfred_event_job_start", 1.8e9)])
def test_alfreds_event_time_keeps_its_type(name: str, wanted: str | float) -> None:
    assert json.loads(new_event(samples.read(name).body, now_ms=NOW))["event_time"] == wanted


def test_values_are_set_by_path_from_the_top_or_from_inside() -> None:
    body = b'{"eventId":"e","payload":{"id":"r","metadata":{"tenant":"a"}}}'
    event = json.loads(new_event(body, ["payload.metadata.tenant=b", "id=r2", "metadata.page=3", "metadata.x.y=true"]))
    assert event["payload"] == {"id": "r2", "metadata": {"tenant": "b", "page": 3, "x": {"y": True}}}


def test_a_body_that_is_no_object_is_sent_as_it_is() -> None:
    assert new_event(b"[1") == b"[1"
    with pytest.raises(UsageError, match="JSON object"):
        new_event(b"[1", ["a=b"])


@pytest.mark.parametrize("text", ["no-equals", "=x", "id.deeper=1"])
def test_an_assignment_that_cannot_be_done_is_said(text: str) -> None:
    with pytest.raises(UsageError):
        new_event(b'{"id":"x"}', [text])
