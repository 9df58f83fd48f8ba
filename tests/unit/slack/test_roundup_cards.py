from __future__ import annotations

import pytest

from bot.core.roundup import Member, Roundup, RoundupKind
from bot.core.rule import Severity
from bot.core.state import AlertState
from tests.fakes.cards import HOUR, MINUTE, drawn, member, roundup, silence
from tests.fakes.slack.mentions import read, visible
from tests.fakes.virtual import START_MS

GROUP, HAND_OVER, STORM, SILENCE = RoundupKind.GROUP, RoundupKind.HAND_OVER, RoundupKind.STORM, RoundupKind.SILENCE


def seen(given: Roundup, after: int = 0) -> str:
    return visible(drawn(given, after=after).payload())


def colour_of(given: Roundup) -> str:
    return str(drawn(given).payload()["attachments"][0]["color"])


def test_a_group_lists_each_alert_with_title_state_and_address() -> None:
    given = roundup(GROUP, member(1), member(2, AlertState.ACKNOWLEDGED), member(3, AlertState.RESOLVED))
    lines = seen(given).splitlines()
    assert lines[0] == "🟡 Warning: Review overdue: scan-1.pdf and 2 more"
    assert lines[1] == "2 of 3 alerts open, 1 of them acknowledged, 1 ended"
    assert lines[2:6] == [
        "Together:",
        "🟡 Review overdue: scan-1.pdf · firing",
        "🟡 Review overdue: scan-2.pdf · acknowledged",
        "✅ Review overdue: scan-3.pdf · resolved",
    ]
    assert {link.url for link in read(drawn(given).payload()).links} == {
        f"https://alfred.example.com/runs/R{n}" for n in (1, 2, 3)
    }


def test_a_group_of_one_reads_like_an_alert() -> None:
    lines = seen(roundup(GROUP, member(1))).splitlines()
    assert lines[:2] == ["🟡 Warning: Review overdue: scan-1.pdf", "1 of 1 alert open"]
    assert "Together" not in seen(roundup(GROUP, member(1)))


def test_the_context_names_the_rule_and_since_when() -> None:
    assert "rule review-overdue · owner doc-oncall since 5 Jan 2026 05:00 AST" in seen(roundup(owner="doc-oncall"))


def test_a_group_that_everybody_took_says_what_follows() -> None:
    given = roundup(GROUP, *(member(n, AlertState.ACKNOWLEDGED) for n in (1, 2)))
    assert "All 2 open ones acknowledged; reminders and escalation stopped" in seen(given)
    assert colour_of(given) == "#daa038"


def test_a_group_is_green_only_where_all_are_known_to_be_resolved() -> None:
    good = roundup(GROUP, *(member(n, AlertState.RESOLVED) for n in (1, 2)))
    mixed = roundup(GROUP, member(1, AlertState.RESOLVED), member(2, AlertState.EXPIRED))
    unlisted = roundup(GROUP, member(1, AlertState.RESOLVED), count=60)
    assert [colour_of(one) for one in (good, mixed, unlisted)] == ["#2eb886", "#868686", "#868686"]
    assert seen(good).startswith("✅ Resolved: ")
    assert "All have ended: 1 expired, 1 resolved" in seen(mixed)
    assert "All have ended: 1 resolved, 59 more ended" in seen(unlisted)


@pytest.mark.parametrize("length", [10, 500])
def test_what_has_no_room_is_counted(length: int) -> None:
    members = tuple(member(n, url="https://alfred.example.com/" + "a" * length) for n in range(50))
    shown = seen(roundup(GROUP, *members, count=130, standing=130))
    listed = shown.count("Review overdue: scan-") - 1
    assert 5 < listed <= 50
    assert f"and {130 - listed} more" in shown
    assert (listed == 50) is (length == 10)


def test_a_hand_over_tells_apart_what_stands_and_what_ended_meanwhile() -> None:
    members = (member(1), member(2, AlertState.RESOLVED), member(3))
    lines = seen(roundup(HAND_OVER, *members, name="office", severity=Severity.ERROR)).splitlines()
    assert lines[:2] == ["🟠 Error: 3 alerts came outside the hours office", "2 of 3 alerts open, 1 ended"]
    assert lines[2:7] == [
        "Still open:",
        "🟡 Review overdue: scan-1.pdf · firing",
        "🟡 Review overdue: scan-3.pdf · firing",
        "Ended meanwhile:",
        "✅ Review overdue: scan-2.pdf · resolved",
    ]


