"""The sections of a digest at full length, as they stand in its thread. Each says nothing where there is nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final
from zoneinfo import ZoneInfo

from bot.core.catalogue import Outcome
from bot.core.letter import Button, Chart, Line, Lines, Part, Series, Words
from bot.digests import tables
from bot.digests.numbers import CAUSE, COMPANY, WORKFLOW, Carried, Numbers, Review, Told
from bot.digests.window import CHART_DAYS
from bot.digests.words import age, day_name, figure, many, moment, percent, short

LISTED: Final = 25
NAME: Final = 110
_CHARTED: Final = (
    (Outcome.FAILED, "failed"),
    (Outcome.EXCEEDED_RETRIES, "out of retries"),
    (Outcome.NEEDS_REVIEW, "to review"),
    (Outcome.FINISHED, "finished"),
)
_MESSAGES: Final = {
    "sent": "sent",
    "ready": "on their way",
    "sending": "on their way",
    "unknown": "doubtful",
    "parked": "parked",
    "dead": "refused",
    "superseded": "told together with others",
}
_HOUR_MS: Final = 3_600_000

Section = Callable[[Numbers, ZoneInfo], list[Part]]


def chart(numbers: Numbers, zone: ZoneInfo) -> list[Part]:
    """Return the last days by outcome; one day alone is no chart."""
    del zone
    days = sorted(numbers.days)[-CHART_DAYS:]
    if len(days) < 2 or not any(numbers.days[day].get(Outcome.FAILED) for day in days):  # noqa: PLR2004
        return []
    failed = [numbers.days[day].get(Outcome.FAILED.value, 0) for day in days]
    series = [
        Series(name, tuple(numbers.days[day].get(outcome.value, 0) for day in days))
        for outcome, name in _CHARTED
        if outcome is not Outcome.FINISHED and any(numbers.days[day].get(outcome.value) for day in days)
    ]
    worst = max(range(len(days)), key=lambda index: failed[index])
    finished = sum(numbers.days[day].get(Outcome.FINISHED.value, 0) for day in days)
    said = (
        f"{many(sum(failed), 'failure')} in {many(len(days), 'day')}, most on {day_name(days[worst])} "
        f"({figure(failed[worst])}); {figure(finished)} finished."
    )
    return [Chart(f"The last {len(days)} days", tuple(_label(day) for day in days), tuple(series), said)]


def new_causes(numbers: Numbers, zone: ZoneInfo) -> list[Part]:
    """Return the causes that were not seen in a month."""
    del zone
    if not numbers.new_causes:
        return []
    lines = [_line(group.name, group.url, f": {figure(group.count)}") for group in numbers.new_causes]
    return [_listed(f"New causes: {figure(len(lines))}", lines)]


def exceeded_retries(numbers: Numbers, zone: ZoneInfo) -> list[Part]:
    """Return what the platform will not try again."""
    if not numbers.exceeded_count:
        return []
    lines = [
        _line(job.subject, job.url, f": {job.company or 'company unknown'}, {moment(job.at, zone)}, {job.cause or ''}")
        for job in numbers.exceeded
    ]
    return [_listed(f"Out of retries: {figure(numbers.exceeded_count)}", lines, numbers.exceeded_count)]


def reviews(numbers: Numbers, zone: ZoneInfo) -> list[Part]:
    """Return the reviews that wait, the longest first."""
    if not numbers.reviews_count:
        return []
    lines = [_review(one, numbers, zone) for one in numbers.reviews]
    return [_listed(f"Reviews waiting: {figure(numbers.reviews_count)}", lines, numbers.reviews_count)]


def review_buttons(numbers: Numbers, zone: ZoneInfo, most: int) -> list[Part]:
    """Return the longest waiting reviews, each with a button that opens it."""
    heading = Lines(f"Reviews waiting: {figure(numbers.reviews_count)}, the longest first", ())
    buttons = [Button(_review(one, numbers, zone), "Open review", one.url) for one in numbers.reviews[:most]]
    return [heading, *buttons] if buttons else []


def alerts(numbers: Numbers, zone: ZoneInfo) -> list[Part]:
    """Return the alerts that are carried on from day to day, and those that nobody can say of."""
    carried: Carried = numbers.carried
    found: list[Part] = []
    if carried.open:
        heading = f"Still open: {figure(carried.open)}, of them not acknowledged: {figure(carried.unacknowledged)}"
        found.append(_listed(heading, [_standing(one, numbers, zone) for one in carried.standing], carried.open))
    if carried.expired:
        lines = [_line(_severe(one), one.url, f", since {moment(one.fired_at, zone)}") for one in carried.gone]
        found.append(_listed(f"Expired, nobody confirmed a fix: {figure(carried.expired)}", lines, carried.expired))
    return found


def overnight(numbers: Numbers, zone: ZoneInfo) -> list[Part]:
    """Return what hours held and how it ended."""
    held = numbers.overnight
    if not held.held:
        return []
    ends = (
        (held.open, "told and still open"),
        (held.over, "told and over"),
        (held.never_told, "over before anybody was told"),
        (held.waiting, "still held"),
    )
    said = ", ".join(f"{figure(count)} {how}" for count, how in ends if count)
    lines = [_line(_severe(one), one.url, f", {one.state}, since {moment(one.fired_at, zone)}") for one in held.named]
    return [_listed(f"Held outside hours: {figure(held.held)} ({said})", lines, held.held)]


def held(numbers: Numbers, zone: ZoneInfo) -> list[Part]:
    """Return what silences, other alerts, shadow rules and storms kept from the channel."""
    del zone
    kept = numbers.held
    groups = (("silence", kept.silences), ("alert of rule", kept.inhibited), ("shadow rule", kept.shadow))
    lines = [
        _line(f"{what} {name}", None, f": {many(count, 'alert')}") for what, by in groups for name, count in by.items()
    ]
    if kept.hushed:
        lines.append(_line("silenced after it was told", None, f": {many(kept.hushed, 'alert')}"))
    if kept.storms or kept.folded:
        said = f": {many(kept.folded, 'alert')} in {many(kept.storms, 'summary', 'summaries')}"
        lines.append(_line("storms", None, said))
    return [_listed("Held back", lines)] if lines else []


def noisy_rules(numbers: Numbers, zone: ZoneInfo) -> list[Part]:
    """Return the rules that said most, and how much of it nobody acted on."""
    del zone
    lines = [
        _line(
            one.rule,
            None,
            f": {many(one.alerts, 'alert')}, {many(one.messages, 'message')}, "
            f"{percent(one.alerts - one.acted, one.alerts)} nobody acted on",
        )
        for one in numbers.noise
    ]
    return [_listed("Noisiest rules", lines)] if lines else []


def sources(numbers: Numbers, zone: ZoneInfo) -> list[Part]:
    """Return how each source is: how much it sent, when last, and its longest pause."""
    lines = []
    for one in numbers.sources:
        seen = "never seen" if one.last_at is None else f"last {moment(one.last_at, zone)}"
        pause = f", longest pause {age(one.gap)} from {moment(one.gap_from, zone)}" if one.gap >= _HOUR_MS else ""
        lines.append(_line(one.source, None, f": {many(one.events, 'event')}, {seen}{pause}"))
    return [_listed("Sources", lines)] if lines else []


def ledger(numbers: Numbers, zone: ZoneInfo) -> list[Part]:
    """Return where every event and every alert of the period went."""
    del zone
    kept = numbers.ledger
    events = (
        f": {figure(kept.events)} in, {figure(kept.decided)} decided, {figure(kept.waiting)} waiting, "
        f"{figure(kept.set_aside)} set aside, {figure(kept.quarantined)} more quarantined"
    )
    alerts_ = (
        f": {figure(kept.alerts)} fired, {figure(kept.told)} told, {figure(kept.held)} held, "
        f"{figure(kept.over_while_held)} over while held, {figure(kept.shadow)} in shadow, "
        f"{figure(kept.nobody)} of rules that notify nobody, {figure(kept.unaccounted)} unaccounted for"
    )
    lines = [_line("Events", None, events), _line("Alerts", None, alerts_)]
    if kept.messages:
        said = ", ".join(f"{figure(count)} {_MESSAGES.get(state, state)}" for state, count in kept.messages.items())
        lines.append(_line("Messages", None, f": {said}"))
    return [_listed("Ledger", lines)]


ALL: Final[dict[str, Section]] = {
    "chart": chart,
    "companies": lambda numbers, _zone: tables.whole(numbers, COMPANY),
    "workflows": lambda numbers, _zone: tables.whole(numbers, WORKFLOW),
    "causes": lambda numbers, _zone: tables.whole(numbers, CAUSE),
    "new_causes": new_causes,
    "exceeded_retries": exceeded_retries,
    "reviews": reviews,
    "alerts": alerts,
    "overnight": overnight,
    "held": held,
    "noisy_rules": noisy_rules,
    "sources": sources,
    "ledger": ledger,
}
TOPS: Final[dict[str, Callable[[Numbers, int], list[Part]]]] = {
    "companies": lambda numbers, most: tables.top(numbers, COMPANY, most),
    "workflows": lambda numbers, most: tables.top(numbers, WORKFLOW, most),
    "causes": lambda numbers, most: tables.top(numbers, CAUSE, most),
}


def distinct(name: str, numbers: Numbers) -> int:
    """Return how many groups a section with a table has in all."""
    what = {"companies": COMPANY, "workflows": WORKFLOW, "causes": CAUSE}[name]
    return numbers.by[what].distinct if what in numbers.by else 0


def _label(day: str) -> str:
    return day_name(day).partition(" ")[2]


def _line(name: str, url: str | None, rest: str) -> Line:
    return (Words(short(name, NAME), url=url), Words(rest))


def _listed(heading: str, lines: Iterable[Line], whole: int | None = None) -> Lines:
    shown = list(lines)
    left = (len(shown) if whole is None else whole) - LISTED
    more = [(Words(f"and {figure(left)} more"),)] if left > 0 else []
    return Lines(heading, (*shown[:LISTED], *more))


def _severe(one: Told) -> str:
    return f"{one.severity}: {one.title}"


def _standing(one: Told, numbers: Numbers, zone: ZoneInfo) -> Line:
    who = f"acknowledged by {one.by}" if one.by else one.state
    again = f", in {many(one.carried, 'digest')} before" if one.carried else ""
    since = f"{age(numbers.end - one.fired_at)}, since {moment(one.fired_at, zone)}"
    return _line(_severe(one), one.url, f": {who}, {since}{again}")


def _review(one: Review, numbers: Numbers, zone: ZoneInfo) -> Line:
    of = f" of {numbers.hours} hours" if numbers.hours else ""
    return _line(one.title or one.subject, one.url, f": {age(one.worked)}{of}, since {moment(one.since, zone)}")
