"""A click from the request to the journal, and what the person is told."""

from __future__ import annotations

import asyncio

import pytest

from bot.core.inputs import ActionKind
from bot.core.roundup import Roundup, RoundupKind
from bot.core.silence import Silence
from bot.core.state import AlertState, Hushed
from bot.errors import StoreUnavailableError
from bot.slack.buttons import ACKNOWLEDGE, MORE, OPEN, SILENCE, Choice
from bot.slack.interactivity import RECORD_S
from bot.slack.permission import Allowed
from bot.store.values import Way
from tests.fakes.alerts import alert
from tests.fakes.clicked import MORNING, clicking, payload
from tests.fakes.virtual import START_MS, virtually

CARD = alert(1)
ID = CARD.alert_id


def roundup(kind: RoundupKind = RoundupKind.GROUP, **more: object) -> Roundup:
    values = {"standing": 2, "count": 2, "by_rule": {"gives-up": 2}, **more}
    return Roundup(roundup_id="ro_1", kind=kind, name="gives-up", channel="doc-alerts", opened_at=0, **values)  # type: ignore[arg-type]


def test_an_acknowledgement_is_journaled_with_who_and_by_which_way_and_nothing_is_said() -> None:
    async def scenario() -> None:
        async with clicking(CARD) as floor:
            await floor.click(card=ID)
            ((action, signature),) = floor.acting.journal
            assert (action.kind, action.alert_id, action.actor) == (ActionKind.ACKNOWLEDGE, ID, "ana")
            assert (signature.way, signature.by) == (Way.BUTTON, "U0ANA00001")
            assert floor.told == []
            assert floor.outcomes == {"acknowledge": 1}

    virtually(scenario, grace=0)


def test_who_acted_is_shown_by_the_name_that_slack_gives_without_what_disguises_it() -> None:
    async def scenario() -> None:
        async with clicking(CARD) as floor:
            await floor.click(card=ID, user="U0OTHER001", name="<!channel> eve\u202e")
            ((action, _),) = floor.acting.journal
            assert action.actor == "<!channel> eve"

    virtually(scenario, grace=0)


@pytest.mark.parametrize(
    ("choice", "until"),
    [
        (Choice.ONE_HOUR, START_MS + 3_600_000),
        (Choice.FOUR_HOURS, START_MS + 14_400_000),
        (Choice.MORNING, MORNING),
    ],
)
def test_a_silence_means_the_alerts_fingerprint_and_speaks_in_the_cards_channel(choice: Choice, until: int) -> None:
    async def scenario() -> None:
        async with clicking(CARD) as floor:
            await floor.click(card=ID, action_id=SILENCE, choice=choice)
            ((action, _),) = floor.acting.journal
            silence = action.silence
            assert silence is not None
            assert (silence.matcher, silence.until) == ((("fingerprint", CARD.fingerprint),), until)
            assert (silence.author, silence.channel) == ("ana", "name of C0DOCALERT1")

    virtually(scenario, grace=0)


def test_a_double_click_is_one_action_and_one_silence() -> None:
    async def scenario() -> None:
        async with clicking(CARD) as floor:
            for at in ("1.1", "1.2"):
                assert floor.clicks.offer(payload(ID, SILENCE, Choice.ONE_HOUR, at=at))
            await floor.settled()
            assert len(floor.acting.journal) == 1
            assert floor.outcomes == {"silence": 1, "double": 1}

    virtually(scenario, grace=0)


def test_the_same_request_again_after_a_while_is_known_to_the_journal() -> None:
    async def scenario() -> None:
        async with clicking(CARD) as floor:
            await floor.click(card=ID)
            await asyncio.sleep(60)  # noqa: TID251 - skipped time
            await floor.click(card=ID)
            assert len(floor.acting.journal) == 1
            assert floor.outcomes == {"acknowledge": 1, "duplicate": 1}
            assert floor.told == []

    virtually(scenario, grace=0)


