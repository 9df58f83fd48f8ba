"""What the card of one alert says."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from bot.core.state import BY_GROUP, BY_HOURS, BY_RULE, BY_SILENCE, Alert, AlertState, Hold, Shown
from bot.core.text import UNKNOWN
from bot.slack import limits
from bot.slack.buttons import Choice
from bot.slack.content import (
    Content,
    ContextPart,
    Field,
    Link,
    Moment,
    Offers,
    clamped_or_none,
    foreign_host,
    joined,
    reference,
)
from bot.slack.setting import Occasion, Setting
from bot.slack.states import by_person, severity_of, standing
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
_USUAL_KIND: Final = "every match"
_TIMES: Final = "\u00d7"  # the multiplication sign
_HELD_BY: Final = {BY_HOURS: "hours {name}", BY_RULE: "rule {name}", BY_SILENCE: "a silence"}


def alert_content(alert: Alert, occasion: Occasion, setting: Setting) -> Content:
    """Say an alert as it stands."""
    zone, now = setting.zone, occasion.now_ms
    return Content(
        standing=standing(alert, zone, now),
        title=title_of(alert),
        link=link_of(alert, setting),
        description=clamped_or_none(alert.description, limits.DESCRIPTION),
        fields=tuple(_fields(alert.shown, zone, now))[: limits.FIELDS],
        extra=tuple(_extra(alert)),
        runbook=clamped_or_none(alert.runbook, limits.BUTTON_URL),
        context=tuple(_context(alert, zone, now)),
        offers=_offers(alert),
        reference=reference(occasion.delivery_id),
    )


def title_of(alert: Alert) -> str:
    """Return the title, or the rule's name where it says nothing."""
    return clamped(meaningful(alert.title) or meaningful(alert.rule) or UNKNOWN, limits.TITLE)


def link_of(alert: Alert, setting: Setting) -> Link | None:
    """Return the address of what the alert is about, where it is one to open."""
    url = safe_url(alert.url)
    if url is None:
        return None
    return Link(f"Open {_noun(alert.event_type)}", url, foreign_host(url, setting.own_hosts))


def _offers(alert: Alert) -> Offers:
    if not alert.state.is_open:
        return Offers()
    hushed = alert.hushed is not None
    more = (Choice.RESOLVE, Choice.WHY, *((Choice.END_SILENCE,) if hushed else ()))
    return Offers(acknowledge=alert.state is AlertState.FIRING, silence=not hushed, more=more)


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
    top = ((meaningful(value), count) for value, count in alert.top)
    most = ", ".join(f"{clamped(value, limits.TOP_VALUE)} {_TIMES}{count}" for value, count in top if value)
    found = [("Share", clamped_or_none(alert.percent, limits.FIELD_LABEL)), ("Most frequent", most or None)]
    found.append(("Note", clamped_or_none(alert.note, limits.NOTE)))
    return [Field(name, text) for name, text in found if text]


def _context(alert: Alert, zone: ZoneInfo, now_ms: int) -> list[ContextPart]:
    """At most four parts: where it comes from, since when, how often, and what else there is to know."""
    parts: list[ContextPart] = [joined([_rule(alert), *_ids(alert)]), Moment("since ", alert.fired_at)]
    if alert.count > 1:
        parts.append(Moment(f"{alert.count} times, last ", alert.last_at))
    remarks = joined(_remarks(alert, zone, now_ms))
    return [*parts, remarks] if remarks else parts


def _rule(alert: Alert) -> str:
    kind = meaningful(alert.kind) or _USUAL_KIND
    return f"rule {alert.rule}" + ("" if kind == _USUAL_KIND else f" ({kind})")


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


def _remarks(alert: Alert, zone: ZoneInfo, now_ms: int) -> list[str]:
    found = []
    if not alert.state.is_open:
        found.append(f"was {severity_of(alert.severity)[1].lower()}")
        if meaningful(alert.acknowledged_by):
            found.append(f"acknowledged{by_person(alert.acknowledged_by)}")
    environment, owner = meaningful(alert.environment), meaningful(alert.owner)
    if environment and environment not in _USUAL_ENVIRONMENTS:
        found.append(f"environment {environment}")
    if owner:
        found.append(f"owner {owner}")
    found.extend(filter(None, (_held(alert, zone, now_ms), _own_time(alert, zone, now_ms))))
    if alert.details_missing:
        found.append("details are missing: the payload was not available")
    if alert.unknown_key:
        found.append(f"{_unknown_names(alert)} unknown: counted together")
    return found


def _held(alert: Alert, zone: ZoneInfo, now_ms: int) -> str | None:
    """Say what held the first message back last, so that nobody takes its age for a delay. A group is no such thing."""
    hold = next((hold for hold in reversed(alert.holds) if hold.by != BY_GROUP), None)
    if hold is None:
        return None
    until = "" if hold.until is None else f" until {clock_time(hold.until, zone, now_ms)}"
    return f"held by {_holder(hold)}{until}"


def _holder(hold: Hold) -> str:
    return _HELD_BY.get(hold.by, "{name}").format(name=meaningful(hold.name) or hold.by)


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


def _noun(event_type: str) -> str:
    return next((noun for prefix, noun in _NOUNS if event_type.startswith(prefix)), "event")
