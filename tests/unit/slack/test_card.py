from __future__ import annotations

from typing import Any

import pytest

from bot.core.rule import Severity
from bot.core.state import Alert, AlertState, Shown
from bot.slack.ladder import Form, Sheet
from tests.fakes.alerts import alert
from tests.fakes.cards import DELIVERY, HOUR, MINUTE, drawn
from tests.fakes.slack.mentions import read, visible
from tests.fakes.virtual import START_MS


def seen(given: Alert) -> str:
    return visible(drawn(given).payload())


def link_in(given: Alert) -> dict[str, Any]:
    """Return the URL button."""
    (actions,) = blocks_of(given, "actions")
    (button,) = [element for element in actions["elements"] if "url" in element]
    return dict(button)


def blocks_of(given: Alert, kind: str) -> list[dict[str, Any]]:
    return [block for block in drawn(given).blocks if block["type"] == kind]


def test_the_first_line_says_how_bad_in_a_sign_and_a_word_and_what() -> None:
    assert seen(alert()).startswith("🔴 Critical: Acme: Alfred job J1 out of retries after 6 tries\n")


@pytest.mark.parametrize("severity", list(Severity))
def test_every_severity_has_its_word(severity: Severity) -> None:
    assert severity.value.capitalize() in seen(alert(severity=severity))


def test_the_description_the_fields_and_the_context_follow() -> None:
    lines = seen(alert()).splitlines()
    assert lines[1:4] == ["The platform will not try again by itself.", "Stage: extraction", "File count: 3"]
    assert lines[4] == "rule exceeded-retries · job J1 since 5 Jan 2026 05:00 AST"
    assert lines[-1] == "Firing · ref 01234567"


def test_at_most_four_fields_are_shown() -> None:
    many = tuple(Shown(f"raw.f{n}", f"v{n}") for n in range(9))
    shown = seen(alert(shown=many))
    assert [f"f{n}: v{n}" in shown for n in range(9)] == [True] * 4 + [False] * 5


def test_a_lent_value_says_since_when_it_is_known() -> None:
    shown = seen(alert(shown=(Shown("stage", "extraction", START_MS - HOUR),)))
    assert "Stage: extraction (known since 04:00 AST)" in shown


def test_a_lent_value_of_another_day_says_the_day() -> None:
    shown = seen(alert(shown=(Shown("stage", "extraction", START_MS - 30 * HOUR),)))
    assert "(known since 3 Jan 23:00 AST)" in shown


def test_yes_and_no_lists_and_numbers_read_like_words() -> None:
    fields = (
        Shown("exceeded_retries", value=True),
        Shown("errors", ("a", "b")),
        Shown("score", 0.5),
        Shown("retries", 6),
    )
    shown = seen(alert(shown=fields))
    assert "Exceeded retries: yes" in shown
    assert "Errors: a, b" in shown
    assert "Score: 0.5" in shown
    assert "Retries: 6" in shown


@pytest.mark.parametrize("nothing", ["None", "null", "undefined", "", (), ("null",), float("nan")])
def test_a_field_that_says_nothing_is_left_out(nothing: Any) -> None:
    assert "Stage" not in seen(alert(shown=(Shown("stage", nothing),)))


def test_a_card_of_nothing_but_what_is_required_never_says_none() -> None:
    bare = Alert(
        alert_id="al_1",
        rule="r",
        fingerprint="f",
        slice_key="s",
        key=(),
        title="",
        severity=Severity.INFO,
        fired_at=START_MS,
        last_at=START_MS,
    )
    assert seen(bare).startswith("🔵 Info: r")
    assert "all events" in seen(bare)
    for form in Form:
        payload = Sheet(drawn(bare), form).payload()
        assert not any(word in str(payload) for word in ("None", "null", "undefined"))


def test_the_button_opens_the_unchanged_address() -> None:
    button = link_in(alert())
    assert button["url"] == "https://alfred.example.com/jobs/J1"
    assert button["text"]["text"] == "Open job"


