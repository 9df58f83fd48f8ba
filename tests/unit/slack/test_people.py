"""Names of `people:` as ids that Slack can mention."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.errors import StoreUnavailableError
from bot.slack.calls import Reply
from bot.slack.people import AGAIN_S, AGAIN_UNKNOWN_S, People
from tests.fakes.virtual import virtually

FOUND = Reply(None, {"user": {"id": "U0ANA00001"}})
NOBODY = Reply("users_not_found")
NAMED = {"ana": "ana@example.org", "oncall": "S0ONCALL01", "ben": "U0BEN00001"}


@dataclass
class Memory:
    known: dict[str, str] = field(default_factory=dict)
    is_full: bool = False

    async def known_people(self) -> Mapping[str, str]:
        return self.known

    async def note_person(self, address: str, slack_id: str) -> None:
        if self.is_full:
            raise StoreUnavailableError("full")
        self.known[address] = slack_id


@dataclass
class Slack:
    """users.lookupByEmail; the last answer is given again and again."""

    answers: list[Reply]
    asked: list[str] = field(default_factory=list)

    async def look_up(self, address: str) -> Reply:
        self.asked.append(address)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def test_an_address_is_looked_up_once_and_kept() -> None:
    async def scenario() -> None:
        memory, slack = Memory(), Slack([FOUND])
        people = People(NAMED, memory, slack.look_up)
        assert people.ids == {"oncall": "S0ONCALL01", "ben": "U0BEN00001"}
        await people.run()
        assert people.ids["ana"] == memory.known["ana@example.org"] == "U0ANA00001"
        again = People(NAMED, memory, slack.look_up)
        await again.run()
        assert again.ids == people.ids
        assert slack.asked == ["ana@example.org"]

    virtually(scenario, grace=0)


def test_somebody_whom_slack_does_not_know_is_named_and_asked_for_again_each_hour() -> None:
    async def scenario() -> None:
        slack = Slack([NOBODY, FOUND])
        people = People(NAMED, Memory(), slack.look_up)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(people.run())
            await asyncio.sleep(1)  # noqa: TID251 - skipped time
            (line,) = people.troubles
            assert "ana of `people:`" in line
            assert "ana@example.org" not in line
            await asyncio.sleep(AGAIN_UNKNOWN_S)  # noqa: TID251 - skipped time
            assert people.troubles == []
            assert people.ids["ana"] == "U0ANA00001"

    virtually(scenario, grace=0)


def test_trouble_on_the_way_is_tried_again_within_a_minute() -> None:
    async def scenario() -> None:
        slack = Slack([Reply("TimeoutError"), FOUND])
        people = People(NAMED, Memory(), slack.look_up)
        async with asyncio.timeout(AGAIN_S + 1):
            await people.run()
        assert people.ids["ana"] == "U0ANA00001"

    virtually(scenario, grace=0)


def test_who_cannot_be_kept_is_known_all_the_same() -> None:
    async def scenario() -> None:
        people = People(NAMED, Memory(is_full=True), Slack([FOUND]).look_up)
        await people.run()
        assert people.ids["ana"] == "U0ANA00001"

    virtually(scenario, grace=0)
