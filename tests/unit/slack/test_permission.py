"""Who may act: anybody, users, groups, names of people."""

from __future__ import annotations

import pytest

from bot.slack.calls import Reply
from bot.slack.permission import MEMBERS_FOR_S, Allowed, Permission
from tests.clocks import VirtualClock

PEOPLE = {"ana": "U0ANA00001", "oncall": "S0ONCALL01"}
GROUP = Reply(None, {"users": ["U0BEN00001"]})
REFUSED = Reply("missing_scope")


class Groups:
    """usergroups.users.list, with the calls it got."""

    def __init__(self, *answers: Reply) -> None:
        self.answers, self.asked = list(answers), list[str]()

    async def members(self, group: str) -> Reply:
        self.asked.append(group)
        return self.answers.pop(0)


@pytest.mark.parametrize(
    ("may_act", "user", "allowed"),
    [
        (("any",), "U0ANYONE01", Allowed.YES),
        (("ana",), "U0ANA00001", Allowed.YES),
        (("ana",), "U0BEN00001", Allowed.NO),
        (("U0BEN00001",), "U0BEN00001", Allowed.YES),
        (("oncall",), "U0BEN00001", Allowed.YES),
        (("S0ONCALL01",), "U0BEN00001", Allowed.YES),
        (("oncall",), "U0ANA00001", Allowed.NO),
        (("nobody",), "U0ANA00001", Allowed.NO),
    ],
)
async def test_may_act_names_anybody_people_users_and_groups(
    may_act: tuple[str, ...], user: str, allowed: Allowed
) -> None:
    permission = Permission(may_act, PEOPLE, Groups(GROUP).members, VirtualClock())

    assert await permission.of(user) is allowed


async def test_a_groups_members_are_asked_for_once_in_five_minutes() -> None:
    clock, groups = VirtualClock(), Groups(GROUP, Reply(None, {"users": []}))
    permission = Permission(("oncall",), PEOPLE, groups.members, clock)
    assert [await permission.of("U0BEN00001") for _ in range(3)] == [Allowed.YES] * 3
    assert len(groups.asked) == 1
    clock.advance(round(MEMBERS_FOR_S * 1_000))

    assert await permission.of("U0BEN00001") is Allowed.NO


async def test_a_group_that_cannot_be_read_lets_nobody_in_and_says_so() -> None:
    permission = Permission(("oncall",), PEOPLE, Groups(REFUSED).members, VirtualClock())

    assert await permission.of("U0BEN00001") is Allowed.UNSURE


async def test_the_members_of_before_are_believed_while_slack_does_not_answer() -> None:
    clock = VirtualClock()
    permission = Permission(("oncall",), PEOPLE, Groups(GROUP, REFUSED).members, clock)
    await permission.of("U0BEN00001")
    clock.advance(round(MEMBERS_FOR_S * 1_000))

    assert await permission.of("U0BEN00001") is Allowed.YES


async def test_a_name_that_is_looked_up_later_counts_from_then_on() -> None:
    ids = dict[str, str]()
    permission = Permission(("review-owner",), ids, Groups().members, VirtualClock())
    assert await permission.of("U0ANA00001") is Allowed.NO
    ids["review-owner"] = "U0ANA00001"

    assert await permission.of("U0ANA00001") is Allowed.YES