def test_two_people_who_click_at_once_are_both_recorded() -> None:
    async def scenario() -> None:
        async with clicking(CARD) as floor:
            for user in ("U0ANA00001", "U0BEN00001"):
                assert floor.clicks.offer(payload(ID, user=user))
            await floor.settled()
            assert {signature.by for _, signature in floor.acting.journal} == {"U0ANA00001", "U0BEN00001"}

    virtually(scenario, grace=0)


@pytest.mark.parametrize("choice", [None, Choice.ONE_HOUR, Choice.RESOLVE])
def test_a_click_on_a_card_that_is_over_is_answered_to_that_person_and_changes_nothing(choice: Choice | None) -> None:
    over = alert(1, state=AlertState.RESOLVED, ended_at=START_MS, ended_by="finished")
    action_id = {None: ACKNOWLEDGE, Choice.ONE_HOUR: SILENCE, Choice.RESOLVE: MORE}[choice]

    async def scenario() -> None:
        async with clicking(over) as floor:
            await floor.click(card=ID, action_id=action_id, choice=choice)
            assert floor.acting.journal == []
            ((user, text),) = floor.told
            assert user == "U0ANA00001"
            assert "over already (finished)" in text

    virtually(scenario, grace=0)


def test_a_click_on_what_is_not_known_any_more_is_answered() -> None:
    async def scenario() -> None:
        async with clicking() as floor:
            await floor.click(card="al_gone")
            assert "not known here any more" in floor.told[0][1]
            assert floor.outcomes == {"nothing_to_do": 1}

    virtually(scenario, grace=0)


def test_a_second_acknowledgement_says_who_was_first() -> None:
    async def scenario() -> None:
        async with clicking(alert(1, state=AlertState.ACKNOWLEDGED, acknowledged_by="ben")) as floor:
            await floor.click(card=ID)
            assert floor.told == [("U0ANA00001", "ben has acknowledged this alert already.")]

    virtually(scenario, grace=0)


@pytest.mark.parametrize(("allowed", "said"), [(Allowed.NO, "may_act"), (Allowed.UNSURE, "click again")])
def test_who_may_not_act_is_told_so_and_nothing_happens(allowed: Allowed, said: str) -> None:
    async def scenario() -> None:
        async with clicking(CARD, allowed=allowed) as floor:
            await floor.click(card=ID)
            assert floor.acting.journal == []
            assert said in floor.told[0][1]
            assert floor.outcomes == {"not_allowed": 1}

    virtually(scenario, grace=0)


def test_why_is_answered_to_the_one_who_asks() -> None:
    async def scenario() -> None:
        async with clicking(CARD) as floor:
            await floor.click(card=ID, action_id=MORE, choice=Choice.WHY)
            assert floor.told == [("U0ANA00001", f"why {ID}")]
            assert floor.acting.journal == []

    virtually(scenario, grace=0)


def test_a_silence_of_a_shared_message_means_its_rule_and_of_several_rules_is_declined() -> None:
    async def scenario() -> None:
        async with clicking(roundup()) as floor:
            await floor.click(card="ro_1", action_id=SILENCE, choice=Choice.ONE_HOUR)
            ((action, _),) = floor.acting.journal
            assert action.silence is not None
            assert action.silence.matcher == (("rule", "gives-up"),)
        async with clicking(roundup(RoundupKind.STORM, by_rule={"a": 1, "b": 1})) as floor:
            await floor.click(card="ro_1", action_id=SILENCE, choice=Choice.ONE_HOUR)
            assert floor.acting.journal == []
            assert "several rules" in floor.told[0][1]

    virtually(scenario, grace=0)


def test_a_silence_is_ended_from_its_own_card() -> None:
    silence = Silence(silence_id="si_1", matcher=(("rule", "r"),), at=0, until=9, author="ben")

    async def scenario() -> None:
        async with clicking(roundup(RoundupKind.SILENCE, silence=silence)) as floor:
            await floor.click(card="ro_1", action_id=MORE, choice=Choice.END_SILENCE)
            ((action, _),) = floor.acting.journal
            assert (action.kind, action.silence_id) == (ActionKind.UNSILENCE, "si_1")

    virtually(scenario, grace=0)


