"""Extend deliveries as whole HTTP requests, signed before the clock starts. All times on the wire are Unix seconds."""

from __future__ import annotations

import hmac
import json
import time
from dataclasses import dataclass
from typing import Any, Final

SECRET: Final = "wss_bench"
SOURCE_PATH: Final = "/hooks/extend"
COMPANIES: Final = 50
# Signed a little ahead, so that the last request of a long round is still fresh (the bot allows 60 s).
_AHEAD_S: Final = 30
_MARKS: Final = (b"@EVENT@", b"@RUN@", b"@COMPANY@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Which requests to make: `count` of them with bodies of about `size` bytes, numbered from `first`.

    One in `fires` is a failed run, the others are completed ones; 0 means none fails. `name` keeps ids of different
    batches apart.
    """

    name: str
    count: int
    size: int = 2_000
    fires: int = 100
    first: int = 0
    port: int = 0


def requests(batch: Batch) -> list[bytes]:
    """Return the requests of a batch, each with ids of its own, ready to be written to a connection."""
    completed, failed = _template("completed", batch.size), _template("failed", batch.size)
    stamp = str(int(time.time()) + _AHEAD_S).encode()
    keyed = hmac.new(SECRET.encode(), b"v0:" + stamp + b":", "sha256")
    return [
        _request(failed if fires(batch, n) else completed, batch, n, keyed, stamp)
        for n in range(batch.first, batch.first + batch.count)
    ]


def fires(batch: Batch, number: int) -> bool:
    """Say whether a request of a batch is about a failed run."""
    return batch.fires > 0 and number % batch.fires == 0


def run_id(batch: Batch, number: int) -> str:
    """Return the id of the workflow run that a request is about; it is on the card of an alert."""
    return f"workflow_run_{batch.name}{number:07d}"


def company(number: int, per: int) -> str:
    """Return whose run it is: one of COMPANIES, taking turns among those that fire (one in `per`)."""
    return f"company-{number // max(per, 1) % COMPANIES:02d}"


def _request(template: bytes, batch: Batch, number: int, keyed: hmac.HMAC, stamp: bytes) -> bytes:
    run = run_id(batch, number).encode()
    for mark, value in zip(_MARKS, (b"event_" + run, run, company(number, batch.fires).encode()), strict=True):
        template = template.replace(mark, value)
    signing = keyed.copy()
    signing.update(template)
    return b"".join(
        (
            b"POST %b HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % (SOURCE_PATH.encode(), batch.port),
            b"User-Agent: bench\r\nAccept: */*\r\nContent-Type: application/json\r\n",
            b"x-extend-request-timestamp: %b\r\n" % stamp,
            b"x-extend-request-signature: %b\r\n" % signing.hexdigest().encode(),
            b"Content-Length: %d\r\n\r\n" % len(template),
            template,
        )
    )


def _template(what: str, size: int) -> bytes:
    """Return a body with marks where ids go: a run with one extraction whose values fill it up to `size` bytes."""
    values: dict[str, Any] = {}
    body = _encoded(what, values)
    while len(body) < size - 100:
        number = len(values)
        values[f"line_item_{number}"] = {"description": f"Paper, A4, box {number}", "total": 12.5 * number, "tax": None}
        body = _encoded(what, values)
    return body


def _encoded(what: str, values: dict[str, Any]) -> bytes:
    return json.dumps(_body(what, values), separators=(",", ":")).encode()


def _body(what: str, values: dict[str, Any]) -> dict[str, Any]:
    failed = what == "failed"
    at = "2026-03-10T08:00:02.114Z"
    step = {"object": "workflow_step_run", "id": "step_run_Eq2Lb7", "stepType": "EXTRACT", "status": "PROCESSED"}
    payload = {
        "object": "workflow_run",
        "id": "@RUN@",
        "workflow": {"object": "workflow", "id": "workflow_Bn7Rk2Xw9Ls4", "name": "Accounts payable intake"},
        "workflowVersion": {"object": "workflow_version", "id": "workflow_version_Hc5Tq1Zd8", "version": "4"},
        "dashboardUrl": "https://dashboard.extend.ai/workflows/@RUN@",
        "status": "FAILED" if failed else "PROCESSED",
        "metadata": {"company": "@COMPANY@"},
        "files": [{"object": "file", "id": "file_Qm3Vt8RkLs2Hd6Np", "name": "invoice-0042.pdf", "type": "PDF"}],
        "failureReason": "INTERNAL_ERROR" if failed else None,
        "failureMessage": "Unexpected error." if failed else None,
        "initialRunAt": at,
        "reviewed": False,
        "startTime": at,
        "endTime": at,
        "stepRuns": [{**step, "result": {"extractRun": {"id": "exr_Rw8Jd5Cn3Xk1", "output": {"value": values}}}}],
        "usage": {"credits": 9},
    }
    return {"eventId": "@EVENT@", "eventType": f"workflow_run.{what}", "payload": payload}
