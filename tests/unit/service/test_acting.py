"""What people act on: the card's channel, the next morning, and silences that can mean something."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.config.model import Config, Hours
from bot.core.catalogue import Outcome
from bot.core.hours import recurring
from bot.core.inputs import Action
from bot.core.roundup import Roundup, RoundupKind
from bot.core.rule import Rule
from bot.core.ruleset import RuleSet
from bot.core.selector import Selector
from bot.core.state import Alert, Told
from bot.service.acting import Acting
from bot.store.values import Appended, Message, Signature
from tests.clocks import VirtualClock
from tests.fakes.alerts import alert

ZONE = ZoneInfo("UTC")
WEEKDAYS = frozenset(range(5))
NIGHT = recurring("night", days=range(7), start=22 * 60, end=6 * 60, zone=ZONE)
RULES = RuleSet(
    rules={
        "exceeded-retries": Rule(
            name="exceeded-retries",
            title="t",
            when=Selector(outcomes=frozenset({Outcome.FAILED})),
            notify_during=NIGHT,
        )
    }
)


class Cards:
    """The store as acting sees it: messages by card and channel name."""

    def __init__(self, *cards: Alert | Roundup, messages: Mapping[tuple[str, str], str] | None = None) -> None:
        self.cards, self.messages = cards, messages or {}

    def read_alert(self, alert_id: str) -> Alert | None:
        return next((one for one in self.cards if isinstance(one, Alert) and one.alert_id == alert_id), None)

    def read_roundup(self, roundup_id: str) -> Roundup | None:
        return next((one for one in self.cards if isinstance(one, Roundup) and one.roundup_id == roundup_id), None)

    def read_message(self, alert_id: str, channel: str) -> Message | None:
        found = self.messages.get((alert_id, channel))
        if found is None:
            return None
        return Message(alert_id=alert_id, channel=channel, ts="1.1", channel_id=found, revision=1, delivery_id="dl_1")

    async def append_action(self, action: Action, signature: Signature | None = None) -> Appended:
        raise NotImplementedError(action, signature)


def acting(cards: Cards, **config: object) -> Acting:
    async def explained(card_id: str) -> str:
        return card_id

    settings = Config(file="c", folder=Path(), sources={}, rules=(), **config)  # type: ignore[arg-type]
    clock = VirtualClock(at("2026-01-05 10:00"))
    return Acting(
        store=cards, config=settings, clock=clock, rule_set=lambda: RULES, explained=explained, wake=lambda: None
    )


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() * 1_000)


def roundup(kind: RoundupKind, name: str) -> Roundup:
    return Roundup(roundup_id="ro_1", kind=kind, name=name, channel="doc-review", opened_at=0)


def test_the_channel_of_a_card_is_called_as_rules_call_it() -> None:
    told = alert(1, channels=("doc-alerts",), told=(Told("leads", "al_0001"),))
    cards = Cards(
        told, roundup(RoundupKind.STORM, "x"), messages={("al_0001", "leads"): "C2", ("ro_1", "doc-review"): "C3"}
    )
    found = acting(cards, channels={"ops": "C9"})

    assert found.channel("al_0001", "C2") == "leads"
    assert found.channel("ro_1", "C3") == "doc-review"
    assert found.channel("al_0001", "C9") == "ops", "the config names it"
    assert found.channel("al_gone", "C7") == "C7", "nobody knows a name for it"


def test_the_morning_goes_by_the_rule_by_the_hours_of_a_hand_over_else_by_the_first_hours() -> None:
    office = Hours(days=WEEKDAYS, start=480, end=1080)
    late = Hours(days=WEEKDAYS, start=720, end=1080)
    found = acting(Cards(), hours={"office": office, "late": late})

    assert found.morning(alert(1)) == at("2026-01-05 22:00")
    assert found.morning(alert(1, rule="another")) == at("2026-01-06 08:00")
    assert found.morning(roundup(RoundupKind.GROUP, "exceeded-retries")) == at("2026-01-05 22:00")
    assert found.morning(roundup(RoundupKind.HAND_OVER, "late")) == at("2026-01-05 12:00")
    assert acting(Cards()).morning(alert(1, rule="another")) == at("2026-01-06 08:00")


@pytest.mark.parametrize(
    ("matcher", "channel", "said"),
    [
        ({"rule": "exceeded-retry"}, None, "did you mean exceeded-retries?"),
        ({"companny": "Acme"}, None, "did you mean company?"),
        ({"severity": "hot"}, None, "there is no severity hot"),
        ({"company": "Acme"}, "doc-alert", "did you mean doc-alerts?"),
    ],
)
def test_a_silence_that_can_mean_nothing_is_answered_with_the_nearest_word(
    matcher: dict[str, str], channel: str | None, said: str
) -> None:
    found = acting(Cards(), channels={"doc-alerts": "C1"})

    assert said in (found.complaint(matcher, channel) or "")
    assert found.complaint({"company": "Acme", "severity": "critical", "fingerprint": "x"}, "doc-alerts") is None
