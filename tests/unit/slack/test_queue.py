from __future__ import annotations

import pytest
from msgspec.structs import replace

from bot.core.decisions import Reason
from bot.core.rule import Severity
from bot.slack.buckets import Call
from bot.slack.queue import Queue, call_of
from bot.store.values import Delivery


def row(name: str, reason: Reason = Reason.FIRST, not_before: int = 0) -> Delivery:
    return Delivery(
        delivery_id=f"dl_{name}",
        alert_id=f"al_{name}",
        channel="c",
        reason=reason,
        severity=Severity.ERROR,
        revision=1,
        not_before=not_before,
    )


def queue(*rows: Delivery, edits: bool = True) -> Queue:
    made = Queue(edits=edits, counter_every_s=10.0)
    for one in rows:
        made.offer(one)
    return made


@pytest.mark.parametrize("reason", list(Reason))
def test_posts_and_replies_are_posted_and_all_else_edited_where_messages_can_be_edited(reason: Reason) -> None:
    assert (call_of(row("a", reason), edits=True) is Call.POST) == (reason.is_post or reason.is_reply)


def test_where_nothing_can_be_edited_an_ending_is_posted_and_a_counter_not_sent() -> None:
    assert call_of(row("a", Reason.RESOLVED), edits=False) is Call.POST
    assert call_of(row("a", Reason.EXPIRED), edits=False) is Call.POST
    assert call_of(row("a", Reason.MORE), edits=False) is None
    assert call_of(row("a", Reason.ACKNOWLEDGED), edits=False) is None
    assert call_of(row("a", Reason.REMINDER), edits=False) is Call.POST
    assert call_of(row("a", Reason.MILESTONE), edits=False) is None


def test_posts_come_before_changes_of_state_and_these_before_counters() -> None:
    waiting = queue(row("c", Reason.MORE), row("b", Reason.RESOLVED), row("a"))
    assert [call for call, _, _ in waiting.turns(0, 0.0)] == [Call.POST, Call.EDIT, Call.COUNTER]


def test_the_row_that_came_first_has_its_turn_and_the_others_wait_with_it() -> None:
    waiting = queue(row("old", not_before=5_000), row("new"))
    assert [(r.delivery_id, due) for _, r, due in waiting.turns(1_000, 0.0)] == [("dl_old", 4.0)]
    waiting.remove(row("old"))
    assert [(r.delivery_id, due) for _, r, due in waiting.turns(1_000, 0.0)] == [("dl_new", 0.0)]


def test_a_row_offered_again_keeps_its_place() -> None:
    waiting = queue(row("old"), row("new"))
    waiting.offer(row("old", not_before=5_000))
    assert [(r.delivery_id, due) for _, r, due in waiting.turns(1_000, 0.0)] == [("dl_old", 4.0)]


@pytest.mark.parametrize("reason", [Reason.FIRST, Reason.RESOLVED, Reason.MORE])
def test_a_step_looks_at_few_of_ten_thousand_rows(reason: Reason, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = queue(*(row(f"{number}", reason) for number in range(10_000)))
    waiting.shown("al_0", 100.0)
    looked_at: list[str] = []

    def look(looked: Delivery, *_now: int, **_edits: bool) -> float:
        looked_at.append(looked.delivery_id)
        return 0.0

    monkeypatch.setattr("bot.slack.queue.call_of", look)
    monkeypatch.setattr("bot.slack.queue._due_in", look)
    assert len(list(waiting.turns(0, 100.0))) == 1
    assert len(looked_at) <= 4


def test_of_counters_that_all_rest_the_first_to_have_rested_is_next() -> None:
    waiting = queue(row("a", Reason.MORE), row("b", Reason.MORE))
    waiting.shown("al_b", 100.0)
    waiting.shown("al_a", 103.0)
    assert [(r.delivery_id, due) for _, r, due in waiting.turns(0, 104.0)] == [("dl_b", 6.0)]


def test_counters_do_not_wait_for_each_other() -> None:
    waiting = queue(row("old", Reason.MORE), row("new", Reason.MORE))
    waiting.shown("al_old", 100.0)
    assert [(r.delivery_id, due) for _, r, due in waiting.turns(0, 101.0)] == [("dl_new", 0.0)]


def test_a_clock_that_was_set_back_delays_a_row_by_an_hour_at_most() -> None:
    waiting = queue(row("a", not_before=10**12))
    assert [due for _, _, due in waiting.turns(0, 0.0)] == [3_600.0]


def test_a_counter_waits_after_each_change_of_its_message() -> None:
    waiting = queue(row("a", Reason.MORE))
    waiting.shown("al_a", 100.0)
    assert [due for _, _, due in waiting.turns(0, 103.0)] == [7.0]
    assert [due for _, _, due in waiting.turns(0, 110.0)] == [0.0]


def test_a_change_of_state_does_not_wait_for_the_counter_before_it() -> None:
    waiting = queue(row("a", Reason.MORE))
    waiting.shown("al_a", 100.0)
    waiting.offer(row("a", Reason.RESOLVED))
    assert [(call, due) for call, _, due in waiting.turns(0, 100.0)] == [(Call.EDIT, 0.0)]


def test_an_edit_without_a_message_is_held_until_its_alert_is_posted() -> None:
    edit = row("a", Reason.RESOLVED)
    waiting = queue(edit)
    waiting.hold(edit)
    assert (len(waiting), waiting.held) == (0, 1)
    waiting.offer(edit)  # read once more from the outbox: nothing has changed
    assert len(waiting) == 0
    waiting.release("al_other")
    assert len(waiting) == 0
    waiting.release("al_a")
    assert (len(waiting), waiting.held) == (1, 0)


def test_a_newer_state_of_a_held_edit_has_its_turn() -> None:
    edit = row("a", Reason.RESOLVED)
    waiting = queue(edit)
    waiting.hold(edit)
    waiting.offer(replace(edit, revision=2))
    assert (len(waiting), waiting.held) == (1, 0)


def test_a_counter_that_is_held_counts_on_where_it_is_and_is_released_as_it_stands_last() -> None:
    waiting, counter = queue(), row("a", Reason.MORE)
    waiting.hold(counter)
    for revision in (3, 2):
        waiting.offer(replace(counter, revision=revision))
    assert (waiting.held, len(waiting), list(waiting.turns(0, 0.0))) == (1, 0, [])

    waiting.release("al_a")
    assert [r.revision for _, r, _ in waiting.turns(0, 0.0)] == [3]