def test_a_hand_over_counts_those_of_each_sort_that_it_does_not_list() -> None:
    members = (member(1), member(2, AlertState.RESOLVED))
    shown = seen(roundup(HAND_OVER, *members, name="office", count=100, standing=70))
    assert "scan-1.pdf · firing\nand 69 more\nEnded meanwhile:" in shown
    assert "scan-2.pdf · resolved\nand 29 more\n" in shown


TALLIES = {
    "by_rule": {"failed-runs": 200, "exceeded-retries": 112},
    "by_company": {"Acme": 300, "unknown": 12},
    "by_cause": {f"CAUSE_{n}": 10 - n for n in range(8)},
}


def test_a_storm_states_what_it_folded_by_rule_company_and_cause() -> None:
    shown = seen(roundup(STORM, name="doc-alerts", count=312, standing=300, severity=Severity.CRITICAL, **TALLIES))
    assert shown.startswith("🔴 Critical: Storm: 312 alerts folded into this message\n300 of 312 alerts open, 12 ended")
    assert "By rule: failed-runs 200, exceeded-retries 112" in shown
    assert "By company: Acme 300, unknown 12" in shown
    assert "By cause: CAUSE_0 10, CAUSE_1 9, CAUSE_2 8, CAUSE_3 7, CAUSE_4 6, 3 others 12" in shown
    assert "channel doc-alerts" in shown


def test_a_storm_that_is_over_says_so_and_what_still_stands() -> None:
    after = {"name": "doc-alerts", "count": 312, "ended_at": START_MS + 25 * MINUTE, **TALLIES}
    standing, over = roundup(STORM, standing=4, **after), roundup(STORM, standing=0, **after)
    assert "Calm again after 25 min; 4 of 312 alerts open, 308 ended" in seen(standing)
    assert seen(over).startswith("⚪ Over: Storm: 312 alerts")
    assert "Calm again after 25 min; all of these alerts have ended" in seen(over)


def held(*members: Member, **parts: object) -> Roundup:
    return roundup(SILENCE, *members, **{"name": "si_0001", "silence": silence(), **parts})


def test_a_silence_says_what_it_matches_by_whom_until_when_why_and_what_it_held() -> None:
    lines = seen(held(member(1), member(2, AlertState.RESOLVED))).splitlines()
    assert lines[0] == "🔕 Info: Silence: rule review-overdue, company Acme"
    assert lines[1] == (
        "Silenced by Ana until 06:00 AST (scanner is being replaced); 2 alerts held, 1 of them still open"
    )
    assert "First of them:" in lines
    assert colour_of(held(member(1))) == "#dddddd"


def test_a_silence_that_held_nothing_says_so() -> None:
    assert "; nothing held" in seen(held(count=0, standing=0, members=()))


@pytest.mark.parametrize(
    ("ended_by", "said"),
    [
        (None, "Over after 1 h: its time is over; 1 alert held, 1 of them still open. It was begun by Ana (scanner"),
        ("ended by Ben", "Over after 1 h: ended by Ben; 1 alert held, "),
    ],
)
def test_a_silence_that_is_over_says_how(ended_by: str | None, said: str) -> None:
    shown = seen(held(member(1), ended_at=START_MS + HOUR, ended_by=ended_by))
    assert shown.startswith("🔔 Over: Silence: ")
    assert said in shown


@pytest.mark.parametrize("kind", list(RoundupKind))
def test_a_roundup_of_nothing_but_what_is_required_is_drawn_and_never_says_none(kind: RoundupKind) -> None:
    payload = drawn(Roundup(roundup_id="ro_1", kind=kind, name="", channel="c", opened_at=START_MS)).payload()
    assert not any(word in str(payload) for word in ("None", "null", "undefined"))
    assert payload["text"]


def test_the_push_text_of_a_roundup_reads_well_alone() -> None:
    assert drawn(roundup()).text == "🟡 Warning: Review overdue: scan-1.pdf and 2 more. 3 of 3 alerts open."


def test_a_roundup_is_marked_with_its_own_id() -> None:
    assert drawn(roundup()).payload()["metadata"]["event_payload"]["alert_id"] == "ro_0001"
