"""What a card about many alerts says: a group, a hand-over, a storm, a silence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from bot.core.deeds import matcher_of
from bot.core.roundup import Member, Roundup, RoundupKind
from bot.core.state import AlertState
from bot.slack import limits
from bot.slack.buttons import Choice
from bot.slack.content import (
    Colour,
    Content,
    ContextPart,
    Field,
    Line,
    Link,
    Moment,
    Offers,
    Section,
    Standing,
    amount,
    clamped_or_none,
    foreign_host,
    joined,
    reference,
)
from bot.slack.setting import Occasion, Setting
from bot.slack.states import TAKEN, by_person, severity_of, sign_of
from bot.slack.text import clamped, meaningful, safe_url
from bot.slack.words import clock_time, label, span

_OPEN: Final = "Still open"
_ENDED: Final = "Ended meanwhile"
_TOGETHER: Final = "Together"


def roundup_content(roundup: Roundup, occasion: Occasion, setting: Setting) -> Content:
    """Say a roundup as it stands."""
    return Content(
        standing=_STANDINGS[roundup.kind](roundup, occasion, setting),
        title=roundup_title(roundup),
        description=clamped_or_none(roundup.description, limits.DESCRIPTION) or _DESCRIPTIONS.get(roundup.kind),
        extra=tuple(_tallies(roundup)),
        sections=tuple(_sections(roundup, setting)),
        runbook=clamped_or_none(roundup.runbook, limits.BUTTON_URL),
        context=tuple(_context(roundup)),
        offers=_offers(roundup),
        reference=reference(occasion.delivery_id),
    )


def roundup_title(roundup: Roundup) -> str:
    """Return what it is about, in a line that also reads well alone."""
    return clamped(_TITLES[roundup.kind](roundup), limits.TITLE)


def held_by_silence(roundup: Roundup) -> str:
    """Return what a silence has held."""
    if not roundup.count:
        return "nothing held"
    return f"{amount(roundup.count, 'alert')} held, {roundup.standing:,} of them still open"


def _group_title(roundup: Roundup) -> str:
    name = meaningful(roundup.members[0].title) if roundup.members else None
    first = clamped(name or _name(roundup), limits.LINE_TITLE)
    return first if roundup.count <= 1 else f"{first} and {roundup.count - 1:,} more"


def _hand_over_title(roundup: Roundup) -> str:
    return f"{amount(roundup.count, 'alert')} came outside the hours {_name(roundup)}"


def _storm_title(roundup: Roundup) -> str:
    return f"Storm: {amount(roundup.count, 'alert')} folded into this message"


def _silence_title(roundup: Roundup) -> str:
    return f"Silence: {matcher_text(roundup)}"


def matcher_text(roundup: Roundup) -> str:
    """Return what a silence matches, as a person reads it."""
    pairs = roundup.silence.matcher if roundup.silence else ()
    named = ["one alert" if name == "fingerprint" else f"{label(name).lower()} {_said(text)}" for name, text in pairs]
    return clamped(", ".join(named) or _name(roundup), limits.MATCHER)


def _said(text: str) -> str:
    return meaningful(text) or "unknown"


def _name(roundup: Roundup) -> str:
    return clamped(_said(roundup.name), limits.PERSON)


_TITLES: Final[dict[RoundupKind, Callable[[Roundup], str]]] = {
    RoundupKind.GROUP: _group_title,
    RoundupKind.HAND_OVER: _hand_over_title,
    RoundupKind.STORM: _storm_title,
    RoundupKind.SILENCE: _silence_title,
}
_DESCRIPTIONS: Final = {
    RoundupKind.STORM: "More came at once than this channel takes. What is counted here has no message of its own.",
    RoundupKind.SILENCE: "Alerts go on; only their messages are held, and counted here.",
}


def _many(roundup: Roundup, _occasion: Occasion, _setting: Setting) -> Standing:
    """How a group or a hand-over stands."""
    if roundup.count and not roundup.standing:
        return _all_ended(roundup)
    sign, word = severity_of(roundup.severity)
    state, colour = _open_state(roundup)
    return Standing(sign, word, how_many(roundup), state, colour)


def _storm(roundup: Roundup, _occasion: Occasion, _setting: Setting) -> Standing:
    if roundup.ended_at is None:
        sign, word = severity_of(roundup.severity)
        state, colour = _open_state(roundup)
        return Standing(sign, word, how_many(roundup), state, colour)
    calm = f"Calm again after {span(roundup.ended_at - roundup.opened_at)}"
    if not roundup.standing:
        return Standing("⚪", "Over", f"{calm}; all of these alerts have ended", "Over", Colour.OVER)
    sign, word = severity_of(roundup.severity)
    state, colour = _open_state(roundup)
    return Standing(sign, word, f"{calm}; {how_many(roundup)}", state, colour)


def _silence(roundup: Roundup, occasion: Occasion, setting: Setting) -> Standing:
    silence = roundup.silence
    author, why = (silence.author, silence.reason) if silence else (None, "")
    reason = clamped_or_none(why, limits.ENDING)
    because = f" ({reason})" if reason else ""
    if roundup.ended_at is not None:
        how = clamped_or_none(roundup.ended_by, limits.ENDING) or "its time is over"
        over = f"Over after {span(roundup.ended_at - roundup.opened_at)}: {how}; {held_by_silence(roundup)}"
        return Standing("🔔", "Over", f"{over}. It was begun{by_person(author)}{because}", "Over", Colour.OVER)
    until = f" until {clock_time(silence.until, setting.zone, occasion.now_ms)}" if silence else ""
    said = f"Silenced{by_person(author)}{until}{because}; {held_by_silence(roundup)}"
    return Standing("🔕", "Info", said, "Silenced", Colour.SILENCED)


_STANDINGS: Final[dict[RoundupKind, Callable[[Roundup, Occasion, Setting], Standing]]] = {
    RoundupKind.GROUP: _many,
    RoundupKind.HAND_OVER: _many,
    RoundupKind.STORM: _storm,
    RoundupKind.SILENCE: _silence,
}


def how_many(roundup: Roundup) -> str:
    """Return how many of its alerts are open, taken and over."""
    over = roundup.count - roundup.standing
    ended = f", {over:,} ended" if over > 0 else ""
    if roundup.standing and roundup.acknowledged >= roundup.standing:
        return f"All {roundup.standing:,} open ones acknowledged{ended}; {TAKEN}"
    taken = f", {roundup.acknowledged:,} of them acknowledged" if roundup.acknowledged else ""
    return f"{roundup.standing:,} of {amount(roundup.count, 'alert')} open{taken}{ended}"


def _open_state(roundup: Roundup) -> tuple[str, Colour]:
    if roundup.standing and roundup.acknowledged >= roundup.standing:
        return "Acknowledged", Colour.ACKNOWLEDGED
    return ("Firing", Colour.FIRING) if roundup.standing else ("Over", Colour.OVER)


def _all_ended(roundup: Roundup) -> Standing:
    """Green only where every single one is known to be resolved; those that are not listed are not known."""
    found = Counter(member.state.value for member in roundup.members)
    unlisted = roundup.count - len(roundup.members)
    parts = [f"{count:,} {state}" for state, count in sorted(found.items())]
    said = ", ".join([*parts, *([f"{unlisted:,} more ended"] if unlisted > 0 else [])])
    if set(found) == {AlertState.RESOLVED.value} and unlisted <= 0:
        return Standing("✅", "Resolved", f"All have ended: {said}", "Resolved", Colour.RESOLVED)
    return Standing("⚪", "Over", f"All have ended: {said}", "Over", Colour.OVER)


def _tallies(roundup: Roundup) -> Iterable[Field]:
    """How many alerts there are of each rule, company and cause; where there is one only it says nothing new."""
    if roundup.kind is not RoundupKind.STORM:
        return
    for name, tally in (("rule", roundup.by_rule), ("company", roundup.by_company), ("cause", roundup.by_cause)):
        said = _tally_text(tally)
        if said:
            yield Field(f"By {name}", said)


def _tally_text(tally: Mapping[str, int]) -> str:
    ordered = sorted(((meaningful(value) or "unknown", count) for value, count in tally.items()), key=_most_first)
    shown = [f"{clamped(value, limits.TOP_VALUE)} {count:,}" for value, count in ordered[: limits.TALLY_VALUES]]
    rest = ordered[limits.TALLY_VALUES :]
    other = f"{len(rest):,} others {sum(count for _, count in rest):,}"
    return ", ".join([*shown, other] if rest else shown)


def _most_first(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def _sections(roundup: Roundup, setting: Setting) -> Iterable[Section]:
    """List the alerts: a hand-over those that stand before those that ended, every other kind as they came."""
    members = roundup.members
    unlisted = max(0, roundup.count - len(members))
    if roundup.kind is not RoundupKind.HAND_OVER:
        heading = _TOGETHER if roundup.kind is RoundupKind.GROUP else "First of them"
        if members and roundup.count > 1:
            yield _section(heading, members, unlisted, setting, limits.LIST_COST)
        return
    still = [member for member in members if member.state.is_open]
    ended = [member for member in members if not member.state.is_open]
    room = limits.LIST_COST if not (still and ended) else limits.LIST_COST // 2
    if still or roundup.standing:
        yield _section(_OPEN, still, max(0, roundup.standing - len(still)), setting, room)
    over = roundup.count - roundup.standing
    if ended or over > 0:
        yield _section(_ENDED, ended, max(0, over - len(ended)), setting, room)


def _section(heading: str, members: Iterable[Member], unlisted: int, setting: Setting, room: int) -> Section:
    """Name as many as there is room for; the rest is counted."""
    lines, left = list[Line](), 0
    for member in members:
        line = _line(member, setting)
        room -= limits.LINE_COST + len(line.title) + len(line.aside) + (len(line.link.url) if line.link else 0)
        if room < 0 or left:
            left += 1
        else:
            lines.append(line)
    return Section(heading, tuple(lines), left + unlisted)


def _line(member: Member, setting: Setting) -> Line:
    url = safe_url(member.url)
    link = None if url is None else Link("Open", url, foreign_host(url, setting.own_hosts))
    title = clamped(meaningful(member.title) or _said(member.rule), limits.LINE_TITLE)
    return Line(sign_of(member.state, member.severity), title, member.state.value, link)


def _context(roundup: Roundup) -> list[ContextPart]:
    named = {RoundupKind.GROUP: "rule", RoundupKind.HAND_OVER: "hours", RoundupKind.STORM: "channel"}
    noun = named.get(roundup.kind, "silence")
    owner = meaningful(roundup.owner)
    about = [f"{noun} {_name(roundup)}", *([f"owner {owner}"] if owner else [])]
    return [joined(about), Moment("since ", roundup.opened_at)]


def _offers(roundup: Roundup) -> Offers:
    if roundup.kind is RoundupKind.SILENCE:
        return Offers() if roundup.ended_at is not None else Offers(more=(Choice.END_SILENCE,))
    if not roundup.standing:
        return Offers()
    taken = roundup.acknowledged >= roundup.standing
    return Offers(acknowledge=not taken, silence=matcher_of(roundup) is not None, more=(Choice.RESOLVE,))
