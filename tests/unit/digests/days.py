"""Made-up days for digests: numbers as a store would give them, from a quiet day to an outage."""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.config.digest import Digest
from bot.core.hours import recurring
from bot.digests.numbers import (
    Carried,
    Group,
    Grouping,
    Health,
    Held,
    Job,
    Last,
    Ledger,
    Noise,
    Numbers,
    Overnight,
    Review,
    Told,
)
from bot.digests.plan import Plan

ZONE: Final = ZoneInfo("America/Santo_Domingo")
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
DUE: Final = 1_772_541_000_000  # Tue 3 Mar 2026, 08:30 in Santo Domingo
OFFICE: Final = recurring("office", days=range(5), start=480, end=1080, zone=ZONE)
PLAN: Final = Plan(
    name="daily-failures",
    digest=Digest(at=30_600, days=frozenset(range(7)), notify=("doc-alerts",), mention="doc-oncall"),
    zone=ZONE,
    hours=OFFICE,
    sources=("extend", "alfred"),
)
RUN: Final = "https://dashboard.extend.ai/runs/workflow_run_"


def numbers(**parts: Any) -> Numbers:
    """Return the numbers of the day, told in time, with what is given."""
    base: dict[str, Any] = {
        "name": PLAN.name,
        "date": "2026-03-03",
        "zone": ZONE.key,
        "scope": PLAN.scope,
        "due": DUE,
        "begin": DUE - DAY,
        "end": DUE,
        "made_at": DUE + 200,
        "hours": "office",
        "sources": (
            Health("extend", 1_000, DUE - 3 * MINUTE, 41 * MINUTE, DUE - 9 * HOUR),
            Health("alfred", 204, DUE - 12 * MINUTE, 3 * HOUR + 5 * MINUTE, DUE - 8 * HOUR),
        ),
        "ledger": Ledger(events=1_204, decided=1_204),
        "days": _days({}),
    }
    return Numbers(**{**base, **parts})


def quiet() -> Numbers:
    """Nothing failed, nothing waits."""
    return numbers(last=Last("2026-03-02", 3, DUE - 2 * DAY, DUE - DAY), outcomes={"finished": 1_190})


def normal() -> Numbers:
    """A day as most days are."""
    failed = {"2026-02-24": 30, "2026-03-01": 12, "2026-03-02": 35, "2026-03-03": 42}
    return numbers(
        failures=42,
        outcomes={"failed": 42, "finished": 1_100, "needs_review": 9, "exceeded_retries": 2},
        last=Last("2026-03-02", 35, DUE - 2 * DAY, DUE - DAY),
        usual=31,
        by={
            "company": Grouping(
                _groups([("Acme", 20, 5), ("Beta", 9, 9), ("Cobalt Archive", 7, 12), ("unknown", 6, 0)]), 4
            ),
            "workflow": Grouping(_groups([("Accounts payable intake", 30, 20), ("Contracts", 12, 15)]), 2),
            "cause": Grouping(
                _groups(
                    [("Timeout after # reading (file)", 25, 4), ("CORRUPT_FILE", 10, 20), ("OCR gave nothing", 7, 0)]
                ),
                3,
            ),
        },
        new_causes=_groups([("OCR gave nothing", 7, 0)]),
        exceeded=(
            Job("J-1", DUE - 5 * HOUR, "Acme", "Timeout after # reading (file)", "https://alfred.example.com/jobs/J-1"),
            Job("J-2", DUE - 2 * HOUR, None, "Database timeout error", None),
        ),
        exceeded_count=2,
        reviews=tuple(_review(number) for number in range(1, 8)),
        reviews_count=7,
        carried=Carried(
            open=2,
            unacknowledged=1,
            expired=1,
            standing=(
                _told("1", "Acme: Alfred job stopped after 5 tries", carried=2),
                _told("2", "Review waits", by="Ana"),
            ),
            gone=(_told("3", "Beta: 5 runs failed in 15m", state="expired"),),
        ),
        overnight=Overnight(held=4, open=1, over=1, never_told=2, named=(_told("4", "Cobalt: 3 runs failed"),)),
        held=Held(silences={"of ana (rule extend-run-failed): deploy": 3}, shadow={"new-rule": 6}, storms=1, folded=31),
        noise=(Noise("extend-run-failed", 30, 41, 6), Noise("alfred-job-stopped", 2, 4, 2)),
        ledger=Ledger(
            events=1_204,
            decided=1_203,
            set_aside=1,
            quarantined=2,
            alerts=38,
            told=30,
            held=1,
            over_while_held=2,
            shadow=5,
            messages={"sent": 44, "unknown": 1},
        ),
        days=_days(failed),
    )


