"""What the pictures of the documentation show: one subject for each, drawn by the bot itself."""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.core.decisions import Reason
from bot.core.roundup import Member, Roundup, RoundupKind
from bot.core.rule import Severity
from bot.core.silence import Silence
from bot.core.state import Alert, AlertState, Hushed, Shown, Told
from bot.slack.card import draw
from bot.slack.setting import PLATFORM_HOSTS, Occasion, Setting

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
NOON: Final = 1_767_628_800_000  # Monday 2026-01-05 16:00 UTC: 12:00 in the zone below
_PEOPLE: Final = {"review-owner": "U0AN4REVI3W", "doc-oncall": "S0D0C0NCALL"}
SETTING: Final = Setting(
    zone=ZoneInfo("America/Santo_Domingo"),
    interactive=True,
    people=_PEOPLE,
    own_hosts=PLATFORM_HOSTS | {"alfred.example.com"},
)
NAMES: Final = {slack_id: name for name, slack_id in _PEOPLE.items()}  # Slack shows people by name


def payloads() -> dict[str, dict[str, Any]]:
    """Return each picture's payload by its name."""
    return {
        "firing": _drawn(_job()),
        "acknowledged": _drawn(_taken()),
        "silenced": _drawn(_hushed(), after=20 * MINUTE),
        "resolved": _drawn(_over(AlertState.RESOLVED, "finished"), after=42 * MINUTE),
        "expired": _drawn(_over(AlertState.EXPIRED, "nothing heard for 1d", 24 * HOUR), after=24 * HOUR),
        "counted": _drawn(_counted(), after=12 * MINUTE),
        "escalated": _drawn(_overdue(), Reason.ESCALATED, after=2 * HOUR, number=1, mention="review-owner"),
        "grouped": _drawn(_group(), after=5 * MINUTE),
        "handed-over": _drawn(_hand_over(), after=HOUR),
        "storm": _drawn(_storm(), after=5 * MINUTE),
        "silence": _drawn(_silence(), after=HOUR),
    }


def _drawn(subject: Alert | Roundup, reason: Reason = Reason.FIRST, after: int = 0, **parts: Any) -> dict[str, Any]:
    occasion = Occasion(delivery_id="dl_a8ced4fe0123456789ab", now_ms=NOON + after, reason=reason, **parts)
    return draw(subject, occasion, SETTING).payload()


def _job(**parts: Any) -> Alert:
    given: dict[str, Any] = {
        "alert_id": "al_3f1c0a9b7d5e2c4a6b8d",
        "rule": "exceeded-retries",
        "fingerprint": "f",
        "slice_key": "s",
        "key": (("job", "J-20418"),),
        "title": "Acme: Alfred job out of retries after 6 tries",
        "severity": Severity.CRITICAL,
        "fired_at": NOON,
        "last_at": NOON,
        "channels": ("doc-alerts",),
        "told": (Told("doc-alerts", "al_3f1c0a9b7d5e2c4a6b8d"),),
        "shown": (
            Shown("stage", "extraction", NOON - 7 * MINUTE),
            Shown("last_error", "Extraction step timed out"),
            Shown("file_count", 75),
        ),
        "description": "The platform will not try again by itself. Mend the cause, then start the job again.",
        "owner": "doc-oncall",
        "url": "https://alfred.example.com/jobs/J-20418",
        "environment": "prod",
        "event_type": "alfred.job.exceeded_retries",
        "subject": "J-20418",
    }
    return Alert(**given | parts)


def _taken() -> Alert:
    return _job(state=AlertState.ACKNOWLEDGED, acknowledged_by="Ana", acknowledged_at=NOON + 4 * MINUTE)


def _hushed() -> Alert:
    return _job(hushed=Hushed("si_1", "Ana", NOON + 4 * HOUR, "cluster is being moved"))


def _over(state: AlertState, how: str, after: int = 42 * MINUTE) -> Alert:
    taken = {"acknowledged_by": "Ana", "acknowledged_at": NOON + 4 * MINUTE} if state is AlertState.RESOLVED else {}
    return _job(state=state, ended_at=NOON + after, ended_by=how, **taken)


