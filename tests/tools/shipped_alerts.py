"""What the shipped rules make of the samples, posted one after the other in the page's order to a bot that is new."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from bot.core.decisions import Change, Decisions, Reason
from bot.core.fold import State, fold
from bot.core.rule import Mode
from bot.core.selector import OWN_SOURCE
from bot.service.setup import load_setup
from tests.tools.samples import all_samples, source_of

ROOT: Final = Path(__file__).parents[2]
_WORDS: Final = {Change.FIRES: "fires", Change.RESOLVES: "resolves", Change.EXPIRES: "expires", Change.CLOSES: "closes"}


ALONE: Final = "; alone: "
NOTHING: Final = "-"


def shipped_alerts() -> dict[str, str]:
    """Return, by the samples' labels, such words as `fires extend-run-failed`, `again …` and `resolves …`.

    Where a sample would do something else on a bot of its own, that follows after ALONE: many are about one run.
    Alerts in shadow are left out: nobody hears of them.
    """
    rule_set = load_setup(ROOT / "config.yaml").rule_set
    shared, told = State(), dict[str, str]()
    for number, sample in enumerate(all_samples()):
        source = source_of(sample)
        if source.handshake(sample.body) is None:
            event = msgspec.structs.replace(source.read(sample.body).event, at=1 + number)
            in_order, alone = (_said(fold(event, state, rule_set)) for state in (shared, State()))
            told[sample.label] = in_order + (f"{ALONE}{alone}" if alone != in_order else "")
    return told


def _said(decided: Decisions) -> str:
    live = [each for each in decided.transitions if each.change in _WORDS and each.alert.mode is Mode.LIVE]
    words = [f"{_WORDS[each.change]} {each.alert.rule}" for each in live]
    more = (each.alert_id for each in decided.notifications if each.reason is Reason.MORE)
    again = {decided.alerts[card].rule for card in more if card in decided.alerts}  # other cards are of many alerts
    words += [f"again {rule}" for rule in sorted(again)]
    return ", ".join(word for word in dict.fromkeys(words) if f" {OWN_SOURCE}-" not in word) or NOTHING