def test_a_silence_is_ended_from_the_card_of_an_alert_that_it_hushes() -> None:
    async def scenario() -> None:
        async with clicking(alert(1, hushed=Hushed("si_2", "ben", START_MS + 1, ""))) as floor:
            await floor.click(card=ID, action_id=MORE, choice=Choice.END_SILENCE)
            assert [action.silence_id for action, _ in floor.acting.journal] == ["si_2"]
        async with clicking(CARD) as floor:
            await floor.click(card=ID, action_id=MORE, choice=Choice.END_SILENCE)
            assert floor.told == [("U0ANA00001", "This silence has ended already.")]

    virtually(scenario, grace=0)


def test_a_store_that_hangs_costs_no_answer_and_the_person_hears_of_it() -> None:
    async def scenario() -> None:
        async with clicking(CARD) as floor:
            floor.acting.before = asyncio.Event().wait
            began = asyncio.get_running_loop().time()
            assert floor.clicks.offer(payload(ID))
            assert asyncio.get_running_loop().time() == began  # taking it waits for nothing
            await floor.settled()
            assert asyncio.get_running_loop().time() - began <= RECORD_S + 1
            assert "could not record this" in floor.told[0][1]
            floor.acting.before = None
            await floor.click(card=ID, at="2.2")
            assert len(floor.acting.journal) == 1

    virtually(scenario, grace=0)


def test_a_store_that_cannot_write_is_told_to_the_person() -> None:
    async def full() -> None:
        raise StoreUnavailableError("the disk is full")

    async def scenario() -> None:
        async with clicking(CARD) as floor:
            floor.acting.before = full
            await floor.click(card=ID)
            assert "could not record this" in floor.told[0][1]
            assert floor.outcomes == {"failed": 1}

    virtually(scenario, grace=0)


def test_a_fault_of_ours_is_told_and_the_next_click_works() -> None:
    async def broken() -> None:
        raise ZeroDivisionError

    async def scenario() -> None:
        async with clicking(CARD) as floor:
            floor.acting.before = broken
            await floor.click(card=ID)
            assert "a fault of Tocsin" in floor.told[0][1]
            floor.acting.before = None
            await floor.click(card=ID, user="U0BEN00001")
            assert len(floor.acting.journal) == 1

    virtually(scenario, grace=0)


def test_more_clicks_than_can_wait_are_declined_so_that_slack_says_so() -> None:
    async def scenario() -> None:
        async with clicking(CARD) as floor:
            floor.acting.before = asyncio.Event().wait
            taken = [floor.clicks.offer(payload(ID, user=f"U{number:09d}")) for number in range(600)]
            assert taken.count(True) == 500
            assert floor.outcomes["too_many"] == 100

    virtually(scenario, grace=0)


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"type": "view_submission", "user": {"id": "U1"}},
        {"type": "block_actions", "user": "U1", "actions": [{}]},
        {"type": "block_actions", "user": {"id": "U1"}, "actions": {"a": 1}},
        {"type": "block_actions", "user": {"id": None}, "actions": []},
    ],
)
def test_what_is_no_click_is_taken_and_means_nothing(request_: dict[str, object]) -> None:
    async def scenario() -> None:
        async with clicking(CARD) as floor:
            assert floor.clicks.offer(request_)
            await floor.settled()
            assert floor.told == []
            assert floor.acting.journal == []

    virtually(scenario, grace=0)


def test_a_click_on_a_link_is_taken_and_says_nothing() -> None:
    async def scenario() -> None:
        async with clicking(CARD) as floor:
            await floor.click(card=ID, action_id=OPEN)
            assert floor.told == []
            assert floor.acting.journal == []
            assert floor.outcomes == {"link": 1}

    virtually(scenario, grace=0)


def test_a_button_that_no_card_has_any_more_is_answered() -> None:
    async def scenario() -> None:
        async with clicking(CARD) as floor:
            await floor.click(card=ID, action_id="snooze")
            assert "older version" in floor.told[0][1]

    virtually(scenario, grace=0)
