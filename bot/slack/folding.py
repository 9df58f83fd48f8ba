"""A backlog told in one message: when more cards wait for a channel than people can read, the rest is counted.

After an outage, or in a burst without a storm limit, the gravest that still stand are posted as cards and the others
in one summary that names counts. Nothing is lost: each is in a card or in a count, and stays stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from bot.core.decisions import Reason
from bot.core.identity import delivery_id
from bot.core.roundup import Roundup
from bot.core.rule import Severity
from bot.slack import limits
from bot.slack.buckets import TokenBucket
from bot.slack.card import Subject
from bot.slack.drawing import is_over, name_of, title_of
from bot.slack.gate import Gate
from bot.slack.outbox import Outbox
from bot.slack.queue import Queue
from bot.slack.text import clamped
from bot.slack.waits import pause
from bot.slack.words import clock_time
from bot.slack.written import body_of
from bot.store.values import Delivery

_CALM_S: Final = 30.0  # folding ends once nothing had to be folded for so long
_FIRST_SUMMARY_S: Final = 3.0  # so that what comes within moments is in it too
_BETWEEN_SUMMARIES_S: Final = 60.0
_RULES_NAMED: Final = 10
_TITLES_NAMED: Final = 10
_LOOK_AGAIN_S: Final = 5.0
_AT_ONCE: Final = 500  # point reads without a pause
_GRAVEST_FIRST: Final = tuple(reversed(Severity))


class Fold(msgspec.Struct, frozen=True):
    """No more than `messages` cards wait for a channel, and while more do, so many are posted in `within` seconds."""

    messages: int = 20
    within: float = 300.0


class Allowance:
    """How many cards a channel with a backlog may still get. Pure; seconds."""

    def __init__(self, fold: Fold) -> None:
        self._fold = fold
        self._cards = TokenBucket(fold.messages / fold.within, fold.messages)
        self._folded_at = float("-inf")
        self._told_at = float("-inf")
        self._is_folding = False

    @property
    def is_folding(self) -> bool:
        """Say whether a backlog is being folded, or was a moment ago."""
        return self._is_folding

    @property
    def most(self) -> int:
        """Return how many cards may wait before anything is folded."""
        return self._fold.messages

    def keep(self, waiting: int, now: float) -> int | None:
        """Return how many of the cards that wait may stay; None: all of them."""
        if not self._is_folding and waiting <= self._fold.messages:
            return None
        may_stay = self._cards.whole(now)
        if waiting <= may_stay:
            self._is_folding = now - self._folded_at < _CALM_S
            return None
        if not self._is_folding:
            self._told_at = max(self._told_at, now - _BETWEEN_SUMMARIES_S + _FIRST_SUMMARY_S)
        self._is_folding, self._folded_at = True, now
        return may_stay

    def summary_in(self, now: float) -> float:
        """Return the seconds until the next summary may be written."""
        return max(0.0, self._told_at + _BETWEEN_SUMMARIES_S - now)

    def told(self, now: float) -> None:
        """Note that a summary was written."""
        self._told_at = now

    def posted(self, now: float) -> None:
        """Count a card."""
        if self._cards.delay(now) <= 0:
            self._cards.take(now)


class Folding:
    """Does for every lane what its allowance says. One step is cheap while nothing is too much."""

    def __init__(self, outbox: Outbox, gate: Gate, zone: ZoneInfo, folded: Callable[[Delivery], None]) -> None:
        self._outbox, self._gate, self._zone, self._folded = outbox, gate, zone, folded

    async def step(self, address: str, queue: Queue, allowance: Allowance, *, gets_through: bool) -> float:
        """Set aside what is too much, and tell it once it is time; return the seconds until then (infinite: never).

        `gets_through`: the channel takes messages as far as one knows. While it does not, one summary is enough.
        """
        if queue.cards_at_most() > allowance.most or allowance.is_folding:
            await self._set_aside(queue, allowance)
        if not queue.aside:
            return float("inf")
        if not gets_through and len(queue) > len(queue.aside):  # something is there to find out when it does
            return _LOOK_AGAIN_S
        wait = allowance.summary_in(self._gate.now())
        if wait <= 0:
            await self._tell(address, queue, allowance)
        return wait if queue.aside else float("inf")

    async def _set_aside(self, queue: Queue, allowance: Allowance) -> None:
        waiting = queue.cards()
        keep = allowance.keep(len(waiting), self._gate.now())
        if keep is not None:
            queue.set_aside(surplus(await self._with_subjects(waiting), keep))

    async def _tell(self, address: str, queue: Queue, allowance: Allowance) -> None:
        """Write one summary for all that was set aside, together with their end, in one commit."""
        told = await self._with_subjects(list(queue.aside.values()))
        row = summary(address, told, self._zone, self._gate.now_ms())
        await self._outbox.fold([one.delivery_id for one, _ in told], row)
        allowance.told(self._gate.now())
        for one, _ in told:
            del queue.aside[one.delivery_id]
            self._folded(one)
        queue.offer(row)

    async def _with_subjects(self, rows: Sequence[Delivery]) -> list[tuple[Delivery, Subject | None]]:
        found = []
        for number, row in enumerate(rows, start=1):
            found.append((row, await self._outbox.subject(row.alert_id)))
            if number % _AT_ONCE == 0:
                await pause(0)  # the loop has others to serve
        return found


def surplus(waiting: Sequence[tuple[Delivery, Subject | None]], keep: int) -> list[Delivery]:
    """Return the rows that are not told one by one: over first, then the least grave, then the latest.

    What tells many already (a storm's card) is never among them.
    """

    def order(pair: tuple[int, tuple[Delivery, Subject | None]]) -> tuple[bool, int, int]:
        number, (row, subject) = pair
        return subject is None or is_over(subject), _GRAVEST_FIRST.index(row.severity), number

    alone = [pair for pair in enumerate(waiting) if not isinstance(pair[1][1], Roundup)]
    ordered = sorted(alone, key=order)
    return [row for _, (row, _) in ordered[keep:]]


def summary(address: str, told: Sequence[tuple[Delivery, Subject | None]], zone: ZoneInfo, now_ms: int) -> Delivery:
    """Return the row of the one message that stands for these; its id follows from theirs."""
    rows = sorted((row for row, _ in told), key=lambda row: row.delivery_id)
    own = delivery_id(address, rows[0].delivery_id, "together", len(rows))
    first = min(rows, key=lambda row: row.created_at)
    lines = list(_lines([subject for _, subject in told if subject is not None], first.created_at, zone, now_ms))
    headline = f"{len(told)} more alerts, told together"
    text = clamped("\n".join([headline, *lines]), limits.SECTION_TEXT)
    return Delivery(
        delivery_id=own,
        alert_id=own,
        channel=first.channel,
        reason=Reason.FIRST,
        severity=min((row.severity for row in rows), key=_GRAVEST_FIRST.index),
        revision=1,
        created_at=now_ms,
        body=body_of(f"{headline}\n{lines[1] if len(lines) > 1 else ''}", [_section(text)]),
    )


def _lines(subjects: Sequence[Subject], since: int, zone: ZoneInfo, now_ms: int) -> Iterable[str]:
    first, last = clock_time(since, zone, now_ms), clock_time(now_ms, zone, now_ms)
    yield f"They came between {first} and {last}, too many at once."
    standing = [subject for subject in subjects if not is_over(subject)]
    yield f"{len(standing)} of them still stand, {len(subjects) - len(standing)} are over."
    open_by_rule = Counter(map(name_of, standing))
    by_rule = Counter(map(name_of, subjects)).most_common()
    for rule, count in by_rule[:_RULES_NAMED]:
        yield f"• rule {rule}: {count} ({open_by_rule[rule]} still stand)"
    if rest := by_rule[_RULES_NAMED:]:
        yield f"• {len(rest)} other rules: {sum(count for _, count in rest)}"
    yield from _titles(standing)
    yield "All of them are stored: `tocsin alerts` lists them."


def _titles(standing: Sequence[Subject]) -> Iterable[str]:
    """Name the gravest that still stand."""
    if standing:
        yield "Among those that still stand:"
    gravest = sorted(standing, key=lambda subject: _GRAVEST_FIRST.index(subject.severity))
    for subject in gravest[:_TITLES_NAMED]:
        yield f"• {clamped(title_of(subject), limits.CONTEXT_PART)}"


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "plain_text", "text": text, "emoji": False}}
