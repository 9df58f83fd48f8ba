"""(c): how many events per second the pure core decides, with nothing around it."""

from __future__ import annotations

import gc
import time
from itertools import cycle, islice
from typing import Final

from bot.core.catalogue import TYPES
from bot.core.conditions import Clause, Op
from bot.core.fold import State, fold
from bot.core.inputs import Event
from bot.core.rule import Rule, Target
from bot.core.ruleset import RuleSet
from bot.core.selector import Selector

_ONE_TYPE: Final = "extend.workflow_run.failed"
_FIRES: Final = 100
_START_MS: Final = 1_800_000_000_000


def events_per_second(rules: int, events: int, *, one_type: bool = False) -> float:
    """Return the rate of folding `events` through `rules`; one in 100 fires, whatever the number of rules."""
    types = [_ONE_TYPE] if one_type else sorted(TYPES)
    rule_set = RuleSet(rules={rule.name: rule for rule in islice(_rules(types), rules)})
    given = [_event(number, types, rules) for number in range(events)]
    state = State()
    gc.collect()
    began = time.perf_counter()
    fired = sum(len(fold(event, state, rule_set).notifications) for event in given)
    seconds = time.perf_counter() - began
    assert fired == events // _FIRES, fired
    return events / seconds


def _rules(types: list[str]) -> cycle[Rule]:
    made = [
        Rule(
            name=f"rule-{number}",
            title="{workflow} failed",
            when=Selector(types=frozenset({types[number % len(types)]})),
            where=Clause("company", Op.IS, f"company-{number}"),
            notify=(Target("doc-alerts"),),
        )
        for number in range(1_000)
    ]
    return cycle(made)


def _event(number: int, types: list[str], rules: int) -> Event:
    """Return an event of the types in turn; every hundredth is for one of the rules."""
    meant = number // _FIRES % rules
    fires = number % _FIRES == 0
    event_type = types[(meant if fires else number) % len(types)]
    return Event(
        event_id=f"event-{number}",
        source="extend",
        type=event_type,
        at=_START_MS + number,
        outcomes=(TYPES[event_type],),
        fields={
            "source": "extend",
            "environment": "prod",
            "run": f"run-{number}",
            "company": f"company-{meant}" if fires else "company-x",
            "workflow": "Accounts payable intake",
            "document": "invoice-0042.pdf",
        },
    )
