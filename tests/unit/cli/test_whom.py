"""Who is told of an alert, in the list of alerts."""

from __future__ import annotations

import msgspec

from bot.cli.alerts import whom
from bot.core.rule import Mode
from bot.core.state import BY_HOURS, Hold
from tests.fakes.alerts import alert


def test_the_channels_of_an_alert_are_named() -> None:
    assert whom(msgspec.structs.replace(alert(1), channels=("a", "b"))) == "a, b"


def test_an_alert_in_shadow_is_told_to_nobody() -> None:
    assert whom(msgspec.structs.replace(alert(1), mode=Mode.SHADOW)) == "nobody, it is in shadow"


def test_what_is_held_says_by_what() -> None:
    held = msgspec.structs.replace(alert(1), holds=(Hold(BY_HOURS, "office", 1),))

    assert whom(held) == "nobody yet, held by hours office"
    assert whom(msgspec.structs.replace(held, holds=(Hold(BY_HOURS, "office", 1, 2),), channels=("a",))) == "a"
