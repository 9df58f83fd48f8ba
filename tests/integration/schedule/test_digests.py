"""Digests over a real store: one for each date, and what it says is what is stored."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random  # noqa: TID251 - seeded

import pytest

from bot.core.catalogue import Outcome
from bot.core.conditions import Clause, Op
from bot.core.decisions import Decisions
from bot.core.inputs import Event
from bot.core.roundup import Roundup, RoundupKind
from bot.core.rule import Mode
from bot.core.state import BY_HOURS, BY_SILENCE, AlertState, Ended, Hold, Learnt, Memory, Told
from bot.digests import collecting
from bot.errors import UsageError
from bot.store.digest_rows import DigestRow
from tests.integration.schedule.living import DAY, HOUR, Living, at, living, plan
from tests.integration.store.opened import alert

MONDAY = "2026-03-02T08:30"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tocsin.db"


async def test_a_digest_is_made_once_at_its_time_and_goes_to_the_outbox(path: Path) -> None:
    async with living(path, "2026-03-02T08:00") as life:
        await life.look_at("2026-03-02T08:29:59")
        assert life.rows() == []
        await life.look_at(MONDAY)
        await life.look_at("2026-03-02T08:30:30")

        assert life.rows() == [("daily", "doc-alerts", "2026-03-02", "made")]
        assert [channel for channel, _ in life.messages()] == ["doc-alerts"]
        assert life.made == [at(MONDAY)]


async def test_every_channel_gets_its_own(path: Path) -> None:
    async with living(path, "2026-03-02T08:00", plan(notify=("a", "b"))) as life:
        await life.look_at(MONDAY)

        assert life.rows() == [("daily", "a", "2026-03-02", "made"), ("daily", "b", "2026-03-02", "made")]
        assert sorted(channel for channel, _ in life.messages()) == ["a", "b"]


async def test_several_starts_in_the_scheduled_minute_make_one(path: Path) -> None:
    for second in range(5):
        async with living(path, f"2026-03-02T08:{29 if second < 2 else 30}:0{second}") as life:
            await life.digests.look()
    async with living(path, "2026-03-02T09:00") as life:
        await life.digests.look()

        assert life.rows() == [("daily", "doc-alerts", "2026-03-02", "made")]


async def test_a_late_start_posts_late_and_says_so(path: Path) -> None:
    async with living(path, "2026-03-01T12:00") as life:
        await life.digests.look()
    async with living(path, "2026-03-02T11:00") as life:
        await life.arrive("after-its-time")
        await life.digests.look()

        assert "This digest comes 2h 30m late." in life.messages()[0][1]
        assert life.numbers("2026-03-02").failures == 0
        assert life.numbers("2026-03-02").end == at(MONDAY)


async def test_after_the_limit_one_line_says_that_it_was_missed(path: Path) -> None:
    async with living(path, "2026-03-01T12:00") as life:
        await life.digests.look()
    async with living(path, "2026-03-02T21:00") as life:
        await life.digests.look()
        await life.digests.look()

        assert life.rows() == [("daily", "doc-alerts", "2026-03-02", "missed")]
        [(_, body)] = life.messages()
        assert "The digest of Mon 2 Mar was missed: the bot was not running." in body


async def test_what_was_missed_is_told_in_the_next_digest_with_all_that_came_meanwhile(path: Path) -> None:
    async with living(path, "2026-03-01T08:00") as life:
        await life.look_at("2026-03-01T08:30")
        await life.look_at("2026-03-01T12:00")
        await life.arrive("on-sunday")
    async with living(path, "2026-03-03T08:31") as life:
        await life.digests.look()

        assert [row[2:] for row in life.rows()] == [
            ("2026-03-01", "made"),
            ("2026-03-02", "missed"),
            ("2026-03-03", "made"),
        ]
        assert "The digest of Mon 2 Mar was missed" in life.messages()[1][1]
        assert life.numbers("2026-03-03").begin == at("2026-03-01T08:30")
        assert life.numbers("2026-03-03").failures == 1


async def test_a_clock_that_is_set_forth_and_back_makes_no_date_twice(path: Path) -> None:
    async with living(path, "2026-03-02T08:00") as life:
        for text in (MONDAY, "2026-03-03T09:00", "2026-03-02T08:00", MONDAY, "2026-03-03T08:30", "2026-03-04T08:30"):
            await life.look_at(text)

        assert [row[2] for row in life.rows()] == ["2026-03-02", "2026-03-03", "2026-03-04"]


async def test_the_first_digest_covers_at_most_a_day_and_nothing_before_the_store_began(path: Path) -> None:
    async with living(path, "2026-03-02T03:00") as life:
        await life.look_at(MONDAY)
        assert (life.numbers("2026-03-02").begin, life.numbers("2026-03-02").end) == (
            at("2026-03-02T03:00"),
            at(MONDAY),
        )


async def test_the_window_belongs_to_the_row_and_not_to_the_time_of_looking(path: Path) -> None:
    async with living(path, "2026-03-01T08:00") as life:
        await life.arrive("before")
        await life.look_at("2026-03-01T08:30")
        life.clock.set(at("2026-03-01T08:30") + 1)
        await life.arrive("just-after")
        life.clock.set(at(MONDAY) - 1)
        await life.arrive("just-before")
        life.clock.set(at(MONDAY))
        await life.arrive("at-its-time")
        await life.look_at("2026-03-02T08:31")
        await life.look_at("2026-03-03T08:30")

        found = [life.numbers(day).failures for day in ("2026-03-01", "2026-03-02", "2026-03-03")]
        assert found == [1, 2, 1]
        assert life.numbers("2026-03-02").last is not None


async def test_when_nothing_happened_it_stays_silent_where_that_was_asked_for(path: Path) -> None:
    async with living(path, "2026-03-02T08:00", plan(when_empty="silent"), plan("loud")) as life:
        await life.look_at(MONDAY)

        assert life.rows() == [
            ("daily", "doc-alerts", "2026-03-02", "silent"),
            ("loud", "doc-alerts", "2026-03-02", "made"),
        ]
        [(_, body)] = life.messages()
        assert "0 failures: all quiet" in body


async def test_a_digest_that_is_asked_for_early_is_that_dates_digest(path: Path) -> None:
    async with living(path, "2026-03-02T06:00") as life:
        await life.arrive("early")
        life.clock.set(at("2026-03-02T07:00"))
        made = await _asked(life, "daily")
        assert [row.local_date for row in made] == ["2026-03-02"]
        assert await _asked(life, "daily") == []
        await life.arrive("later")
        await life.look_at(MONDAY)
        await life.look_at("2026-03-03T08:30")

        assert [life.numbers(day).failures for day in ("2026-03-02", "2026-03-03")] == [1, 1]
        assert life.numbers("2026-03-03").days == {"2026-03-02": {"failed": 2}, "2026-03-03": {}}


async def _asked(life: Living, name: str) -> list[DigestRow]:
    async with asyncio.TaskGroup() as tasks:
        asked = tasks.create_task(life.digests.post(name, None))
        await asyncio.sleep(0)  # noqa: TID251 - no time passes
        await life.digests.look()
    return asked.result()


async def test_a_digest_that_is_not_in_the_config_or_still_to_come_is_refused(path: Path) -> None:
    async with living(path, "2026-03-02T06:00") as life:
        with pytest.raises(UsageError, match="no digest weekly; it has daily"):
            await life.digests.post("weekly", None)


async def test_a_fault_of_ours_costs_the_content_and_not_the_digest(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "days_until", lambda *_: 1 / 0)
    async with living(path, "2026-03-02T08:00") as life:
        await life.look_at(MONDAY)
        await life.look_at("2026-03-02T08:31")

        assert life.rows() == [("daily", "doc-alerts", "2026-03-02", "made")]
        assert "could not be put together" in life.messages()[0][1]


async def test_numbers_are_those_of_an_independent_count(path: Path) -> None:
    """Days of made-up traffic with deliveries sent again; the count knows neither our statements nor our code."""
    random = Random(5)  # noqa: S311 - made-up traffic
    async with living(path, "2026-03-01T08:00") as life:
        for day in range(1, 5):
            for step in range(40):
                life.clock.set(at(f"2026-03-0{day}T08:30") + step * 36 * 60_000 + random.randrange(1_000))
                fields = {"company": random.choice(["Acme", "Beta", "Cobalt"]), "cause": f"Timeout after {step} s"}
                outcome = random.choice([Outcome.FAILED, Outcome.FINISHED, Outcome.FINISHED])
                for _ in range(random.choice([1, 1, 2])):
                    await life.arrive(f"r{day}-{step}", outcome, **fields)
            await life.look_at(f"2026-03-0{day + 1}T08:30")
        for day in range(2, 6):
            numbers = life.numbers(f"2026-03-0{day}")
            begin, end = (
                at(f"2026-03-0{day - 1}T08:30") if day > 2 else at("2026-03-01T08:30"),
                at(f"2026-03-0{day}T08:30"),
            )
            failed = life.ask(
                "select json_extract(fields, '$.company'), count(distinct event_id) from journal "
                "where type like '%.failed' and at >= ? and at < ? group by 1 order by 2 desc, 1",
                begin,
                end,
            )
            assert numbers.failures == sum(count for _, count in failed) > 0
            assert [(one.name, one.count) for one in numbers.by["company"].groups] == failed
            assert [one.name for one in numbers.by["cause"].groups] == ["Timeout after #"]
            assert numbers.days[f"2026-03-0{day}"]["failed"] == numbers.failures
            assert numbers.ledger.decided == numbers.ledger.events
            if day > 2:
                assert numbers.last is not None
                assert numbers.last.failures == life.numbers(f"2026-03-0{day - 1}").failures
                assert numbers.new_causes == ()


async def test_conditions_choose_the_events_and_job_memory_lends_what_they_lack(path: Path) -> None:
    acme = plan("acme", where=Clause("company", Op.IS, "Acme"))
    async with living(path, "2026-03-02T06:00", acme, plan()) as life:
        await life.arrive("own", company="Acme", workflow="w")
        await life.arrive("other", company="Beta", workflow="w")
        decisions = Decisions()
        key = "run\x1fextend\x1flent"
        decisions.memories[key] = Memory({"company": Learnt("Acme", 1), "workflow": Learnt("w", 1)}, 1)
        await life.arrive("lent")
        await life.decided(3, decisions)
        await life.look_at(MONDAY)

        assert life.numbers("2026-03-02", "acme").failures == 2
        assert life.numbers("2026-03-02", "acme").outcomes == {"failed": 2}
        assert life.numbers("2026-03-02").failures == 3
        assert [(one.name, one.count) for one in life.numbers("2026-03-02").by["company"].groups] == [
            ("Acme", 2),
            ("Beta", 1),
        ]


async def test_a_review_waits_from_digest_to_digest_until_its_run_ends(path: Path) -> None:
    async with living(path, "2026-03-01T06:00") as life:
        await life.arrive("r1", Outcome.NEEDS_REVIEW, document="a.pdf")
        await life.arrive("r2", Outcome.NEEDS_REVIEW, document="b.pdf")
        await life.look_at("2026-03-01T08:30")
        await life.look_at(MONDAY)
        waiting = life.numbers("2026-03-02").reviews
        assert [(one.subject, one.title, one.worked) for one in waiting] == [
            ("r1", "a.pdf", 26 * HOUR + HOUR // 2),
            ("r2", "b.pdf", 26 * HOUR + HOUR // 2),
        ]
        decisions = Decisions()
        end = Ended("extend.workflow_run.completed", (Outcome.FINISHED,), at(MONDAY) + 1)
        decisions.memories["run\x1fextend\x1fr1"] = Memory({}, at(MONDAY) + 1, (end,))
        await life.decided(2, decisions)
        await life.look_at("2026-03-03T08:30")

        assert [one.subject for one in life.numbers("2026-03-03").reviews] == ["r2"]


async def test_alerts_are_carried_on_and_what_held_them_is_told(path: Path) -> None:
    async with living(path, "2026-03-01T08:00", plan(), plan("second")) as life:
        sunday = at("2026-03-01T20:00")
        night = Hold(BY_HOURS, "office", sunday)
        decisions = Decisions()
        for one in (
            alert(1, fired_at=sunday, told=(Told("doc-alerts", "al_1"),)),
            alert(2, fired_at=sunday, holds=(night,)),
            alert(
                3,
                fired_at=sunday,
                holds=(Hold(BY_HOURS, "office", sunday, sunday + HOUR),),
                state=AlertState.RESOLVED,
                ended_at=sunday + HOUR,
            ),
            alert(4, fired_at=sunday - 3 * DAY, state=AlertState.EXPIRED, ended_at=sunday, told=(Told("a", "al_4"),)),
            alert(5, fired_at=sunday, holds=(Hold(BY_SILENCE, "si_1", sunday),)),
            alert(6, fired_at=sunday, mode=Mode.SHADOW),
            alert(7, fired_at=at(MONDAY), told=(Told("doc-alerts", "al_7"),)),
        ):
            decisions.alerts[one.alert_id] = one
        decisions.roundups["ro_1"] = Roundup(
            roundup_id="ro_1",
            kind=RoundupKind.STORM,
            name="doc-alerts",
            channel="doc-alerts",
            opened_at=sunday,
            count=9,
        )
        await life.decided(0, decisions)
        await life.look_at(MONDAY)
        numbers = life.numbers("2026-03-02")

        assert (numbers.carried.open, numbers.carried.expired) == (3, 1)
        assert (numbers.overnight.held, numbers.overnight.waiting, numbers.overnight.never_told) == (2, 1, 1)
        assert (numbers.held.silences, numbers.held.shadow) == ({"si_1": 1}, {"failed-runs": 1})
        assert (numbers.held.storms, numbers.held.folded) == (1, 9)
        ledger = numbers.ledger
        assert (ledger.alerts, ledger.told, ledger.held, ledger.over_while_held, ledger.shadow) == (5, 1, 2, 1, 1)
        assert ledger.unaccounted == 0

        await life.look_at("2026-03-03T08:30")
        assert [one.carried for one in life.numbers("2026-03-03").carried.standing] == [1, 1, 1, 0]


async def test_events_that_wait_to_be_decided_and_bodies_in_quarantine_are_in_the_ledger(path: Path) -> None:
    async with living(path, "2026-03-02T06:00") as life:
        await life.arrive("decided")
        await life.store.quarantine("extend", b"{", "no JSON")
        waits = Event(
            event_id="evt_w", source="extend", type="extend.workflow_run.completed", at=0, fields={"run": "w"}
        )
        await life.store.append(waits, b"{}")
        await life.look_at(MONDAY)
        ledger = life.numbers("2026-03-02").ledger

        assert (ledger.events, ledger.decided, ledger.waiting, ledger.quarantined) == (2, 1, 1, 1)


async def test_the_same_weekdays_usual_is_named_once_there_are_four_weeks(path: Path) -> None:
    async with living(path, "2026-02-01T08:00") as life:
        for day in range(31):
            life.clock.set(at("2026-02-01T09:00") + day * DAY)
            for number in range(3 if day % 7 else 8):
                await life.arrive(f"r{day}-{number}")
            life.clock.set(at("2026-02-02T08:30") + day * DAY)
            await life.digests.look()

        assert life.numbers("2026-02-23").usual is None
        assert life.numbers("2026-03-02").usual == 8
        assert life.numbers("2026-03-03").usual == 3


async def test_a_digest_is_forgotten_with_its_message_when_its_time_is_up(path: Path) -> None:
    async with living(path, "2026-03-02T08:00") as life:
        await life.look_at(MONDAY)
        posted = "insert into messages select alert_id, channel, '1.0', 'C1', 1, delivery_id from outbox"
        await life.store.work(lambda cursor: cursor.execute(posted).rowcount)
        assert life.ask("select count(*) from messages") == [(1,)]
    async with living(path, "2027-05-02T08:30") as life:
        await life.digests.look()

        assert life.rows()[-1] == ("daily", "doc-alerts", "2027-05-02", "made")
        assert "2026-03-02" not in {row[2] for row in life.rows()}
        assert life.ask("select count(*) from messages") == [(0,)]
