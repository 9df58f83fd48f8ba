"""What is posted and edited, against the strict fake."""

from __future__ import annotations

import pytest

from bot.core.decisions import Reason
from bot.core.state import Shown
from bot.store.values import DeliveryState
from tests.fakes.alerts import alert
from tests.fakes.slack import FakeSlack
from tests.fakes.virtual import LoopClock, virtually
from tests.integration.slack.staging import READY, SENT, over, staged


def test_one_message_is_posted_and_the_same_one_edited_to_resolved() -> None:
    async def scenario() -> None:
        async with staged() as stage:
            first = stage.outbox.decide(alert())
            await stage.scene.sleep(5)
            stage.outbox.decide(over(), Reason.RESOLVED)
            await stage.scene.sleep(5)
            (message,) = stage.fake.messages("C0DOCALERT1")
            assert message.delivery_id == first.delivery_id
            assert len(message.revisions) == 2
            assert message.visible.startswith("✅ Resolved")
            assert stage.fake.notified() == []
            assert {link.url for link in stage.fake.links()} == {"https://alfred.example.com/jobs/J1"}
            assert stage.fake.secrets_in_requests() == []
            assert stage.fake.missing_fallback_text() == stage.fake.uneditable() == []

    virtually(scenario)


def test_a_burst_is_posted_politely_completely_and_in_order() -> None:
    async def scenario() -> None:
        async with staged() as stage:
            rows = [stage.outbox.decide(alert(number)) for number in range(20)]
            await stage.scene.sleep(120)
            assert stage.fake.order("C0DOCALERT1") == [row.delivery_id for row in rows]
            assert stage.fake.violations() == []
            assert stage.fake.max_rate("C0DOCALERT1") <= 1  # the fake's harsher reading: no burst at all
            assert stage.fake.duplicates() == {}

    virtually(scenario)


def test_a_burst_over_many_channels_and_edits_stays_within_all_budgets() -> None:
    async def scenario() -> None:
        clock = LoopClock()
        fake = FakeSlack(clock.seconds)
        fake.workspace.switches.strict_bursts = False  # 10 edits at once, as Slack's own tiers allow
        for number in range(50):
            fake.workspace.add_channel(f"C0MANY{number:05d}", f"many{number}")
        async with staged(fake=fake) as stage:
            for number in range(50):
                stage.outbox.decide(alert(number), channel=f"C0MANY{number:05d}")
            await stage.scene.sleep(60)
            assert len(fake.messages()) == 50
            for number in range(50):
                stage.outbox.decide(over(number), Reason.RESOLVED, channel=f"C0MANY{number:05d}")
            await stage.scene.sleep(300)
            assert all(message.visible.startswith("✅") for message in fake.messages())
            assert fake.violations() == []

    virtually(scenario)


def test_a_revoked_token_keeps_everything_until_it_is_valid_again() -> None:
    async def scenario() -> None:
        async with staged() as stage:
            token = stage.fake.workspace.tokens[stage.fake.token]
            token.state = "revoked"
            for number in range(4):
                stage.outbox.decide(alert(number))
            await stage.scene.sleep(600)
            assert stage.outbox.states() == [READY] * 4
            assert len(stage.fake.calls()) <= 11  # one probe a minute
            assert "token_revoked" in (await stage.scene.relay.health()).troubles[0]
            token.state = "valid"
            await stage.scene.sleep(120)
            assert stage.outbox.states() == [SENT] * 4
            assert stage.fake.violations() == []

    virtually(scenario)


@pytest.mark.parametrize("channel", ["old", "no-such-channel", "stranger", "secret"])
def test_a_channel_that_cannot_be_posted_to_parks_its_alert_alone(channel: str) -> None:
    async def scenario() -> None:
        async with staged() as stage:
            stage.fake.workspace.tokens[stage.fake.token].scopes = ("chat:write",)
            stage.outbox.decide(alert(1), channel=channel)
            stage.outbox.decide(alert(2))
            await stage.scene.sleep(3_660)
            assert stage.outbox.states() == [DeliveryState.PARKED, SENT]
            assert len(stage.fake.calls()) == 2 + 6  # one probe every ten minutes

    virtually(scenario)


def test_blocks_that_slack_does_not_know_yet_go_down_to_text() -> None:
    async def scenario() -> None:
        async with staged() as stage:
            stage.fake.workspace.switches.unsupported_blocks = ("rich_text", "section")
            stage.outbox.decide(alert(shown=(Shown("stage", "<!channel>"),)))
            await stage.scene.sleep(20)
            stage.fake.workspace.switches.unsupported_blocks = ()
            stage.outbox.decide(over(), Reason.RESOLVED)
            await stage.scene.sleep(20)
            (message,) = stage.fake.messages()
            assert "blocks" not in message.content
            assert "✅ Resolved" in message.visible
            assert stage.fake.notified() == []

    virtually(scenario)


def test_a_message_deleted_by_a_person_stays_deleted() -> None:
    async def scenario() -> None:
        async with staged() as stage:
            stage.outbox.decide(alert())
            await stage.scene.sleep(5)
            stage.fake.messages()[0].deleted = True
            stage.outbox.decide(over(), Reason.RESOLVED)
            await stage.scene.sleep(600)
            assert stage.fake.messages() == []
            assert stage.outbox.states() == [SENT, DeliveryState.DEAD]

    virtually(scenario)
