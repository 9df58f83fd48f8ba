"""Numbers as words: one short message, and the long tail as replies in its thread."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bot.core.letter import Button, Chart, Letter, Line, Lines, Part, Small, Table, Words
from bot.digests import sections
from bot.digests.headline import LATE_MS, headline, missed_line, remarks, sentence
from bot.digests.numbers import Numbers
from bot.digests.plan import Plan
from bot.digests.words import age, day_name, figure, many, moment

TOP: Final = 5
# What one reply holds, below Slack's observed 8,000 visible characters and its 50 blocks.
REPLY_CHARACTERS: Final = 6_000
REPLY_PARTS: Final = 20
# A reply takes a second of the channel's pace.
REPLIES: Final = 12


@dataclass(frozen=True, slots=True)
class Written:
    """A digest in words: the message, and the replies in its thread."""

    message: Letter
    replies: tuple[Letter, ...] = ()


def written(plan: Plan, numbers: Numbers) -> Written:
    """Return what a digest says."""
    lead = _lead(plan, numbers)
    if numbers.is_empty:
        return Written(Letter(_text(lead), (Lines(None, lead), _about(plan, numbers))))
    short = [part for name in plan.digest.sections for part in _short(name, plan, numbers)]
    message = Letter(
        _text(lead),
        (Lines(None, lead), *_one_top(short), _about(plan, numbers)),
        mention=plan.digest.mention,
    )
    told = {"chart", *_told_whole(plan, numbers)}
    tail = [
        part for name in plan.digest.sections if name not in told for part in sections.ALL[name](numbers, plan.zone)
    ]
    return Written(message, tuple(_replies(plan, numbers, tail)))


def missed(plan: Plan, dates: tuple[str, ...]) -> Letter:
    """Return the one line that says of digests that they were missed."""
    line = f"{plan.name}: {missed_line(dates)}"
    return Letter(line, (Lines(None, ((Words(line),),)),))


def broken(plan: Plan, day: str) -> Letter:
    """Return what is said where a fault of ours kept a digest from being put together."""
    line = f"{plan.name}, {day_name(day)}: this digest could not be put together. The bot's log says why."
    return Letter(line, (Lines(None, ((Words(line),),)),))


def _lead(plan: Plan, numbers: Numbers) -> tuple[Line, ...]:
    late = numbers.made_at - numbers.due
    words_of_age = age(late) if late >= LATE_MS else None
    title = (Words(f"{plan.name}, {day_name(numbers.date)}: ", bold=True), Words(headline(numbers), bold=True))
    return (title, (Words(sentence(numbers)),), *((Words(line),) for line in remarks(numbers, words_of_age)))


def _text(lead: tuple[Line, ...]) -> str:
    """Return all of the lead as text: the push shows its first line, a screen reader speaks it."""
    return "\n".join("".join(words.text for words in line) for line in lead)


def _about(plan: Plan, numbers: Numbers) -> Small:
    kept = numbers.ledger
    period = f"{moment(numbers.begin, plan.zone)} to {moment(numbers.end, plan.zone)}"
    counted = f"{many(kept.events, 'event')} in, {figure(kept.quarantined)} quarantined"
    return Small(f"{period} · {counted}, {figure(kept.unaccounted)} unaccounted for")


def _short(name: str, plan: Plan, numbers: Numbers) -> list[Part]:
    """Return what a section says in the message itself."""
    if name in sections.TOPS:
        return sections.TOPS[name](numbers, TOP)
    if name == "chart":
        return sections.chart(numbers, plan.zone)
    return sections.review_buttons(numbers, plan.zone, TOP) if name == "reviews" else []


def _one_top(parts: Iterable[Part]) -> list[Part]:
    """Keep the first table only: a message takes one, and five lines say where to look."""
    found = list(parts)
    first = next((part for part in found if isinstance(part, Table)), None)
    return [part for part in found if not isinstance(part, Table) or part is first]


def _told_whole(plan: Plan, numbers: Numbers) -> list[str]:
    """Return the section whose table the message holds already, where it left nothing out."""
    first = next(
        (name for name in plan.digest.sections if name in sections.TOPS and sections.TOPS[name](numbers, 1)), ""
    )
    return [first] if first and sections.distinct(first, numbers) <= TOP else []


def _replies(plan: Plan, numbers: Numbers, parts: list[Part]) -> list[Letter]:
    pages = _packed(parts)
    if len(pages) > REPLIES:
        left = Small(f"More than a thread should hold: `tocsin digest {plan.name} --date {numbers.date} --json`")
        pages = [*pages[: REPLIES - 1], [*pages[REPLIES - 1], left]]
    return [Letter(_said(page), tuple(page)) for page in pages]


def _packed(parts: list[Part]) -> list[list[Part]]:
    """Put parts into as few messages as take them; a message takes one table."""
    pages: list[list[Part]] = []
    for part in parts:
        if not pages or not _fits(pages[-1], part):
            pages.append([])
        pages[-1].append(part)
    return pages


def _fits(page: list[Part], part: Part) -> bool:
    if isinstance(part, Table) and any(isinstance(one, Table) for one in page):
        return False
    return len(page) < REPLY_PARTS and sum(map(_size, page)) + _size(part) <= REPLY_CHARACTERS


def _said(page: list[Part]) -> str:
    headings = (getattr(part, "heading", None) for part in page)
    return ". ".join(heading for heading in headings if heading)


def _size(part: Part) -> int:
    match part:
        case Lines(heading, own):
            return len(heading or "") + _length(own)
        case Table(heading, columns, rows, more):
            return len(heading) + sum(map(len, columns)) + _length(rows) + len(more or "")
        case Chart(heading, labels, _, said):
            return len(heading) + sum(map(len, labels)) + len(said)
        case Button(line, label, _):
            return _length([line]) + len(label)
        case Small(text):
            return len(text)


def _length(lines: Iterable[Iterable[Words]]) -> int:
    return sum(len(words.text) for line in lines for words in line)
