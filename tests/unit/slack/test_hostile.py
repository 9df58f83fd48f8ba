"""Whatever a document, a customer or a platform is called: nobody is pinged, nothing is linked, no limit is broken."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.decisions import Reason
from bot.core.roundup import Member, Roundup, RoundupKind
from bot.core.rule import Severity
from bot.core.silence import Silence
from bot.core.state import Alert, AlertState, Hold, Hushed, Shown
from bot.slack.card import Card, draw
from bot.slack.ladder import Form, Sheet
from bot.slack.setting import Occasion, Setting
from bot.slack.text import cleaned, safe_url
from tests.fakes.alerts import alert
from tests.fakes.cards import DELIVERY, PEOPLE, drawn, roundup
from tests.fakes.slack import mentions
from tests.fakes.slack.content import check, visible_size
from tests.fakes.slack.state import Switches
from tests.fakes.virtual import START_MS
from tests.unit.slack.rebuild import plain, rebuilt, rebuilt_bar

SETTING = Setting(zone=ZoneInfo("Asia/Tokyo"), interactive=True, people=PEOPLE)
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
    kind=names,
    percent=optional,
    hushed=st.one_of(st.none(), st.builds(Hushed, names, names, times, names)),
    holds=st.lists(st.builds(Hold, names, names, times, st.one_of(st.none(), times)), max_size=3).map(tuple),
)
members = st.builds(
    Member,
    alert_id=st.just("al_1"),
    rule=names,
    key=st.just(()),
    title=names,
    severity=st.sampled_from(Severity),
    state=st.sampled_from(AlertState),
    fired_at=times,
    url=urls,
)
tallies = st.dictionaries(names, st.integers(1, 10**9), max_size=8)
hostile_roundups = st.builds(
    Roundup,
    roundup_id=st.just("ro_0123456789abcdef0123"),
    kind=st.sampled_from(RoundupKind),
    name=names,
    channel=names,
    opened_at=times,
    severity=st.sampled_from(Severity),
    ended_at=st.one_of(st.none(), times),
    count=st.integers(0, 10**9),
    standing=st.integers(0, 10**9),
    acknowledged=st.integers(0, 10**9),
    members=st.lists(members, max_size=3).flatmap(
        lambda some: st.integers(1, 16).map(lambda times_: tuple(some * times_))
    ),
    by_rule=tallies,
    by_company=tallies,
    by_cause=tallies,
    description=optional,
    runbook=st.sampled_from([None, RUNBOOK]),
    owner=optional,
    silence=st.one_of(
        st.none(),
        st.builds(
            Silence,
            silence_id=names,
            matcher=st.lists(st.tuples(names, names), max_size=8).map(tuple),
            at=times,
            until=times,
            author=names,
            reason=names,
        ),
    ),
    ended_by=optional,
    revision=st.integers(1, 10**6),
)
subjects = st.one_of(hostile_alerts, hostile_roundups)
occasions = st.builds(
    Occasion,
    delivery_id=st.just(DELIVERY),
    now_ms=st.just(START_MS),
    reason=st.sampled_from(Reason),
    number=st.integers(0, 10**9),
    mention=st.one_of(st.none(), names, st.just("review-owner")),
    brief=st.booleans(),
)


def allowed(subject: Alert | Roundup) -> set[str]:
    """Return the addresses that a message may lead to: those that its events and its rule gave."""
    given_urls = [member.url for member in subject.members] if isinstance(subject, Roundup) else [subject.url]
    return {url for url in (*map(safe_url, given_urls), subject.runbook) if url}


def may_notify(occasion: Occasion) -> set[str]:
    named = occasion.reason in {Reason.ESCALATED, *(reason for reason in Reason if reason.is_reply)}
    return {"U0ANA00001"} if named and occasion.mention == "review-owner" else set()


@settings(max_examples=150, deadline=None)
@given(subjects, occasions)
def test_every_form_of_every_message_is_accepted_and_pings_and_links_nothing_foreign(
    hostile: Alert | Roundup, occasion: Occasion
) -> None:
    card = draw(hostile, occasion, SETTING)
    for form in Form:
        payload = Sheet(card, form).payload()
        check(payload, Switches())
        reading = mentions.read(payload)
        assert {one.removeprefix("@") for one in reading.notified} == may_notify(occasion)
        assert len(reading.notified) <= 1
        assert {link.url for link in reading.links} <= allowed(hostile)
        assert 0 < len(payload["text"].encode()) <= 3_500


@settings(max_examples=120, deadline=None)
@given(subjects, occasions)
def test_somebody_elses_table_of_limits_accepts_every_message_as_it_is(
    hostile: Alert | Roundup, occasion: Occasion
) -> None:
    card = draw(hostile, occasion, SETTING)
    for form in Form:
        payload = Sheet(card, form).payload()
        blocks = payload.get("blocks", [])
        assert rebuilt(blocks, payload["text"]) == plain(blocks)
        bars = payload.get("attachments", [])
        assert [plain(rebuilt_bar(bar)) for bar in bars] == plain(bars)


@settings(max_examples=120, deadline=None)
@given(names)
def test_a_reader_sees_the_very_characters_of_a_name(name: str) -> None:
    expected = cleaned(name)[:200]
    card = drawn(alert(title=f"Lost {name}", shown=(Shown("document", f"of {name}"),)))
    for form in Form:
        payload = Sheet(card, form).payload()
        shown = mentions.visible(payload)
        assert cleaned(f"Lost {name}")[:200] in shown
        assert expected in shown
        assert cleaned(f"Lost {name}")[:200] in mentions.decoded(payload["text"])


def shown_of(card: Card) -> list[Any]:
    return [*card.blocks, *(card.bar or {}).get("blocks", [])]


@settings(max_examples=100, deadline=None)
@given(subjects, occasions)
def test_the_visible_size_stays_far_below_what_slack_has_refused(hostile: Alert | Roundup, occasion: Occasion) -> None:
    assert visible_size(shown_of(draw(hostile, occasion, SETTING))) <= 8_000


def test_the_largest_roundup_stays_within_it_too() -> None:
    wide = "W" * 5_000
    member = Member("al_1", wide, (wide,), wide, Severity.CRITICAL, AlertState.FIRING, START_MS, None)
    tally = {f"{number}{wide}": 10**9 for number in range(50)}
    given_roundup = roundup(
        RoundupKind.STORM, *[member] * 50, name=wide, description=wide, owner=wide,
        by_rule=tally, by_company=tally, by_cause=tally, count=10**9,
    )  # fmt: skip
    card = drawn(given_roundup)
    assert visible_size(shown_of(card)) <= 8_000
    check(card.payload(), Switches())