def outage() -> Numbers:
    """One cause, everybody hit; the digest comes late, and another one was missed."""
    failed = {"2026-03-02": 31, "2026-03-03": 4_810}
    return numbers(
        made_at=DUE + 3 * HOUR + 20 * MINUTE,
        failures=4_810,
        outcomes={"failed": 4_810, "finished": 90},
        last=Last("2026-03-02", 31, DUE - 2 * DAY, DUE - DAY),
        usual=35,
        by={
            "company": Grouping(_groups([(f"Company {n}", 600 - n, 2) for n in range(1, 41)]), 40),
            "workflow": Grouping(_groups([("Accounts payable intake", 4_810, 31)]), 1),
            "cause": Grouping(_groups([("upstream said HTTP 503", 4_800, 0), ("CORRUPT_FILE", 10, 20)]), 2),
        },
        new_causes=_groups([("upstream said HTTP 503", 4_800, 0)]),
        carried=Carried(open=1, unacknowledged=1, standing=(_told("1", "Extend fails for 40 companies", "critical"),)),
        held=Held(storms=2, folded=512),
        ledger=Ledger(events=4_960, decided=4_960, alerts=520, told=520, messages={"sent": 63}),
        days=_days(failed),
        missed=("2026-03-02",),
    )


def first_ever() -> Numbers:
    """The first digest of a store: nothing to compare with."""
    return numbers(
        begin=DUE - 5 * HOUR,
        failures=3,
        outcomes={"failed": 3, "finished": 40},
        by={
            "company": Grouping(_groups([("Acme", 2, None), ("Beta", 1, None)]), 2),
            "workflow": Grouping(_groups([("Contracts", 3, None)]), 1),
            "cause": Grouping(_groups([("CORRUPT_FILE", 3, None)]), 1),
        },
        ledger=Ledger(events=44, decided=44, alerts=3, told=3, messages={"sent": 3}),
        days={"2026-03-03": {"failed": 3, "finished": 40}},
    )


def huge() -> Numbers:
    """100,000 failures of 5,000 companies, each name as long as it may be and as odd as it can be."""
    names = [f"<!channel> Company {n} & Söhne *_~`> {'x' * 90}" for n in range(200)]
    return numbers(
        failures=100_000,
        outcomes={"failed": 100_000},
        last=Last("2026-03-02", 80, DUE - 2 * DAY, DUE - DAY),
        by={
            "company": Grouping(_groups([(name, 400 - n, 0) for n, name in enumerate(names)]), 5_000),
            "workflow": Grouping(_groups([(f"Workflow {n}", 700 - n, 3) for n in range(150)]), 150),
            "cause": Grouping(
                _groups([(f"Cause {chr(65 + n % 26)}{'y' * 150}", 900 - n, None) for n in range(200)]), 900
            ),
        },
        reviews=tuple(_review(number) for number in range(500)),
        reviews_count=9_000,
        exceeded=tuple(Job(f"J-{n}", DUE - n, "Acme", "z" * 160, None) for n in range(200)),
        exceeded_count=4_000,
        carried=Carried(open=900, unacknowledged=900, standing=tuple(_told(str(n), "t" * 300) for n in range(100))),
        ledger=Ledger(events=100_000, decided=100_000, alerts=900, told=900, messages={"sent": 200}),
        days=_days({"2026-03-03": 100_000}),
    )


ALL: Final = {"quiet": quiet, "normal": normal, "outage": outage, "first-ever": first_ever, "huge": huge}


def _groups(rows: list[tuple[str, int, int | None]]) -> tuple[Group, ...]:
    return tuple(Group(name, count, before, f"{RUN}{index}") for index, (name, count, before) in enumerate(rows))


def _review(number: int) -> Review:
    since = DUE - (40 - number % 30) * HOUR
    return Review(
        "run",
        "extend",
        f"workflow_run_{number}",
        since,
        f"Acme · Contracts · contract-{number}.pdf",
        f"{RUN}{number}",
        (15 - number % 10) * HOUR,
    )


def _told(number: str, title: str, severity: str = "error", **parts: Any) -> Told:
    told = {"state": "firing", "fired_at": DUE - 30 * HOUR, **parts}
    return Told(alert_id=f"al_{number}", rule="a-rule", title=title, severity=severity, url=f"{RUN}{number}", **told)


def _days(failed: dict[str, int]) -> dict[str, dict[str, int]]:
    days = [f"2026-02-{day}" for day in range(18, 29)] + [f"2026-03-0{day}" for day in range(1, 4)]
    return {day: {"failed": failed.get(day, 0), "finished": 1_000, "needs_review": 4} for day in days}
