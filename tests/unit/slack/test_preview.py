from __future__ import annotations

import io
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from structlog.testing import capture_logs

from bot.core.roundup import Roundup
from bot.core.state import Alert, AlertState, Shown
from bot.slack.answer import Verdict
from bot.slack.card import Card
from bot.slack.card import draw as drawn_card
from bot.slack.preview import PreviewSender
from bot.slack.setting import Occasion, Setting
from bot.slack.terminal import WIDTH, columns, draw
from bot.store.values import Message
from tests.fakes.alerts import alert
from tests.fakes.cards import roundup
from tests.fakes.virtual import START_MS
from tests.unit.slack.test_hostile import subjects

ZONE = ZoneInfo("UTC")
MESSAGE = Message(
    alert_id="al_0001", channel="doc-alerts", ts="preview.1", channel_id="doc-alerts", revision=1, delivery_id="dl_1"
)


def drawn(given_alert: Alert | Roundup) -> Card:
    setting = Setting(zone=ZONE, interactive=True)
    return drawn_card(given_alert, Occasion(delivery_id="dl_0123456789", now_ms=START_MS), setting)


def test_a_card_reads_well_without_colour() -> None:
    text = draw(drawn(alert()), "doc-alerts", ZONE)
    assert text.splitlines()[1:5] == [
        "│ 🔴 Critical: Acme: Alfred job J1 out of retries after 6 tries",
        "│ The platform will not try again by itself.",
        "│ Stage: extraction",
        "│ File count: 3",
    ]
    assert text.splitlines()[6:] == [
        "│ Firing · ref 01234567",
        "│ [ Acknowledge ]",
        "│ [ Silence … ] For 1 hour, For 4 hours, Until the next working morning",
        "│ [ Open job ] https://alfred.example.com/jobs/J1",
        "│ [ ⋯ ] Resolve, Why this?",
        "└" + "─" * 79,
    ]
    assert "\x1b" not in text


def test_a_card_about_many_lists_them() -> None:
    text = draw(drawn(roundup()), "doc-review", ZONE)
    assert "│ Together:\n│ 🟡 Review overdue: scan-1.pdf · firing\n" in text


@settings(max_examples=60, deadline=None)
@given(subjects)
def test_nothing_foreign_reaches_the_terminal_as_a_control_and_no_line_is_too_wide(hostile: Alert | Roundup) -> None:
    text = draw(drawn(hostile), "doc-alerts", ZONE)
    assert not any(ord(character) < 32 and character != "\n" for character in text)
    wide = [line for line in text.splitlines() if columns(line) > WIDTH and "http" not in line]
    assert wide == []


def test_wide_letters_count_twice() -> None:
    long = draw(drawn(alert(shown=(Shown("document", "請" * 60),))), "doc-alerts", ZONE)
    assert max(columns(line) for line in long.splitlines()) <= WIDTH
    assert long.replace("\n│ ", "").count("請") == 60


async def test_the_first_message_and_each_later_change_are_printed() -> None:
    stream = io.StringIO()
    sender = PreviewSender(ZONE, stream)
    posted = await sender.post("doc-alerts", drawn(alert()))
    over = alert(state=AlertState.RESOLVED, ended_at=START_MS + 60_000, ended_by="finished")
    edited = await sender.edit(MESSAGE, drawn(over))
    assert (posted.verdict, edited.verdict) == (Verdict.DELIVERED, Verdict.DELIVERED)
    assert posted.ts is not None
    assert stream.getvalue().count("┌─ doc-alerts") == 2
    assert "(message changed)" in stream.getvalue()
    assert "Completed: resolved after 1 min" in stream.getvalue()


async def test_a_terminal_without_the_letters_still_shows_the_alert() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    await PreviewSender(ZONE, stream).post("doc-alerts", drawn(alert()))
    assert b"Critical: Acme: Alfred job J1" in raw.getvalue()


class NobodyReads(io.StringIO):
    """A pipe whose reader has gone, as with `tocsin run --dev | head`."""

    def flush(self) -> None:
        raise BrokenPipeError


async def test_a_preview_that_nobody_reads_goes_on_and_is_logged_once() -> None:
    sender = PreviewSender(ZONE, NobodyReads())
    with capture_logs() as logged:
        posted = await sender.post("doc-alerts", drawn(alert()))
        edited = await sender.edit(MESSAGE, drawn(alert()))
    assert (posted.verdict, edited.verdict) == (Verdict.DELIVERED, Verdict.DELIVERED)
    assert [(line["event"], line["error"]) for line in logged] == [("preview_not_printed", "BrokenPipeError")]


async def test_a_preview_on_a_closed_stream_goes_on() -> None:
    stream = io.StringIO()
    sender = PreviewSender(ZONE, stream)
    stream.close()
    assert (await sender.post("doc-alerts", drawn(alert()))).verdict is Verdict.DELIVERED


async def test_colours_are_for_terminals_only() -> None:
    stream = io.StringIO()
    await PreviewSender(ZONE, stream, colour=True).post("doc-alerts", drawn(alert()))
    assert "\x1b[1m" in stream.getvalue()
