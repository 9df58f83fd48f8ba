"""Whatever a document, a customer or a platform is called: nobody is pinged, nothing is linked, no limit is broken."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.rule import Severity
from bot.core.state import Alert, AlertState, Shown
from bot.slack.card import Rung, card, note
from bot.slack.text import cleaned, safe_url
from tests.fakes.alerts import alert
from tests.fakes.slack import mentions
from tests.fakes.slack.content import check, visible_size
from tests.fakes.slack.state import Switches
from tests.fakes.virtual import START_MS
from tests.unit.slack.rebuild import plain, rebuilt

ZONE = ZoneInfo("Asia/Tokyo")
DELIVERY = "dl_0123456789abcdef0123"
RUNBOOK = "https://wiki.example.com/runbook"

NASTY = [
    "<!channel>",
    "<!here|x>",
    "<!everyone>",
    "<@U0BOSS00001>",
    "<#C0DOCALERT1>",
    "<!subteam^S0ONCALL01>",
    "<https://evil.example|Open run>",
    "https://evil.example/phish",
    "[Open run](https://evil.example)",
    "&lt;!channel&gt;",
    "&amp;lt;!channel&amp;gt;",
    "& < > &",
    "*bold* _it_ ~no~ `code`",
    "```\nfence\n```",
    "> quote",
    ":rotating_light:",
    "@here @channel #general",
    "\u202egpj.exe",
    "a\u2066b\u2069",
    "\u200bhidden\u200d",
    "null",
    "None",
    "undefined",
    "",
    " ",
    "\n",
    "line\nSeverity: fine",
    "請求書.pdf",
    "👨\u200d👩\u200d👧 🧾",
    "e\u0301" * 50,
    "\ud83d",
    "\x00\x1b[31mred",
    "A" * 5_000,
    "漢" * 5_000,
    "&" * 5_000,
    "{title}",
    "%s %d",
    "<!date^0^{date}^https://evil.example|x>",
]
names = st.one_of(
    st.sampled_from(NASTY),
    st.lists(st.sampled_from(NASTY), min_size=2, max_size=4).map("".join),
    st.text(max_size=400),
)
values = st.one_of(names, st.booleans(), st.integers(), st.floats(), st.lists(names, max_size=5).map(tuple))
urls = st.one_of(st.none(), names, names.map(lambda name: "https://dash.example.com/" + name))
optional = st.one_of(st.none(), names)
times = st.integers(min_value=-(10**13), max_value=10**15)
hostile_alerts = st.builds(
    alert,
    st.integers(min_value=1, max_value=9),
    key=st.lists(st.tuples(st.sampled_from(["job", "subject", "company"]), names), max_size=12).map(tuple),
    title=names,
    severity=st.sampled_from(Severity),
    state=st.sampled_from(AlertState),
    shown=st.lists(st.builds(Shown, names, values, st.one_of(st.none(), times)), max_size=8).map(tuple),
    top=st.lists(st.tuples(names, st.integers(1, 10**6)), max_size=3).map(tuple),
    description=optional,
    owner=optional,
    url=urls,
    runbook=st.sampled_from([None, RUNBOOK]),
    environment=names,
    event_type=st.sampled_from(["extend.workflow_run.failed", "alfred.job.failed", "odd"]),
    subject=optional,
    note=optional,
    user=optional,
    outcome=st.sampled_from([None, "rejected", "failed"]),
    ended_by=st.one_of(optional, st.sampled_from(["rejected", "finished", "resolved by <!here>"])),
    acknowledged_by=optional,
    acknowledged_at=st.one_of(st.none(), times),
    ended_at=st.one_of(st.none(), times),
    occurred_at=st.one_of(st.none(), times),
    count=st.integers(1, 10**9),
    unknown_key=st.booleans(),
    details_missing=st.booleans(),
    revision=st.integers(1, 10**6),
)


def allowed(given_alert: Alert) -> set[str]:
    return {url for url in (safe_url(given_alert.url), given_alert.runbook) if url}


def payloads(given_alert: Alert) -> list[dict[str, Any]]:
    cards = [card(given_alert, DELIVERY, ZONE, START_MS, rung) for rung in Rung]
    return [one.payload() for one in (*cards, note(given_alert, DELIVERY, ZONE, START_MS))]


@settings(max_examples=120, deadline=None)
@given(hostile_alerts)
def test_every_form_of_every_card_is_accepted_and_pings_and_links_nothing(hostile: Alert) -> None:
    for payload in payloads(hostile):
        check(payload, Switches())
        reading = mentions.read(payload)
        assert reading.notified == []
        assert {link.url for link in reading.links} <= allowed(hostile)
        assert 0 < len(payload["text"].encode()) <= 3_500


@settings(max_examples=120, deadline=None)
@given(hostile_alerts)
def test_somebody_elses_table_of_limits_accepts_every_card_as_it_is(hostile: Alert) -> None:
    for payload in payloads(hostile):
        blocks = payload.get("blocks", [])
        assert rebuilt(blocks, payload["text"]) == plain(blocks)


@settings(max_examples=120, deadline=None)
@given(names)
def test_a_reader_sees_the_very_characters_of_a_name(name: str) -> None:
    expected = cleaned(name)[:200]
    given_alert = alert(title=f"Lost {name}", shown=(Shown("document", f"of {name}"),))
    for rung in Rung:
        payload = card(given_alert, DELIVERY, ZONE, START_MS, rung).payload()
        shown = mentions.visible(payload)
        assert cleaned(f"Lost {name}")[:200] in shown
        assert expected in shown
        assert cleaned(f"Lost {name}")[:200] in mentions.decoded(payload["text"])


@settings(max_examples=100, deadline=None)
@given(hostile_alerts)
def test_the_visible_size_stays_far_below_what_slack_has_refused(hostile: Alert) -> None:
    assert visible_size(list(card(hostile, DELIVERY, ZONE, START_MS).blocks)) <= 8_000
