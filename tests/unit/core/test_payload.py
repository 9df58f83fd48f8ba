"""The payload of an event is decoded when a rule asks for something in it, and not before."""

from __future__ import annotations

from bot.core.conditions import Clause, Op
from bot.core.fields import FieldType
from bot.core.inputs import Undecoded
from tests.builders import changes, event, rule, rules, run

_UNREADABLE = Undecoded(b"{")


def test_a_rule_finds_what_it_asks_for_in_a_payload_that_is_not_decoded() -> None:
    asking = rules(
        rule(
            where=Clause("raw.page.count", Op.IS, "7", FieldType.RAW), title="{raw.page.count} pages", show=("raw.of",)
        )
    )

    payload = b'{"page":{"count":7},"of":"x"}'
    for undecoded in (Undecoded(payload), Undecoded(b'{"id":1,"event":%b}' % payload, "event")):
        decided = run(asking, event("alfred.job.failed", job="J", raw=undecoded))

        [alert] = decided.alerts.values()
        assert (alert.title, alert.shown[0].value) == ("7 pages", "x")


def test_a_payload_that_no_rule_asks_for_is_never_decoded() -> None:
    decided = run(rules(rule(title="{job}")), event("alfred.job.failed", job="J", raw=_UNREADABLE))

    assert len(changes(decided)) == 1
    assert not decided.faults


def test_a_payload_that_cannot_be_decoded_sets_aside_the_rule_that_asks_alone() -> None:
    asking = rule("asks", where=Clause("raw.a", Op.EXISTS, operand=True, field_type=FieldType.RAW))

    decided = run(rules(asking, rule("other")), event("alfred.job.failed", job="J", raw=_UNREADABLE))

    assert [fault.rule for fault in decided.faults] == ["asks"]
    assert [transition.alert.rule for transition in decided.transitions] == ["other"]
