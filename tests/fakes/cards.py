"""Roundups, and settings to draw in, for tests."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from bot.core.decisions import Reason
from bot.core.roundup import Member, Roundup, RoundupKind
from bot.core.rule import Severity
from bot.core.silence import Silence
from bot.core.state import Alert, AlertState
from bot.slack.card import Card, draw
from bot.slack.setting import Occasion, Setting
from tests.fakes.virtual import START_MS

ZONE = ZoneInfo("America/Santo_Domingo")  # four hours behind: START_MS is 05:00 there
DELIVERY = "dl_0123456789abcdef0123"
PEOPLE = {"review-owner": "U0ANA00001", "doc-oncall": "S0ONCALL01", "night": "ana@example.com"}
SETTING = Setting(zone=ZONE, interactive=True, people=PEOPLE, own_hosts=frozenset({"alfred.example.com"}))
MINUTE, HOUR = 60_000, 3_600_000


def member(number: int = 1, state: AlertState = AlertState.FIRING, **parts: Any) -> Member:
    """Return an alert as it stands in a roundup."""
    given: dict[str, Any] = {
        "alert_id": f"al_{number:04d}",
        "rule": "review-overdue",
        "key": (f"R{number}",),
        "title": f"Review overdue: scan-{number}.pdf",
        "severity": Severity.WARNING,
        "state": state,
        "fired_at": START_MS,
        "url": f"https://alfred.example.com/runs/R{number}",
    }
    return Member(**given | parts)


def roundup(kind: RoundupKind = RoundupKind.GROUP, *members: Member, **parts: Any) -> Roundup:
    """Return a roundup of these members (three by default) that is posted and counts them."""
    held = members or tuple(member(number) for number in (1, 2, 3))
    given: dict[str, Any] = {
        "roundup_id": "ro_0001",
        "kind": kind,
        "name": "review-overdue",
        "channel": "doc-review",
        "opened_at": START_MS,
        "severity": Severity.WARNING,
        "posted_at": START_MS,
        "count": len(held),
        "standing": sum(one.state.is_open for one in held),
        "acknowledged": sum(one.state is AlertState.ACKNOWLEDGED for one in held),
        "members": held,
    }
    return Roundup(**given | parts)


def silence(**parts: Any) -> Silence:
    """Return a silence of one hour."""
    given: dict[str, Any] = {
        "silence_id": "si_0001",
        "matcher": (("rule", "review-overdue"), ("company", "Acme")),
        "at": START_MS,
        "until": START_MS + HOUR,
        "author": "Ana",
        "reason": "scanner is being replaced",
    }
    return Silence(**given | parts)


def drawn(
    subject: Alert | Roundup,
    reason: Reason = Reason.FIRST,
    setting: Setting = SETTING,
    after: int = 0,
    **parts: Any,
) -> Card:
    """Draw a subject `after` ms from the start."""
    occasion = Occasion(delivery_id=DELIVERY, now_ms=START_MS + after, reason=reason, **parts)
    return draw(subject, occasion, setting)
