from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.decisions import Reason
from bot.core.roundup import Roundup, RoundupKind
from bot.core.state import Alert, AlertState, Hushed
from bot.slack.buttons import ACKNOWLEDGE, MORE, OPEN, SILENCE, Choice, Click, read_click, value_of
from bot.slack.setting import Setting
from tests.fakes.alerts import alert
from tests.fakes.cards import HOUR, SETTING, ZONE, drawn, member, roundup, silence
from tests.fakes.virtual import START_MS

HUSHED = Hushed("si_1", "Ana", START_MS + HOUR, "")


def elements_of(subject: Alert | Roundup, setting: Setting = SETTING) -> list[dict[str, Any]]:
    found = [block["elements"] for block in drawn(subject, setting=setting).blocks if block["type"] == "actions"]
    return found[0] if found else []


def labels_of(subject: Alert | Roundup, setting: Setting = SETTING) -> list[str]:
    """Return what stands on each element, and what a menu offers."""
    found = []
    for element in elements_of(subject, setting):
        label = element.get("text") or element.get("placeholder")
        found += [label["text"]] if label else []
        found += [option["text"]["text"] for option in element.get("options", ()) if element["type"] == "overflow"]
    return found


def test_a_firing_card_offers_three_buttons_and_two_more_in_the_overflow() -> None:
    assert labels_of(alert()) == ["Acknowledge", "Silence …", "Open job", "Resolve", "Why this?"]


def test_silencing_offers_one_hour_four_hours_and_the_next_working_morning() -> None:
    (menu,) = [element for element in elements_of(alert()) if element["action_id"] == SILENCE]
    assert [option["text"]["text"] for option in menu["options"]] == [
        "For 1 hour",
        "For 4 hours",
        "Until the next working morning",
    ]


def test_buttons_that_nothing_answers_are_not_drawn() -> None:
    assert labels_of(alert(), Setting(zone=ZONE)) == ["Open job"]
    assert elements_of(roundup(), Setting(zone=ZONE)) == []


@pytest.mark.parametrize(
    ("given_alert", "labels"),
    [
        (alert(state=AlertState.ACKNOWLEDGED), ["Silence …", "Open job", "Resolve", "Why this?"]),
        (alert(hushed=HUSHED), ["Acknowledge", "Open job", "Resolve", "Why this?", "End the silence"]),
        (alert(state=AlertState.RESOLVED, ended_at=START_MS), ["Open job"]),
        (alert(state=AlertState.EXPIRED, ended_at=START_MS), ["Open job"]),
        (alert(state=AlertState.CLOSED, ended_at=START_MS, url=None), []),
    ],
)
def test_a_card_offers_only_what_still_makes_sense(given_alert: Alert, labels: list[str]) -> None:
    assert labels_of(given_alert) == labels


TAKEN = member(state=AlertState.ACKNOWLEDGED)
OVER = member(state=AlertState.RESOLVED)


@pytest.mark.parametrize(
    ("given_roundup", "labels"),
    [
        (roundup(), ["Acknowledge", "Silence …", "Resolve"]),
        (roundup(RoundupKind.STORM, member(1), member(2, rule="failed-runs")), ["Acknowledge", "Resolve"]),
        (roundup(RoundupKind.HAND_OVER, TAKEN), ["Silence …", "Resolve"]),
        (roundup(RoundupKind.GROUP, OVER), []),
        (roundup(RoundupKind.SILENCE, silence=silence()), ["End the silence"]),
        (roundup(RoundupKind.SILENCE, silence=silence(), ended_at=START_MS), []),
    ],
)
def test_a_card_about_many_offers_what_can_be_done_to_all(given_roundup: Roundup, labels: list[str]) -> None:
    assert labels_of(given_roundup) == labels


def clicks_on(subject: Alert | Roundup) -> list[Click | None]:
    """Click on everything there is."""
    found = []
    for element in elements_of(subject):
        base = {"action_id": element["action_id"], "type": element["type"], "block_id": "b", "action_ts": "1.0"}
        options = element.get("options")
        chosen = [{"selected_option": option} for option in options] if options else [{"value": element.get("value")}]
        found += [read_click(base | one) for one in chosen]
    return found


def test_every_click_that_a_card_offers_can_be_read() -> None:
    card_id = "al_0001"
    assert clicks_on(alert(hushed=None)) == [
        Click(ACKNOWLEDGE, card_id),
        Click(SILENCE, card_id, Choice.ONE_HOUR),
        Click(SILENCE, card_id, Choice.FOUR_HOURS),
        Click(SILENCE, card_id, Choice.MORNING),
        None,  # the address opens by itself
        Click(MORE, card_id, Choice.RESOLVE),
        Click(MORE, card_id, Choice.WHY),
    ]
    assert clicks_on(roundup(RoundupKind.SILENCE, silence=silence())) == [Click(MORE, "ro_0001", Choice.END_SILENCE)]


@pytest.mark.parametrize(
    "action",
    [
        {},
        {"action_id": ACKNOWLEDGE},
        {"action_id": ACKNOWLEDGE, "value": ""},
        {"action_id": ACKNOWLEDGE, "value": 7},
        {"action_id": ACKNOWLEDGE, "value": "al_1:1h"},
        {"action_id": SILENCE, "value": "al_1"},
        {"action_id": SILENCE, "selected_option": {"value": "al_1:resolve"}},
        {"action_id": SILENCE, "selected_option": {"value": "al_1:2h"}},
        {"action_id": SILENCE, "selected_option": {}},
        {"action_id": MORE, "selected_option": {"value": "al_1:1h"}},
        {"action_id": OPEN, "value": "al_1"},
        {"action_id": "other", "value": "al_1"},
        {"action_id": ["acknowledge"], "value": "al_1"},
    ],
)
def test_a_click_that_no_card_offers_is_none(action: dict[str, Any]) -> None:
    assert read_click(action) is None


@given(
    st.dictionaries(st.sampled_from(["action_id", "value", "selected_option"]), st.text() | st.none() | st.integers())
)
def test_no_click_raises(action: dict[str, Any]) -> None:
    read_click(action)


def test_a_value_is_the_cards_id_with_the_choice() -> None:
    assert value_of("al_1") == "al_1"
    assert value_of("ro_1", Choice.MORNING) == "ro_1:morning"


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason.is_reply])
def test_a_reply_has_no_buttons_as_nothing_redraws_it(reason: Reason) -> None:
    assert "actions" not in [block["type"] for block in drawn(alert(), reason).blocks]
