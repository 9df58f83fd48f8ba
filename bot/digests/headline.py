"""The first lines: one number with what it is compared with, and one sentence of why."""

from __future__ import annotations

from datetime import date
from typing import Final

from bot.core.cause import NO_CAUSE
from bot.core.text import UNKNOWN
from bot.digests.numbers import CAUSE, COMPANY, Group, Numbers
from bot.digests.words import against, day_name, figure, many, percent, short

LATE_MS: Final = 5 * 60_000
NAMED: Final = 70  # characters of a name within the sentence


def headline(numbers: Numbers) -> str:
    """Return the first line: the number of failures, against the last digest and what is usual."""
    failures = many(numbers.failures, "failure")
    if numbers.is_empty:
        return f"{failures}: all quiet"
    last, usual = numbers.last, numbers.usual
    compared = [] if last is None else [f"{against(numbers.failures, last.failures)} {_digest_of(last.date)}"]
    if usual is not None:
        compared.append(f"a usual {date.fromisoformat(numbers.date):%A} has {figure(usual)}")
    return f"{failures}{', ' if last else '; ' if compared else ''}{'; '.join(compared)}"


def sentence(numbers: Numbers) -> str:
    """Return why: what failed most often, and what else there is to look at."""
    said = [*_most(numbers), *_also(numbers)]
    if not said:
        return f"{many(numbers.ledger.events, 'event')} came in, {figure(numbers.ledger.unaccounted)} unaccounted for."
    return " ".join(said)


def remarks(numbers: Numbers, words_of_age: str | None) -> list[str]:
    """Return what a reader must know about the digest itself: that it is late, that others are missing."""
    found = []
    if words_of_age is not None:
        found.append(f"This digest comes {words_of_age} late.")
    if numbers.missed:
        found.append(missed_line(numbers.missed))
    return found


def missed_line(dates: tuple[str, ...]) -> str:
    """Return one line for digests that were never posted."""
    named = ", ".join(day_name(day) for day in dates[:5])
    more = f" and {figure(len(dates) - 5)} more" if len(dates) > 5 else ""  # noqa: PLR2004 - as many as are named
    what = "The digest" if len(dates) == 1 else "The digests"
    return f"{what} of {named}{more} {'was' if len(dates) == 1 else 'were'} missed: the bot was not running."


def _digest_of(day: str) -> str:
    return f"in the digest of {day_name(day)}"


def _most(numbers: Numbers) -> list[str]:
    if not numbers.failures:
        return []
    cause, company = _first(numbers, CAUSE, NO_CAUSE), _first(numbers, COMPANY, UNKNOWN)
    said = []
    if cause is not None:
        said.append(f"Most often: {short(cause.name, NAMED)} ({_share(cause, numbers)}).")
    if company is not None and numbers.by[COMPANY].distinct > 1:
        said.append(f"Hit hardest: {short(company.name, NAMED)} ({_share(company, numbers)}).")
    return said


def _also(numbers: Numbers) -> list[str]:
    found = [
        many(numbers.exceeded_count, "job", "jobs") + " out of retries" if numbers.exceeded_count else "",
        many(numbers.reviews_count, "review") + " waiting" if numbers.reviews_count else "",
        many(numbers.carried.open, "alert") + " still open" if numbers.carried.open else "",
        many(numbers.carried.expired, "alert") + " expired" if numbers.carried.expired else "",
    ]
    named = ", ".join(filter(None, found))
    return [f"{named}."] if named else []


def _first(numbers: Numbers, what: str, nothing: str) -> Group | None:
    groups = numbers.by[what].groups if what in numbers.by else ()
    return next((group for group in groups if group.name != nothing), None)


def _share(group: Group, numbers: Numbers) -> str:
    return f"{figure(group.count)}, {percent(group.count, numbers.failures)}"
