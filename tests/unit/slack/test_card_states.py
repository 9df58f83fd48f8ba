"""How a card changes with the state of its alert."""

from __future__ import annotations

from typing import Any

import pytest

from bot.core.decisions import Reason
from bot.core.state import BY_GROUP, BY_HOURS, BY_RULE, BY_SILENCE, Alert, AlertState, Hold, Hushed
from tests.fakes.alerts import alert
from tests.fakes.cards import HOUR, MINUTE, drawn
from tests.fakes.slack.mentions import read, visible
from tests.fakes.virtual import START_MS


def seen(given: Alert) -> str:
    return visible(drawn(given).payload())


def blocks_of(given: Alert, kind: str) -> list[dict[str, Any]]:
    return [block for block in drawn(given).blocks if block["type"] == kind]


def test_an_acknowledged_card_says_who_and_what_follows() -> None:
    given = alert(state=AlertState.ACKNOWLEDGED, acknowledged_by="Ana", acknowledged_at=START_MS + MINUTE)
    assert "Acknowledged by Ana at 05:01 AST; reminders and escalation stopped" in seen(given)


@pytest.mark.parametrize(
    ("ending", "headline", "sentence"),
    [
        ("finished", "✅ Resolved:", "Completed: resolved after 12 min"),
        ("rejected", "🚫 Rejected:", "Rejected by Ana after 12 min"),
        ("cancelled", "⚪ Cancelled:", "Cancelled after 12 min"),
        ("failed", "❌ Failed:", "Over after 12 min: it failed"),
        ("quiet for 30m", "✅ Resolved:", "Resolved after 12 min: quiet for 30m"),
        ("resolved by Ana", "✅ Resolved:", "Resolved by Ana after 12 min"),
        ("needs_review", "✅ Resolved:", "Resolved after 12 min: needs review"),
    ],
)
def test_a_card_that_is_over_says_how_in_words(ending: str, headline: str, sentence: str) -> None:
    given = alert(state=AlertState.RESOLVED, ended_at=START_MS + 12 * MINUTE, ended_by=ending, user="Ana")
    assert seen(given).startswith(headline)
    assert sentence in seen(given)
    assert sentence in drawn(given).text
    assert "was critical" in seen(given)


@pytest.mark.parametrize(("state", "word"), [(AlertState.EXPIRED, "Expired"), (AlertState.CLOSED, "Closed")])
def test_what_nobody_confirmed_is_not_called_resolved(state: AlertState, word: str) -> None:
    shown = seen(alert(state=state, ended_at=START_MS + 25 * HOUR, ended_by="nothing heard for 1d"))
    assert f"{word} after 1 d 1 h: nobody confirmed a fix (nothing heard for 1d)" in shown
    assert "Resolved" not in shown
    assert "✅" not in shown


def test_a_card_that_is_over_keeps_its_address() -> None:
    over = alert(state=AlertState.RESOLVED, ended_at=START_MS + MINUTE, ended_by="finished")
    (actions,) = blocks_of(over, "actions")
    assert ["url" in button for button in actions["elements"]] == [True]


HUSHED = Hushed("si_1", "Ana", START_MS + HOUR, "being replaced")


@pytest.mark.parametrize(
    ("state", "hushed", "word", "colour"),
    [
        (AlertState.FIRING, None, "Firing", "#a30200"),
        (AlertState.ACKNOWLEDGED, None, "Acknowledged", "#daa038"),
        (AlertState.FIRING, HUSHED, "Silenced", "#dddddd"),
        (AlertState.ACKNOWLEDGED, HUSHED, "Silenced", "#dddddd"),
        (AlertState.RESOLVED, None, "Resolved", "#2eb886"),
        (AlertState.EXPIRED, None, "Expired", "#868686"),
        (AlertState.CLOSED, None, "Closed", "#868686"),
    ],
)
def test_the_bar_has_the_colour_of_the_state_and_its_word(
    state: AlertState, hushed: Hushed | None, word: str, colour: str
) -> None:
    (bar,) = drawn(alert(state=state, hushed=hushed, ended_by="finished", ended_at=START_MS)).payload()["attachments"]
    assert bar["color"] == colour
    assert bar["blocks"][0]["elements"][0]["text"].startswith(f"{word} · ")


@pytest.mark.parametrize("ending", ["rejected", "cancelled", "failed", "exceeded_retries", "invalid"])
def test_what_ended_without_a_fix_is_not_green(ending: str) -> None:
    over = drawn(alert(state=AlertState.RESOLVED, ended_by=ending, ended_at=START_MS)).payload()
    assert over["attachments"][0]["color"] != "#2eb886"


def test_nothing_that_matters_stands_where_slack_may_fold_it_nor_is_anything_shown_twice() -> None:
    payload = drawn(alert()).payload()
    (bar,) = payload["attachments"]
    assert [block["type"] for block in bar["blocks"]] == ["context"]
    assert visible({**payload, "attachments": []}).count("out of retries after") == 1
    assert visible(payload).count("out of retries after") == 1


def test_a_silenced_card_says_by_whom_until_when_and_why() -> None:
    said = "Silenced by Ana until 06:00 AST (being replaced); nothing new is told until then"
    assert said in seen(alert(hushed=HUSHED))
    taken = alert(state=AlertState.ACKNOWLEDGED, acknowledged_by="Ben", hushed=HUSHED)
    assert f"Acknowledged by Ben; reminders and escalation stopped. {said}" in seen(taken)


@pytest.mark.parametrize(
    ("hold", "said"),
    [
        (Hold(BY_HOURS, "office", START_MS, START_MS + HOUR), "held by hours office until 06:00 AST"),
        (Hold(BY_RULE, "extend-down", START_MS, START_MS + HOUR), "held by rule extend-down until 06:00 AST"),
        (Hold(BY_SILENCE, "si_1", START_MS, START_MS + HOUR), "held by a silence until 06:00 AST"),
        (Hold(BY_HOURS, "office", START_MS), "held by hours office"),
    ],
)
def test_a_card_that_was_held_says_by_what_and_until_when(hold: Hold, said: str) -> None:
    assert said in seen(alert(holds=(hold, Hold(BY_GROUP, "r", START_MS, START_MS))))


def test_waiting_for_a_group_is_no_delay_to_speak_of() -> None:
    assert "held" not in seen(alert(holds=(Hold(BY_GROUP, "r", START_MS, START_MS + MINUTE),)))


@pytest.mark.parametrize(
    "kind",
    [
        "at least 5 within 15m",
        "5 in a row",
        "not followed by finished within 30m",
        "absent for 2h",
        "new value of cause",
    ],
)
def test_the_kind_of_condition_stands_with_the_rule(kind: str) -> None:
    assert f"rule exceeded-retries ({kind}) · job J1" in seen(alert(kind=kind))


def test_a_share_says_its_percentage() -> None:
    assert "Share: 37%" in seen(alert(kind="20% within 1h", percent="37%"))


def test_an_ended_card_still_says_who_had_taken_it() -> None:
    over = alert(state=AlertState.RESOLVED, ended_at=START_MS, ended_by="finished", acknowledged_by="Ana")
    assert "was critical · acknowledged by Ana" in seen(over)


def test_an_edit_never_pings_whoever_clicked() -> None:
    given = alert(state=AlertState.ACKNOWLEDGED, acknowledged_by="<@U0ANA00001>")
    payload = drawn(given, Reason.ACKNOWLEDGED, mention="review-owner").payload()
    assert read(payload).notified == []
