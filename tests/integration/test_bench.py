"""The benchmark measures what it says: its requests are authentic, its answers are counted, its table adds up."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.deciding import events_per_second
from bench.events import SECRET, Batch, requests, run_id
from bench.load import Order
from bench.processes import LOAD_CORE, load, module_server
from bench.table import Row, markdown
from bot.sources.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, Signatures

EXTEND = Signatures([SECRET.encode()])


@pytest.mark.parametrize("size", [2_000, 20_000])
def test_every_request_of_the_load_is_signed_fresh_and_of_its_size(size: int) -> None:
    for request in requests(Batch(name="test", count=3, size=size, fires=2)):
        head, body = request.split(b"\r\n\r\n", 1)
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])

        EXTEND.check(headers, body, int(headers[TIMESTAMP_HEADER]) * 1_000)
        assert headers["Content-Length"] == str(len(body))
        assert abs(len(body) - size) < 200
        assert len(headers[SIGNATURE_HEADER]) == 64


def test_one_request_in_so_many_is_a_failed_run_and_none_has_anothers_id() -> None:
    made = requests(Batch(name="test", count=200, fires=100, first=1_000))

    assert sum(b'"workflow_run.failed"' in request for request in made) == 2
    assert len(set(re.findall(rb'"eventId":"([^"]+)"', b"".join(made)))) == 200


def test_the_load_counts_every_answer_and_notes_what_failed_runs_met(tmp_path: Path) -> None:
    batch = Batch(name="test", count=250, fires=50)
    with module_server("bench.bare", tmp_path, LOAD_CORE) as server:
        aimed = Batch(name=batch.name, count=batch.count, fires=batch.fires, port=server.port)
        report = load(Order(batch=aimed, connections=8))
        paced = load(Order(batch=aimed, connections=8, rate=2_000))

    for told in (report, paced):
        assert told.statuses == {200: 250}
        assert len(told.latencies_us) == 250
        assert told.fired.keys() == {run_id(batch, number) for number in (0, 50, 100, 150, 200)}
        assert told.rate > 0


def test_the_core_is_measured_with_the_same_share_of_alerts_for_any_number_of_rules() -> None:
    assert events_per_second(10, 400) > 0
    assert events_per_second(1_000, 400, one_type=True) > 0


def test_a_missed_target_is_said() -> None:
    met, missed = Row("fast", "ms", [1.0, 2.0, 3.0], under=5), Row("slow", "events/s", [10.0], at_least=12)

    table = markdown([met, missed])

    assert "| fast     | 2.00 ms       | 1.00 to 3.00 | under 5.00: met       |" in table
    assert "MISSED" in table.splitlines()[3]
