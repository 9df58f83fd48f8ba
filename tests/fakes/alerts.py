"""Alerts for tests, ready to be drawn."""

from __future__ import annotations

from typing import Any

from bot.core.rule import Severity
from bot.core.state import Alert, Shown
from tests.fakes.virtual import START_MS


def alert(number: int = 1, **parts: Any) -> Alert:
    """Return an alert on a job that ran out of retries; `number` tells alerts apart."""
    given: dict[str, Any] = {
        "alert_id": f"al_{number:04d}",
        "rule": "exceeded-retries",
        "fingerprint": f"f{number}",
        "slice_key": f"exceeded-retries\x1fJ{number}",
        "key": (("job", f"J{number}"),),
        "title": f"Acme: Alfred job J{number} out of retries after 6 tries",
        "severity": Severity.CRITICAL,
        "fired_at": START_MS,
        "last_at": START_MS,
        "shown": (Shown("stage", "extraction"), Shown("file_count", 3)),
        "description": "The platform will not try again by itself.",
        "url": f"https://alfred.example.com/jobs/J{number}",
        "source": "alfred",
        "environment": "prod",
        "event_type": "alfred.job.exceeded_retries",
        "subject": f"J{number}",
        "outcome": "exceeded_retries",
        "channels": ("doc-alerts",),
    }
    return Alert(**given | parts)
