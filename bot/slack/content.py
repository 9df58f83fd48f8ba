"""What a card says, before it is laid out: read by the Slack layout, by the plain fallbacks and by the preview."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from bot.core.state import Alert, Shown
from bot.core.text import UNKNOWN
from bot.slack import limits
from bot.slack.states import Standing, severity_word, standing
from bot.slack.text import clamped, meaningful, safe_url
from bot.slack.words import clock_time, label, span, value_text

_LATE_MS: Final = 300_000  # providers' queues take a minute or two on a good day; less is no news
# An event that says it is older than this has a clock that is wrong, and to say how late it is would be false.
_PLAUSIBLE_MS: Final = 7 * 86_400_000
# Alfred's event_time is a year off in every published example: it is shown where it can be true, and a lateness that
# would be reckoned from it is never told.
_UNRELIABLE: Final = "alfred."
_UNRELIABLE_PLAUSIBLE_MS: Final = 86_400_000
_NOUNS: Final = (("alfred.job.", "job"), ("alfred.file.", "file"), ("alfred.", "item"), ("extend.", "run"))
_USUAL_ENVIRONMENTS: Final = frozenset({"prod", "production"})
_REFERENCE_CHARACTERS: Final = 8
_TIMES: Final = "\u00d7"  # the multiplication sign


class Field(NamedTuple):
    """One line of the card. `aside` says since when a lent value is known, or is empty."""

    label: str
    value: str
    aside: str = ""


class Moment(NamedTuple):
    """A time in the context line, shown in each reader's own zone where the reader's program can do that."""

    before: str
    at: int
    after: str = ""


class Link(NamedTuple):
    """The one URL button."""

    label: str
    url: str


ContextPart: TypeAlias = str | Moment


@dataclass(frozen=True, slots=True)
class Content:
    """All words of one card: clean, clamped, never escaped. No value is empty and none says None."""

    standing: Standing
    title: str
    description: str | None
    fields: tuple[Field, ...]
    extra: tuple[Field, ...]  # what more there is to say: most frequent values, a reviewer's note
    runbook: str | None
    context: tuple[ContextPart, ...]
    link: Link | None

    @property
    def headline(self) -> str:
        """Return the first line as plain text."""
        return f"{self.standing.sign} {self.standing.word}: {self.title}"


def content_of(alert: Alert, delivery_id: str, zone: ZoneInfo, now_ms: int) -> Content:
    """Say an alert as it stands. `now_ms` decides only whether a time needs its date."""
    return Content(
        standing=standing(alert, zone, now_ms),
        title=clamped(meaningful(alert.title) or alert.rule, limits.TITLE),
        description=_clamped_or_none(alert.description, limits.DESCRIPTION),
        fields=tuple(_fields(alert.shown, zone, now_ms))[: limits.FIELDS],
        extra=tuple(_extra(alert)),
        runbook=_clamped_or_none(alert.runbook, limits.BUTTON_URL),
        context=tuple(_context(alert, delivery_id, _own_time(alert, zone, now_ms))),
        link=_link(alert),
    )


def reference(delivery_id: str) -> str:
    """Return the characters of a delivery id by which a person can find it in the log and the store."""
    return delivery_id.rpartition("_")[2][:_REFERENCE_CHARACTERS]


def _fields(shown: tuple[Shown, ...], zone: ZoneInfo, now_ms: int) -> list[Field]:
    texts = ((field, value_text(field.value)) for field in shown)
    return [
        Field(
            clamped(label(field.name), limits.FIELD_LABEL),
            clamped(text, limits.FIELD_VALUE),
            "" if field.since is None else f"known since {clock_time(field.since, zone, now_ms)}",
        )
        for field, text in texts
        if text is not None
    ]


def _extra(alert: Alert) -> list[Field]:
    found = []
    top = ((meaningful(value), count) for value, count in alert.top)
    most = ", ".join(f"{clamped(value, limits.TOP_VALUE)} {_TIMES}{count}" for value, count in top if value)
    if most:
        found.append(Field("Most frequent", most))
    note = _clamped_or_none(alert.note, limits.NOTE)
    if note:
        found.append(Field("Note", note))
    return found


def _context(alert: Alert, delivery_id: str, own_time: str | None) -> list[ContextPart]:
    """At most four parts: where it comes from, since when, how often, and what else there is to know."""
    times: list[ContextPart] = [Moment("since ", alert.fired_at)]
    if alert.count > 1:
        times.append(Moment(f"{alert.count} times, last ", alert.last_at))
    return [
        _joined([f"rule {alert.rule}", *_ids(alert)]),
        *times,
        _joined([*_remarks(alert, own_time), f"ref {reference(delivery_id)}"]),
    ]


def _ids(alert: Alert) -> list[str]:
    """Name what the alert is about: its key, and the subject of its latest event where the key does not say it."""
    subject, noun = meaningful(alert.subject), _noun(alert.event_type)
    key = [(name, meaningful(value) or UNKNOWN) for name, value in alert.key]
    named = [f"{_key_noun(alert, name, noun)} {value}" for name, value in key]
    if subject and subject not in {value for _, value in key}:
        named.append(f"{noun} {subject}" if alert.count == 1 else f"last {noun} {subject}")
    return named or ["all events"]


def _key_noun(alert: Alert, name: str, noun: str) -> str:
    """Name a part of the key. An event that is about no run, job or file stands under its own id."""
    if name != "subject":
        return label(name).lower()
    return "event" if (name, alert.event_id) in alert.key else noun


def _remarks(alert: Alert, own_time: str | None) -> list[str]:
    remarks = []
    if not alert.state.is_open:
        remarks.append(f"was {severity_word(alert).lower()}")
    environment, owner = meaningful(alert.environment), meaningful(alert.owner)
    if environment and environment not in _USUAL_ENVIRONMENTS:
        remarks.append(f"environment {environment}")
    if owner:
        remarks.append(f"owner {owner}")
    if own_time:
        remarks.append(own_time)
    if alert.details_missing:
        remarks.append("details are missing: the payload was not available")
    if alert.unknown_key:
        remarks.append(f"{_unknown_names(alert)} unknown: counted together")
    return remarks


def _own_time(alert: Alert, zone: ZoneInfo, now_ms: int) -> str | None:
    """Say when the latest event happened by its own clock, where that is not the time of receipt and can be true."""
    if alert.occurred_at is None:
        return None
    late = alert.last_at - alert.occurred_at
    said = f"event time {clock_time(alert.occurred_at, zone, now_ms)}"
    if alert.event_type.startswith(_UNRELIABLE):
        return said if _LATE_MS < late < _UNRELIABLE_PLAUSIBLE_MS else None
    return f"{said}, arrived {span(late)} late" if _LATE_MS < late < _PLAUSIBLE_MS else None


def _unknown_names(alert: Alert) -> str:
    return ", ".join(label(name).lower() for name, value in alert.key if value == UNKNOWN) or "key"


def _link(alert: Alert) -> Link | None:
    url = safe_url(alert.url)
    return None if url is None else Link(f"Open {_noun(alert.event_type)}", url)


def _noun(event_type: str) -> str:
    return next((noun for prefix, noun in _NOUNS if event_type.startswith(prefix)), "event")


def _clamped_or_none(text: str | None, most: int) -> str | None:
    found = meaningful(text)
    return None if found is None else clamped(found, most)


def _joined(parts: list[str]) -> str:
    return clamped(" · ".join(clamped(part, limits.CONTEXT_PART) for part in parts), limits.CONTEXT_TEXT)
