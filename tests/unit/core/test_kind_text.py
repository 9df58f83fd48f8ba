from __future__ import annotations

from fractions import Fraction

import pytest

from bot.core.kinds import EVERY_MATCH, AbsentFor, AtLeast, Consecutive, Kind, NewValue, NotFollowedBy, Share
from bot.core.portrait import kind_text
from bot.core.selector import Selector

ANY = Selector(any=True)
MINUTE = 60_000


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (EVERY_MATCH, "every match"),
        (AtLeast(5, 15 * MINUTE), "at least 5 within 15m"),
        (AtLeast(3, 60 * MINUTE, "company"), "at least 3 distinct company within 1h"),
        (Share(Fraction(1, 5), ANY, 60 * MINUTE, 20), "at least 20% within 1h"),
        (Consecutive(3, ANY), "3 in a row"),
        (NotFollowedBy(ANY, 30 * MINUTE), "nothing followed within 30m"),
        (AbsentFor(120 * MINUTE), "absent for 2h"),
        (NewValue("cause", 30 * 1_440 * MINUTE), "new cause in 4w2d"),
    ],
)
def test_a_card_names_the_kind_of_condition_as_its_rule_does(kind: Kind, text: str) -> None:
    assert kind_text(kind) == text
