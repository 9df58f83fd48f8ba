"""Reads the numbers of a period from the store: from stored facts only, and the same ones whenever it is asked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Final

from bot.core.catalogue import Outcome
from bot.core.conditions import lookup
from bot.core.state import Alert
from bot.digests.counts import Events, outcomes_of, waiting_in
from bot.digests.lending import Lending, Seen
from bot.digests.numbers import Numbers
from bot.digests.plan import Plan
from bot.digests.recalling import Recalled, recall
from bot.digests.standing import Standing
from bot.digests.telling import Telling
from bot.digests.window import Day, Window, days_until
from bot.store import digesting as facts
from bot.store.statements import Cursor

_ALERTS_AT_ONCE: Final = 500
# What is looked at one by one; of all else only the number counts.
_TOLD: Final = frozenset({Outcome.FAILED, Outcome.EXCEEDED_RETRIES, Outcome.NEEDS_REVIEW})
# What means nothing to a person by itself, and is most of all events.
_UNTOLD: Final = frozenset({Outcome.PROGRESS, Outcome.CHANGED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: a digest, its period, when (ms), since when the store serves, and which dates went missing."""

    plan: Plan
    window: Window
    now: int
    first_start: int
    missed: tuple[str, ...] = ()


def collect(cursor: Cursor, asked: Question) -> Numbers:
    """Return the numbers. It reads for seconds where there are millions of events: in a thread of its own."""
    recalled = recall(cursor, asked.plan, asked.window)
    collecting = _Collecting(cursor, asked, recalled)
    days = days_until(asked.plan, asked.window, asked.first_start)
    missing = [day for day in days if day.date not in recalled.days]
    collecting.begin(missing)
    for begin, end in _segments(asked.window, missing):
        collecting.count(begin, end, next((day for day in missing if day.begin <= begin < day.end), None))
    return collecting.numbers()


def _segments(window: Window, days: Iterable[Day]) -> Iterator[tuple[int, int]]:
    """Cut the time of the period and of the days where one of them begins or ends; what is in none is left out."""
    spans = [(window.begin, window.end), *((day.begin, day.end) for day in days)]
    edges = sorted({edge for span in spans for edge in span})
    return (part for part in pairwise(edges) if any(span[0] <= part[0] < span[1] for span in spans))


class _Collecting:
    """One pass over the journal, and what alerts say."""

    def __init__(self, cursor: Cursor, asked: Question, recalled: Recalled) -> None:
        self._cursor, self._asked, self._plan = cursor, asked, asked.plan
        self._recalled = recalled
        self._events = Events(asked.window)
        self._telling = Telling(recalled)
        self._lending = Lending(cursor)

    def begin(self, days: Iterable[Day]) -> None:
        """Let a day without any event be a day all the same."""
        for day in days:
            self._telling.count((), 0, day, inside=False)

    def count(self, begin: int, end: int, day: Day | None) -> None:
        """Count what was journaled in a part of the period, of a day of the chart, or of both."""
        inside = self._asked.window.begin <= begin < self._asked.window.end
        for piece in facts.pieces(facts.place_between(self._cursor, begin, end)):
            rows = facts.tallied(self._cursor, piece)
            if inside:
                self._events.add(rows)
            if not self._plan.filters:
                for row in rows:
                    self._telling.count(outcomes_of(row), row.many, day, inside=inside)
            wanted = {row.outcomes for row in rows if self._looks_at(outcomes_of(row), inside=inside)}
            self._tell(facts.found(self._cursor, piece, wanted, self._plan.may_concern), day, inside=inside)

    def numbers(self) -> Numbers:
        """Return everything that was counted."""
        asked, window = self._asked, self._asked.window
        standing = Standing(window, self._recalled.last)
        for alert in self._alerts():
            standing.add(alert)
        for roundup in facts.roundups_around(self._cursor, window.begin, window.end):
            standing.add_roundup(roundup)
        place = facts.place_between(self._cursor, window.begin, window.end)
        ledger = standing.accounted(self._events.ledger(waiting_in(self._cursor, place)))
        messages = facts.messages_by_state(self._cursor, window.begin, window.end)
        return self._telling.numbers(
            asked.plan,
            window,
            asked.now,
            url_of=self._url_of,
            read=self._lending.read,
            rest={
                "missed": asked.missed,
                "carried": standing.carried(),
                "overnight": standing.overnight(),
                "held": standing.held(),
                "noise": standing.noise(facts.messages_by_rule(self._cursor, window.begin, window.end)),
                "sources": self._events.health(asked.plan.sources, self._recalled.seen),
                "ledger": ledger.with_messages(messages),
            },
        )

    def _looks_at(self, outcomes: Collection[str], *, inside: bool) -> bool:
        if self._plan.filters:
            return not _UNTOLD.issuperset(outcomes)
        if inside:
            return not _TOLD.isdisjoint(outcomes)
        return self._recalled.last is None and Outcome.NEEDS_REVIEW in outcomes

    def _tell(self, found: list[facts.Found], day: Day | None, *, inside: bool) -> None:
        for one in self._lending.lend(found, always=self._plan.filters):
            if not self._plan.filters or self._plan.admits(lookup(one.values, None)):
                self._tell_one(one, day, inside=inside)

    def _tell_one(self, one: Seen, day: Day | None, *, inside: bool) -> None:
        if self._plan.filters:
            self._telling.count(one.event.outcomes, 1, day, inside=inside)
        if inside:
            self._telling.add(one)
        elif self._recalled.last is None:
            self._telling.add_review(one)  # the first digest names reviews that were asked for before its period

    def _alerts(self) -> Iterator[Alert]:
        window = self._asked.window
        alerts = facts.alerts_around(self._cursor, window.begin, window.end)
        if not self._plan.filters:
            yield from alerts
            return
        while some := list(islice(alerts, _ALERTS_AT_ONCE)):
            drawn_by = facts.events_by_id(self._cursor, {alert.event_id for alert in some})
            yield from (alert for alert in some if self._concerns(alert, drawn_by.get(alert.event_id, {})))

    def _concerns(self, alert: Alert, values: Mapping[str, object]) -> bool:
        """Say whether the event that drew an alert is one that the digest tells of; what its card shows counts too."""
        known = {**{one.name: one.value for one in alert.shown}, **dict(alert.key), **values}
        return self._plan.admits(lookup(known, None))

    def _url_of(self, seq: int) -> str | None:
        url = facts.fields_at(self._cursor, seq).get("url")
        return url if isinstance(url, str) else None