def test_the_title_leads_to_the_same_address() -> None:
    body, *_ = drawn(alert()).blocks
    title = body["elements"][0]["elements"][1]
    assert (title["type"], title["url"]) == ("link", "https://alfred.example.com/jobs/J1")
    assert title["text"] == "Acme: Alfred job J1 out of retries after 6 tries"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://dashboard.extend.ai/runs/1", False),
        ("https://alfred.example.com/jobs/1", False),
        ("https://evil.example/jobs/1", True),
        ("https://alfred.example.com.evil.example/jobs/1", True),
        ("https://alfred.example.com@evil.example/jobs/1", True),
    ],
)
def test_a_foreign_address_shows_its_host_beside_the_title(url: str, *, shown: bool) -> None:
    assert ("evil.example)" in seen(alert(url=url)).splitlines()[0]) is shown


def test_a_host_in_foreign_letters_is_shown_as_the_network_knows_it() -> None:
    assert "(xn--" in seen(alert(url="https://аlfred.example.com/x")).splitlines()[0]  # noqa: RUF001


@pytest.mark.parametrize(
    ("event_type", "label"),
    [("extend.workflow_run.failed", "Open run"), ("alfred.file.failed", "Open file"), ("other.thing", "Open event")],
)
def test_the_button_names_what_it_opens(event_type: str, label: str) -> None:
    assert link_in(alert(event_type=event_type))["text"]["text"] == label


@pytest.mark.parametrize("url", [None, "ftp://x", "https://x.example/" + "a" * 3_000])
def test_without_a_usable_address_there_is_no_button_and_the_id_is_shown(url: str | None) -> None:
    given = alert(url=url, key=(("company", "Acme"),))
    (actions,) = blocks_of(given, "actions")
    assert not any("url" in element for element in actions["elements"])
    assert read(drawn(given).payload()).links == []
    assert "job J1" in seen(given)


def test_the_key_is_named_and_an_unknown_one_said_so() -> None:
    given = alert(key=(("company", "unknown"),), unknown_key=True)
    assert "company unknown · job J1" in seen(given)
    assert "company unknown: counted together" in seen(given)


def test_repeats_are_counted_and_the_latest_one_dated() -> None:
    given = alert(count=37, last_at=START_MS + 12 * MINUTE, top=(("OUT_OF_CREDITS", 30), ("CORRUPT_FILE", 7)))
    assert "37 times, last 5 Jan 2026 05:12 AST" in seen(given)
    assert "Most frequent: OUT_OF_CREDITS ×30, CORRUPT_FILE ×7" in seen(given)  # noqa: RUF001


def test_a_date_is_slacks_token_with_a_plain_fallback_in_the_configured_zone() -> None:
    (context,) = blocks_of(alert(), "context")
    texts = [element["text"] for element in context["elements"] if element["type"] == "mrkdwn"]
    assert texts == ["since <!date^1767603600^{date_short_pretty} {time}|5 Jan 2026 05:00 AST>"]


def timed(before: int, event_type: str = "extend.workflow_run.failed") -> str:
    return seen(alert(occurred_at=START_MS - before, event_type=event_type, title="x"))


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (6 * MINUTE, "event time 04:54 AST, arrived 6 min late"),
        (2 * HOUR, "event time 03:00 AST, arrived 2 h late"),
        (167 * HOUR, "event time 29 Dec 2025 06:00 AST, arrived 6 d 23 h late"),
    ],
)
def test_a_late_event_says_when_it_was_and_how_late(before: int, said: str) -> None:
    assert said in timed(before)


@pytest.mark.parametrize("before", [-HOUR, 0, MINUTE, 5 * MINUTE, 168 * HOUR, 1_645 * 24 * HOUR])
def test_a_time_that_is_no_news_or_cannot_be_true_is_not_told(before: int) -> None:
    assert not any(word in timed(before) for word in ("late", "event time"))


