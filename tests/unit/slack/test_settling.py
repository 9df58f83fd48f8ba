"""A post whose fate is unknown: looked for, and sent again only when it surely is not there."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from bot.core.decisions import Reason
from bot.core.rule import Severity
from bot.slack.answer import Answer, Verdict
from bot.slack.delivering import REPEATED, Timing
from bot.slack.manners import Manners
from bot.slack.sender import NotRead, Page, ReadAnswer
from bot.store.values import DeliveryState, Doubt
from tests.fakes.alerts import alert
from tests.fakes.outbox import TwinOutbox
from tests.fakes.relaying import UNREADABLE, Call, ScriptedSender, relaying
from tests.fakes.virtual import START_MS, LoopClock, virtually
from tests.unit.slack.test_relay import over

READY, SENT, UNKNOWN, PARKED = (DeliveryState(name) for name in ("ready", "sent", "unknown", "parked"))
DOUBT = Answer(Verdict.UNKNOWN, "TimeoutError")


def run(scenario: Any) -> Any:
    return virtually(scenario, grace=0)


def says_repeat(call: Call) -> bool:
    payload = call.card.payload()
    return REPEATED in payload["text"] and any(REPEATED in str(block) for block in payload.get("blocks", ()))


def test_a_post_that_is_found_is_sent_and_never_repeated() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(script=[DOUBT], stores=True)
        async with relaying(sender) as scene:
            scene.outbox.decide(alert())
            await scene.sleep(4)
            assert scene.outbox.states() == [SENT]
            assert scene.outbox.messages["al_0001", "doc-alerts"].ts == "1.000000"
            await scene.sleep(86_400)
            assert len(sender.calls) == 1
            assert (scene.counted, scene.troubles) == (["found"], [])

    run(scenario)


def test_a_post_that_is_surely_not_there_is_sent_again_under_the_same_id_once_the_settle_time_is_over() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(script=[DOUBT])
        async with relaying(sender) as scene:
            first = scene.outbox.decide(alert())
            await scene.sleep(89)
            assert scene.outbox.states() == [UNKNOWN]
            await scene.sleep(5)
            assert sender.times() == [0, 90]
            assert {call.card.delivery_id for call in sender.calls} == {first.delivery_id}
            assert [at for at, _ in sender.looks] == [3, 10, 30, 90]
            assert not says_repeat(sender.calls[1])
            assert (scene.outbox.states(), scene.counted) == ([SENT], ["repeated"])

    run(scenario)


@pytest.mark.parametrize("settle", [1.0, 30.0, 600.0])
def test_the_settle_time_is_what_the_config_says(settle: float) -> None:
    async def scenario() -> None:
        sender = ScriptedSender(script=[DOUBT])
        async with relaying(sender, manners=Manners(timing=Timing(10, settle))) as scene:
            scene.outbox.decide(alert())
            await scene.sleep(settle + 60)
            assert sender.times() == [0, settle]

    run(scenario)


def test_a_post_that_shows_up_late_is_found_whenever_it_is_seen() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(script=[DOUBT], stores=True, pages=[Page([]), Page([])])
        async with relaying(sender) as scene:
            scene.outbox.decide(alert())
            await scene.sleep(31)
            assert (scene.outbox.states(), len(sender.calls)) == ([SENT], 1)

    run(scenario)


@pytest.mark.parametrize("gap", [NotRead("TimeoutError"), NotRead("invalid_cursor"), NotRead("token_revoked")])
def test_what_was_not_read_to_the_end_says_nothing(gap: NotRead) -> None:
    async def scenario() -> None:
        pages: list[ReadAnswer] = [Page([], cursor="more"), gap] * 12
        sender = ScriptedSender(script=[DOUBT], stores=True, pages=pages)
        async with relaying(sender) as scene:
            scene.outbox.decide(alert())
            await scene.sleep(1_200)
            assert len(sender.calls) == 1
            assert scene.outbox.states() == [SENT]

    run(scenario)


def test_all_pages_are_read_before_an_absence_is_believed() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(script=[DOUBT], stores=True)
        async with relaying(sender) as scene:
            first = scene.outbox.decide(alert())
            mark = {"metadata": {"event_payload": {"delivery_id": first.delivery_id}}, "ts": "7.000000"}
            sender.pages = [Page([], "2"), Page([], "3"), Page([mark])]
            await scene.sleep(4)
            assert scene.outbox.messages["al_0001", "doc-alerts"].ts == "7.000000"

    run(scenario)


def test_a_message_is_known_by_the_ids_of_its_blocks_where_its_metadata_is_gone() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(script=[DOUBT])
        async with relaying(sender) as scene:
            first = scene.outbox.decide(alert())
            blocks = [{"type": "context", "block_id": f"tocsin.{first.delivery_id}.1.body"}]
            sender.pages = [Page([{"ts": "7.000000", "blocks": blocks}])]
            await scene.sleep(4)
            assert scene.outbox.states() == [SENT]

    run(scenario)


def test_edits_and_replies_wait_until_it_is_known_what_became_of_their_message() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(script=[DOUBT])
        async with relaying(sender) as scene:
            scene.outbox.decide(alert())
            await scene.sleep(1)
            scene.outbox.decide(alert(count=2, revision=2), Reason.REMINDER, number=1)
            await scene.sleep(60)
            assert (await scene.relay.health()).held == 1
            scene.outbox.decide(over(revision=3), Reason.RESOLVED)
            await scene.sleep(60)
            assert [(call.kind, call.card.revision) for call in sender.calls] == [("post", 1), ("post", 3)]
            assert scene.outbox.states() == [SENT, DeliveryState.SUPERSEDED, SENT]  # nobody is reminded of what is over

    run(scenario)


def test_a_doubtful_reply_is_looked_for_in_its_thread() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(script=[Answer(Verdict.DELIVERED), DOUBT])
        async with relaying(sender) as scene:
            scene.outbox.decide(alert())
            await scene.sleep(5)
            reply = scene.outbox.decide(alert(), Reason.ESCALATED_HERE, number=1)
            await scene.sleep(200)
            assert [place.thread_ts for _, place in sender.looks] == ["1.000000"] * 4
            assert [call.thread for call in sender.calls] == [None, *[("1.000000", True)] * 2]
            assert scene.outbox.rows[reply.delivery_id].state is SENT
            assert scene.outbox.messages["al_0001", "doc-alerts"].ts == "1.000000"

    run(scenario)


def test_other_messages_of_the_channel_go_on_meanwhile() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(script=[DOUBT])
        async with relaying(sender) as scene:
            scene.outbox.decide(alert(1))
            scene.outbox.decide(alert(2))
            await scene.sleep(5)
            assert scene.outbox.states() == [SENT, SENT] or scene.outbox.states() == [UNKNOWN, SENT]

    run(scenario)


def test_one_read_serves_all_that_is_in_doubt_in_a_channel() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(script=[DOUBT] * 3)
        async with relaying(sender) as scene:
            for number in range(3):
                scene.outbox.decide(alert(number))
            await scene.sleep(400)
            assert scene.outbox.states() == [SENT] * 3
            assert len(sender.looks) < 13

    run(scenario)


@pytest.mark.parametrize("reads", [True, False])
def test_where_nothing_can_be_read_back_it_is_repeated_with_a_mark(reads: bool) -> None:
    async def scenario() -> None:
        sender = ScriptedSender(script=[DOUBT], pages=[UNREADABLE], reads=reads)
        async with relaying(sender) as scene:
            first = scene.outbox.decide(alert())
            await scene.sleep(10)
            assert [says_repeat(call) for call in sender.calls] == [False, True]
            assert scene.outbox.rows[first.delivery_id].doubt is Doubt.REPEATED
            assert (scene.outbox.states(), scene.counted, scene.troubles) == ([SENT], ["repeated_marked"], [])

    run(scenario)


def test_marked_repeats_keep_a_distance_from_each_other() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(script=[DOUBT] * 4, reads=False)
        async with relaying(sender) as scene:
            scene.outbox.decide(alert())
            await scene.sleep(3_600)
            times = sender.times()
            assert len(times) == 5
            assert all(later - earlier >= 90 for earlier, later in pairwise(times[1:]))

    run(scenario)


def test_where_nothing_can_be_read_back_it_is_parked_if_the_config_says_so_and_no_start_frees_it() -> None:
    async def scenario() -> None:
        outbox = TwinOutbox(LoopClock())
        sender, park = ScriptedSender(script=[DOUBT], reads=False), Manners(repeats=lambda _severity: False)
        async with relaying(sender, outbox, park) as scene:
            first = outbox.decide(alert())
            await scene.sleep(60)
            assert outbox.states() == [PARKED]
            assert [(t.verdict, t.delivery_id) for t in scene.troubles] == [(Verdict.UNKNOWN, first.delivery_id)]
            assert "1 delivery parked" in (await scene.relay.health()).troubles[0]
        async with relaying(sender, outbox, park) as scene:
            await scene.sleep(86_400)
            assert outbox.states() == [PARKED]
            assert len(sender.calls) == 1

    run(scenario)


def test_the_severity_may_decide_between_repeating_and_parking() -> None:
    async def scenario() -> None:
        manners = Manners(repeats=lambda severity: severity is Severity.CRITICAL)
        sender = ScriptedSender(by_channel={"a": [DOUBT], "b": [DOUBT]}, reads=False)
        async with relaying(sender, manners=manners) as scene:
            scene.outbox.decide(alert(1, severity=Severity.CRITICAL), channel="a")
            scene.outbox.decide(alert(2, severity=Severity.WARNING), channel="b")
            await scene.sleep(60)
            assert scene.outbox.states() == [SENT, PARKED]

    run(scenario)


def test_a_post_cut_short_by_a_kill_is_settled_from_its_recorded_start_plus_the_time_limit() -> None:
    async def scenario() -> None:
        outbox = TwinOutbox(LoopClock())
        row = outbox.decide(alert())
        await outbox.claim(row.delivery_id, 1)
        outbox.take_news()
        sender = ScriptedSender()
        async with relaying(sender, outbox, Manners(timing=Timing(10, 90))) as scene:
            await scene.sleep(99)
            assert outbox.states() == [UNKNOWN]
            await scene.sleep(5)
            assert sender.times() == [100]
            assert outbox.states() == [SENT]

    run(scenario)


def test_what_was_doubtful_when_an_earlier_process_ended_is_settled_by_the_next() -> None:
    async def scenario() -> None:
        outbox = TwinOutbox(LoopClock())
        sender = ScriptedSender(script=[DOUBT], stores=True, pages=[Page([])] * 1)
        async with relaying(sender, outbox) as scene:
            outbox.decide(alert())
            await scene.sleep(4)
            assert outbox.states() == [UNKNOWN]
        async with relaying(sender, outbox) as scene:
            await scene.sleep(10)
            assert (outbox.states(), len(sender.calls)) == ([SENT], 1)

    run(scenario)


def test_where_an_ending_is_a_post_it_is_repeated_with_a_mark_too() -> None:
    async def scenario() -> None:
        outbox = TwinOutbox(LoopClock())
        outbox.decide(alert())
        async with relaying(ScriptedSender(edits=False, reads=False), outbox) as scene:
            await scene.sleep(1)
        row = outbox.decide(over(), Reason.RESOLVED)
        await outbox.claim(row.delivery_id, 2)
        sender = ScriptedSender(edits=False, reads=False)
        async with relaying(sender, outbox) as scene:
            await scene.sleep(600)
        assert [says_repeat(call) for call in sender.calls] == [True]
        assert outbox.states() == [SENT, SENT]

    run(scenario)


def test_the_read_reaches_back_before_the_first_attempt_in_doubt() -> None:
    async def scenario() -> None:
        oldest: list[float] = []

        class Noting(ScriptedSender):
            async def read(self, place: Any, oldest_: float, cursor: str | None) -> Any:
                oldest.append(oldest_)
                return await super().read(place, oldest_, cursor)

        sender = Noting(script=[DOUBT, DOUBT])
        async with relaying(sender) as scene:
            scene.outbox.decide(alert())
            await scene.sleep(400)
            assert scene.outbox.states() == [SENT]
        assert len(oldest) >= 8
        assert set(oldest) == {START_MS / 1_000 - 600}

    run(scenario)