def _counted() -> Alert:
    return _job(
        rule="failed-runs",
        kind="at least 5 within 15m",
        title="Invoices: 37 runs failed within 15m",
        severity=Severity.ERROR,
        key=(("source", "extend"), ("workflow", "Invoices")),
        count=37,
        last_at=NOON + 11 * MINUTE,
        shown=(),
        top=(("OUT_OF_CREDITS", 30), ("INTERNAL_ERROR", 7)),
        description="Many runs of one workflow failing together is a fault of the set-up, not of one document.",
        url="https://dashboard.extend.ai/runs/workflow_run_k2",
        event_type="extend.workflow_run.failed",
        subject="workflow_run_k2",
    )


def _overdue() -> Alert:
    return _job(
        rule="review-overdue",
        kind="nothing followed within 30m",
        title="Review overdue: claim-1187.pdf (Claims)",
        severity=Severity.WARNING,
        key=(("run", "workflow_run_c9"),),
        escalations=1,
        shown=(Shown("company", "Acme"), Shown("step", "human review")),
        description="A document that waits for a person holds up its customer.",
        owner=None,
        url="https://dashboard.extend.ai/runs/workflow_run_c9",
        event_type="extend.workflow_run.needs_review",
        subject="workflow_run_c9",
    )


def _member(number: int, title: str, state: AlertState = AlertState.FIRING, **parts: Any) -> Member:
    given: dict[str, Any] = {
        "alert_id": f"al_{number}",
        "rule": "review-overdue",
        "key": (f"R{number}",),
        "title": title,
        "severity": Severity.WARNING,
        "state": state,
        "fired_at": NOON,
        "url": f"https://dashboard.extend.ai/runs/workflow_run_{number}",
    }
    return Member(**given | parts)


def _roundup(kind: RoundupKind, name: str, members: tuple[Member, ...], **parts: Any) -> Roundup:
    given: dict[str, Any] = {
        "roundup_id": "ro_5d2e8c1f4a7b9e0d3c6f",
        "kind": kind,
        "name": name,
        "channel": "doc-review",
        "opened_at": NOON,
        "posted_at": NOON,
        "severity": Severity.WARNING,
        "members": members,
        "count": len(members),
        "standing": sum(member.state.is_open for member in members),
        "acknowledged": sum(member.state is AlertState.ACKNOWLEDGED for member in members),
    }
    return Roundup(**given | parts)


def _group() -> Roundup:
    members = (
        _member(1, "Review overdue: claim-1187.pdf (Claims)"),
        _member(2, "Review overdue: claim-1190.pdf (Claims)", AlertState.ACKNOWLEDGED),
        _member(3, "Review overdue: po-88213.pdf (Orders)"),
        _member(4, "Review overdue: po-88240.pdf (Orders)", AlertState.RESOLVED),
    )
    about = "A document that waits for a person holds up its customer."
    return _roundup(RoundupKind.GROUP, "review-overdue", members, description=about, owner="review-owner")


def _hand_over() -> Roundup:
    members = (
        _member(1, "Review overdue: claim-1187.pdf (Claims)"),
        _member(2, "Acme: job J-20391 failed", rule="job-failed", severity=Severity.ERROR),
        _member(3, "Review overdue: po-88213.pdf (Orders)", AlertState.RESOLVED),
    )
    return _roundup(RoundupKind.HAND_OVER, "office", members, severity=Severity.ERROR)


def _storm() -> Roundup:
    members = tuple(
        _member(number, f"Acme: job J-{20500 + number} failed", rule="job-failed", severity=Severity.ERROR)
        for number in range(1, 4)
    )
    return _roundup(
        RoundupKind.STORM,
        "doc-alerts",
        members,
        severity=Severity.CRITICAL,
        count=312,
        standing=297,
        acknowledged=3,
        by_rule={"job-failed": 266, "exceeded-retries": 46},
        by_company={"Acme": 204, "Borealis": 71, "Quarterly Ledger": 37},
        by_cause={"Extraction step timed out": 288, "unknown": 24},
    )


def _silence() -> Roundup:
    silence = Silence(
        silence_id="si_1",
        matcher=(("rule", "review-overdue"), ("company", "Acme")),
        at=NOON,
        until=NOON + 4 * HOUR,
        author="Ana",
        reason="reviewers are in training",
    )
    members = (
        _member(1, "Review overdue: claim-1187.pdf (Claims)"),
        _member(2, "Review overdue: claim-1190.pdf (Claims)"),
    )
    return _roundup(RoundupKind.SILENCE, "si_1", members, silence=silence, severity=Severity.INFO)