@pytest.mark.parametrize("before", [-HOUR, MINUTE, 2 * HOUR, 25 * HOUR, 1_645 * 24 * HOUR])
def test_an_alfred_event_is_never_called_late(before: int) -> None:
    assert "late" not in timed(before, "alfred.job.failed")
    assert ("event time 03:00 AST" in timed(before, "alfred.job.failed")) is (before == 2 * HOUR)


@pytest.mark.parametrize("event_type", ["extend.workflow_run.failed", "alfred.job.failed", "alfred.file.failed"])
def test_an_event_about_no_run_job_or_file_is_named_as_an_event(event_type: str) -> None:
    given = alert(key=(("subject", "evt_1"),), event_id="evt_1", subject=None, event_type=event_type)
    assert "rule exceeded-retries · event evt_1 since" in seen(given)


def test_the_run_that_a_later_payload_told_is_named_beside_the_event() -> None:
    given = alert(
        key=(("subject", "evt_1"),), event_id="evt_1", subject="wr_1", event_type="extend.workflow_run.failed"
    )
    assert "event evt_1 · run wr_1" in seen(given)


@pytest.mark.parametrize(("key", "subject"), [("J\u200b1", "J\u200b1"), (" J1", "J1"), ("J1", "J1\x00")])
def test_a_subject_that_reads_like_the_key_is_not_named_twice(key: str, subject: str) -> None:
    assert "rule exceeded-retries · job J1 since" in seen(alert(key=(("subject", key),), subject=subject))


def test_missing_details_owner_runbook_and_another_environment_are_said() -> None:
    shown = seen(
        alert(details_missing=True, owner="doc-oncall", runbook="https://wiki.example.com/r", environment="staging")
    )
    assert "details are missing: the payload was not available" in shown
    assert "yet" not in shown
    assert "owner doc-oncall" in shown
    assert "Runbook: https://wiki.example.com/r" in shown
    assert "environment staging" in shown


def test_a_rejected_review_shows_the_note_and_who_rejected() -> None:
    shown = seen(alert(outcome="rejected", user="Ana", note="Blurred scan"))
    assert "Rejected by Ana" in shown
    assert "Note: Blurred scan" in shown


def test_the_delivery_is_marked_three_times() -> None:
    payload = drawn(alert()).payload()
    assert payload["metadata"] == {
        "event_type": "tocsin_alert",
        "event_payload": {"delivery_id": DELIVERY, "alert_id": "al_0001"},
    }
    attached = payload["attachments"][0]["blocks"]
    assert all(DELIVERY in block["block_id"] for block in (*payload["blocks"], *attached))
    assert "ref 01234567" in visible(payload)


def test_block_ids_are_unique_and_new_for_every_revision() -> None:
    first, second = (drawn(alert(revision=n)) for n in (1, 2))
    ids = [block["block_id"] for block in (*first.blocks, *second.blocks)]
    assert len(set(ids)) == len(ids)


def test_the_push_text_is_the_headline_alone() -> None:
    assert drawn(alert()).text == "🔴 Critical: Acme: Alfred job J1 out of retries after 6 tries"


def test_every_form_of_the_ladder_still_tells_the_alert() -> None:
    for form in Form:
        payload = Sheet(drawn(alert()), form).payload()
        assert "J1 out of retries" in visible(payload)
        assert "extraction" in visible(payload)
        assert "ref 01234567" in visible(payload)


def test_a_brief_card_is_short_and_says_how_it_ended() -> None:
    over = alert(state=AlertState.RESOLVED, ended_at=START_MS + MINUTE, ended_by="finished")
    short = visible(drawn(over, brief=True).payload())
    assert "Completed: resolved after 1 min" in short
    assert "Stage" not in short


def test_a_card_never_changes_with_the_machine_it_is_drawn_on() -> None:
    assert drawn(alert()).payload() == drawn(alert()).payload()


def test_times_beyond_all_reason_are_drawn_all_the_same() -> None:
    assert "since" in seen(alert(fired_at=-5, last_at=10**18, occurred_at=-(10**18)))
