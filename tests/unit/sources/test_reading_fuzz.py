"""Whatever arrives, reading gives an event that can be kept or says that it cannot: never another exception."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.fields import FIELDS, FieldType
from bot.errors import UnreadableError
from bot.sources import Source
from tests.tools.samples import alfred, all_samples, extend

SOURCES = (
    extend(link="https://x.example/{run}", drop=("metadata",)),
    extend(),
    alfred(link="https://x.example/{job}", more_types=("alfred.job.paused",)),
)
BODIES = [sample.body for sample in all_samples()]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=10,
)


def keys_of(value: Any) -> set[str]:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set(value if isinstance(value, dict) else ()) | {key for child in children for key in keys_of(child)}


KEYS = sorted(
    set().union(*(keys_of(msgspec.json.decode(body)) for body in BODIES)) | {"workflowRunId", "processorType"}
)
NAMES = sorted(
    {str(decoded.get("eventType")) for decoded in map(msgspec.json.decode, BODIES)}
    | {str(decoded["event"]["event_name"]) for decoded in map(msgspec.json.decode, BODIES) if "event" in decoded}
)
WORDS = st.one_of(
    JSON, st.sampled_from([*NAMES, "FAILED", "EXTRACT", "RULE_VALIDATION", "false", "https://a.example/"])
)
OBJECTS: st.SearchStrategy[Any] = st.recursive(
    WORDS,
    lambda inner: st.dictionaries(st.sampled_from(KEYS), inner, max_size=8) | st.lists(inner, max_size=3),
    max_leaves=25,
)
ENVELOPES = st.fixed_dictionaries(
    {"eventType": st.sampled_from(NAMES) | JSON, "event_name": st.sampled_from(NAMES) | JSON},
    optional={"payload": OBJECTS, "event": OBJECTS, "eventId": JSON, "event_id": JSON, "event_time": JSON},
)


def fits(name: str, value: Any) -> bool:
    kinds: dict[FieldType, Any] = {FieldType.NUMBER: (int, float), FieldType.YES_NO: bool, FieldType.LIST: tuple}
    return isinstance(value, kinds.get(FIELDS[name], str)) and (FIELDS[name] is FieldType.YES_NO or value is not True)


def check(source: Source, body: bytes) -> None:
    try:
        reading = source.read(body)
    except UnreadableError:
        return
    event = reading.event
    assert event.type.startswith(source.kind + ".")
    assert len(event.type) <= 107
    assert all(fits(name, value) for name, value in event.fields.items())
    assert {"source", "environment"} <= event.fields.keys()
    assert msgspec.json.decode(msgspec.json.encode(event.fields)) is not None
    assert event.occurred_at is None or 0 <= event.occurred_at < 2**53
    again = source.read(reading.body)
    assert (again.event.type, again.event.fields, again.event.raw) == (event.type, event.fields, event.raw)
    assert again.body == reading.body


@given(st.binary(max_size=200))
def test_any_bytes(body: bytes) -> None:
    for source in SOURCES:
        check(source, body)
        source.handshake(body)


@given(JSON)
def test_any_json(value: Any) -> None:
    body = msgspec.json.encode(value)
    for source in SOURCES:
        check(source, body)
        source.handshake(body)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(ENVELOPES)
def test_any_values_where_fields_stand(envelope: dict[str, Any]) -> None:
    body = msgspec.json.encode(envelope)
    for source in SOURCES:
        check(source, body)


@given(st.data())
def test_any_damage_to_a_real_delivery(data: st.DataObject) -> None:
    body = bytearray(data.draw(st.sampled_from(BODIES)))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(body) - 1))
        body[place : place + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=6))
        if not body:
            break
    for source in SOURCES:
        check(source, bytes(body))


@given(st.one_of(st.binary(max_size=100), JSON.map(msgspec.json.encode), OBJECTS.map(msgspec.json.encode)))
def test_any_fetched_payload(payload: bytes) -> None:
    envelope = extend().read(b'{"eventType":"processor_run.failed","payload":"https://a.example/"}').event
    try:
        event, body = extend().complete(envelope, payload)
    except UnreadableError:
        return
    assert event.event_id == envelope.event_id
    assert extend().read(body).event.fields == event.fields


@pytest.mark.parametrize("value", ["9" * 4_000, "-" + "9" * 40, "1e-999", "0.1", "1" * 25])
def test_numbers_beyond_64_bits_hurt_nothing(value: str) -> None:
    job = f'{{"event_name":"job_failed_event","retries":{value},"file_count":"{value}","content":1,"n":{value}}}'
    run = f'{{"id":{value},"output":{{"confidence":{value}}}}}'

    check(alfred(), f'{{"event":{job}}}'.encode())
    check(extend(), f'{{"eventType":"classify_run.failed","payload":{run}}}'.encode())
