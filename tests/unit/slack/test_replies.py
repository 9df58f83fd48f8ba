from __future__ import annotations

import pytest

from bot.core.decisions import Reason
from bot.core.roundup import RoundupKind
from bot.core.state import AlertState
from bot.slack.card import Card
from bot.slack.ladder import Form, Sheet
from tests.fakes.alerts import alert
from tests.fakes.cards import HOUR, MINUTE, drawn, member, roundup, silence
from tests.fakes.slack.mentions import read, visible
from tests.fakes.virtual import START_MS

TITLE = "Acme: Alfred job J1 out of retries after 6 tries"


def seen(card: Card) -> str:
    return visible(card.payload())


def test_a_reminder_says_which_one_how_long_and_that_nobody_took_it() -> None:
    card = drawn(alert(count=37), Reason.REMINDER, after=4 * HOUR, number=2)
    said = f"🔁 Reminder 2, critical: {TITLE}"
    assert seen(card) == f"{said}\nStill firing after 4 h, 37 times so far; nobody has acknowledged it"
    assert card.text == f"{said}. Still firing after 4 h, 37 times so far; nobody has acknowledged it."


def test_a_milestone_says_the_count_that_was_passed() -> None:
    given = alert(count=104, last_at=START_MS + 41 * MINUTE)
    shown = seen(drawn(given, Reason.MILESTONE, after=42 * MINUTE, number=100))
    assert shown == f"📈 100 times: {TITLE}\nCounted 100 times in 42 min, last at 05:41 AST"


def test_an_escalation_in_the_thread_says_why_and_pings_whom_the_rule_names_once() -> None:
    card = drawn(alert(), Reason.ESCALATED_HERE, after=2 * HOUR, number=1, mention="review-owner")
    assert read(card.payload()).notified == ["U0ANA00001"]
    assert f"⏫ Escalated, critical: {TITLE}" in seen(card)
    assert "Nobody has acknowledged this for 2 h" in card.text


def test_an_escalation_elsewhere_is_the_whole_card_with_why_it_is_there() -> None:
    card = drawn(alert(escalations=1), Reason.ESCALATED, after=2 * HOUR, number=1, mention="doc-oncall")
    assert read(card.payload()).notified == ["S0ONCALL01"]
    assert "Escalated: nobody has acknowledged this for 2 h" in seen(card)
    assert card.text == f"🔴 Critical: {TITLE}. Escalated: nobody has acknowledged this for 2 h."
    assert "Stage: extraction" in seen(card)
    assert [block["type"] for block in card.blocks] == ["rich_text", "context", "actions"]


def test_a_card_that_was_escalated_says_so_until_somebody_takes_it_and_pings_nobody_again() -> None:
    later = drawn(alert(escalations=1, count=2), Reason.MORE, after=3 * HOUR)
    assert "Escalated: nobody has acknowledged it yet" in seen(later)
    assert read(later.payload()).notified == []
    taken = alert(escalations=1, state=AlertState.ACKNOWLEDGED, acknowledged_by="Ana")
    assert "Escalated" not in seen(drawn(taken, Reason.ACKNOWLEDGED))


def test_what_ended_before_the_escalation_left_is_not_called_escalated() -> None:
    over = alert(state=AlertState.RESOLVED, ended_at=START_MS, ended_by="finished")
    assert "Escalated" not in seen(drawn(over, Reason.ESCALATED))
    assert "Over meanwhile" in seen(drawn(over, Reason.REMINDER))


@pytest.mark.parametrize("name", ["night", "nobody", "U0BOSS00001", "SUPPORT1", "<!channel>"])
def test_a_name_that_slack_does_not_know_is_written_and_pings_nobody(name: str) -> None:
    card = drawn(alert(), Reason.ESCALATED_HERE, mention=name)
    assert read(card.payload()).notified == []
    assert name in seen(card)


@pytest.mark.parametrize("form", list(Form))
def test_whom_a_rule_names_is_pinged_once_in_every_form(form: Form) -> None:
    card = drawn(alert(), Reason.ESCALATED, mention="doc-oncall")
    found = read(Sheet(card, form).payload()).notified
    assert [one.removeprefix("!subteam^") for one in found] == ["S0ONCALL01"]


def test_a_group_is_reminded_of_with_its_counts() -> None:
    given = roundup(RoundupKind.GROUP, member(1), member(2, AlertState.RESOLVED))
    shown = seen(drawn(given, Reason.REMINDER, number=1))
    assert shown == (
        "🔁 Reminder 1, warning: Review overdue: scan-1.pdf and 1 more\n"
        "1 of 2 alerts open, 1 ended; nobody has acknowledged it"
    )


def test_a_silence_that_ends_soon_says_when_and_what_it_held() -> None:
    given = roundup(RoundupKind.SILENCE, member(1), silence=silence())
    assert seen(drawn(given, Reason.ENDING_SOON, after=45 * MINUTE)) == (
        "🔔 Ending soon: Silence: rule review-overdue, company Acme\n"
        "It ends at 06:00 AST, begun by Ana; 1 alert held, 1 of them still open"
    )


def test_the_end_of_a_storm_is_announced_with_what_it_folded() -> None:
    given = roundup(RoundupKind.STORM, count=312, standing=4, ended_at=START_MS + 25 * MINUTE)
    assert seen(drawn(given, Reason.ANNOUNCED, after=HOUR)) == (
        "🔔 Storm over: 312 alerts folded into one message\nCalm again after 25 min; 4 of 312 alerts open, 308 ended"
    )


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason.is_reply])
@pytest.mark.parametrize("kind", list(RoundupKind))
def test_every_reply_about_anything_can_be_drawn(reason: Reason, kind: RoundupKind) -> None:
    for subject in (alert(), roundup(kind), roundup(kind, silence=silence())):
        assert seen(drawn(subject, reason, after=-5)).strip()
