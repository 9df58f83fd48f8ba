"""Why there is no alert of a rule for a key: where that key stands, and which events were refused by which clause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from bot.config.words import nearest
from bot.core import ruleclock
from bot.core.enrich import Enriched, enrich
from bot.core.identity import fingerprint
from bot.core.inputs import Event
from bot.core.kinds import AtLeast, Consecutive, NewValue, Share
from bot.core.match import SUBJECT, Key, keyed, refusal, slice_key
from bot.core.rule import Mode, Rule
from bot.core.ruleset import RuleSet
from bot.core.share import totals
from bot.core.state import Alert, Slice
from bot.core.text import duration_text
from bot.core.troubles import RULE_SET_ASIDE
from bot.errors import UsageError
from bot.service.episodes import Episode, bare_episode, episode_of
from bot.service.why import Then
from bot.store.explaining import Skimmed, looks_of_slice, newest_events, slice_now, timers_of
from bot.store.reads import OPEN_STATES, Reads

_LOOKS: Final = 20
_EPISODES: Final = 5
# How far back events are looked at, and how many of them closely.
ROWS_LOOKED_AT: Final = 20_000
_EVENTS_LOOKED_INTO: Final = 2_000
_SAMPLES: Final = 10
ALL: Final = "all"


class LookSaid(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the rule made of one event of this key."""

    at: int
    event_id: str
    said: str
    alert_id: str | None = None


class Due(msgspec.Struct, frozen=True):
    """A deadline of this key, and when it comes (ms)."""

    what: str
    due: int


class Passed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A recent event that `when` means, of this key: the clause that refused it, or nothing."""

    event_id: str
    type: str
    at: int
    refused: str | None = None


class WhyNot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All of it. `refusals` counts clauses over the events that were looked into, whatever their key."""

    rule: str
    key: dict[str, str]
    rule_set: str
    state: list[str]
    open: Episode | None = None
    due: list[Due] = []
    looks: list[LookSaid] = []
    earlier: list[Episode] = []
    events: list[Passed] = []
    looked_at: int = 0
    meant: int = 0
    refusals: dict[str, int] = {}


def why_not(reads: Reads, rule_set: RuleSet, name: str, values: Sequence[str], now: int) -> WhyNot:
    """Explain a missing alert by the rule set in force.

    Args:
        reads: the store.
        rule_set: in force now.
        name: the rule.
        values: its key: the values of `per` in their order, or `all` where there are none.
        now: the time in ms, for what counters hold now.

    Raises:
        UsageError: for an unknown rule, or a key that is none of this rule.
    """
    rule = rule_set.rules.get(name)
    if rule is None:
        hint = nearest(name, rule_set.rules)
        raise UsageError(f"there is no rule {name} in force" + (f" (did you mean {hint}?)" if hint else ""))
    key = _key(rule, values)
    mark = slice_key(name, key)
    slice_ = slice_now(reads.cursor, mark)
    alert = slice_.alert if slice_ is not None else None
    found = _Scan(reads, rule, mark)
    return WhyNot(
        rule=name,
        key=dict(key),
        rule_set=rule_set.version,
        state=list(_state(reads, rule, slice_, now)),
        open=None if alert is None else episode_of(reads, alert),
        due=[Due(what, due) for what, due in timers_of(reads.cursor, mark)],
        looks=[LookSaid(x.at, x.event_id, x.said, x.alert_id) for x in looks_of_slice(reads.cursor, mark, _LOOKS)],
        earlier=[bare_episode(each) for each in _earlier(reads, name, key, alert)],
        events=found.samples,
        looked_at=found.looked_at,
        meant=found.meant,
        refusals=dict(found.refusals.most_common(_SAMPLES)),
    )


def _key(rule: Rule, values: Sequence[str]) -> Key:
    names = (SUBJECT,) if rule.per is None else rule.per
    given = () if not names and tuple(values) in {(), (ALL,)} else tuple(values)
    if len(given) != len(names):
        wanted = ", ".join(names) or f"nothing, or `{ALL}`"
        raise UsageError(f"the key of {rule.name} is {wanted}; {len(given)} values were given")
    return tuple(zip(names, given, strict=True))


def _state(reads: Reads, rule: Rule, slice_: Slice | None, now: int) -> Iterator[str]:
    """Say where the rule stands, then its key."""
    if rule.mode is not Mode.LIVE:
        yield f"The rule's mode is {rule.mode.value}: " + (
            "it is not evaluated." if rule.mode is Mode.OFF else "it fires, and no channel hears of it."
        )
    if _is_set_aside(reads, rule.name):
        yield "The rule raised and was set aside lately; it starts afresh with the next rules that are loaded."
    if not rule.notify:
        yield "The rule notifies nobody."
    if slice_ is None:
        yield "Nothing is counted or open for this key."
        return
    yield from _counters(rule, slice_, now)
    if slice_.pending is not None and slice_.alert is None:
        yield "A deadline runs; the alert fires when it comes."


def _counters(rule: Rule, slice_: Slice, now: int) -> Iterator[str]:
    match rule.kind:
        case AtLeast(threshold=threshold, within_ms=within):
            start = ruleclock.window_start(rule, now, within)
            inside = sum(sighting.at > start for sighting in slice_.recent)
            yield f"The counter stands at {inside} of {threshold} within {duration_text(within)}."
        case Share(within_ms=within):
            start = ruleclock.window_start(rule, now, within)
            of, matched = totals(tally for tally in slice_.moments if tally.at > start)
            least = rule.kind.minimum
            yield f"{matched} of {of} match within {duration_text(within)}; {least} are looked at, at least."
        case Consecutive(threshold=threshold):
            yield f"{slice_.row} of {threshold} in a row."
        case NewValue(field=field):
            yield f"{len(slice_.seen)} values of {field} are known and are not new."
        case _:
            pass
    if slice_.closed_at is not None:
        yield "A final event came, which excuses openings of the next 24 hours."


def _is_set_aside(reads: Reads, name: str) -> bool:
    own = reads.alerts(OPEN_STATES, rule=_own_rule(RULE_SET_ASIDE))
    return any(value == name for alert in own for _, value in alert.key)


def _own_rule(event_type: str) -> str:
    return event_type.replace(".", "-").replace("_", "-")


def _earlier(reads: Reads, name: str, key: Key, alert: Alert | None) -> list[Alert]:
    mark = fingerprint(name, key)
    ended = (each for each in reads.alerts(rule=name, limit=1_000) if each.fingerprint == mark)
    return [each for each in ended if alert is None or each.alert_id != alert.alert_id][:_EPISODES]


class _Scan:
    """The newest events, seen by one rule: for its key one by one, in sum for all keys."""

    def __init__(self, reads: Reads, rule: Rule, mark: str) -> None:
        self.samples: list[Passed] = []
        self.refusals: Counter[str] = Counter()
        self.looked_at = self.meant = 0
        self._reads, self._rule, self._mark = reads, rule, mark
        for skimmed in newest_events(reads.cursor, ROWS_LOOKED_AT):
            self.looked_at += 1
            if rule.when.selects(skimmed.event.type, skimmed.event.outcomes):
                self._look(skimmed)
            if self.meant == _EVENTS_LOOKED_INTO:
                break

    def _look(self, skimmed: Skimmed) -> None:
        self.meant += 1
        event = self._whole(skimmed)
        enriched = enrich(event, Then(self._reads.cursor, event.at))
        refused = refusal(self._rule, enriched)
        if refused is not None:
            self.refusals[refused] += 1
        if len(self.samples) < _SAMPLES and self._is_of_key(enriched):
            self.samples.append(Passed(event_id=event.event_id, type=event.type, at=event.at, refused=refused))

    def _whole(self, skimmed: Skimmed) -> Event:
        """Return the event with its payload, where the rule may look into it."""
        if "raw." not in repr(self._rule):
            return skimmed.event
        rows = self._reads.event(skimmed.event.event_id)
        return next((row.event for row in reversed(rows) if row.event is not None), skimmed.event)

    def _is_of_key(self, enriched: Enriched) -> bool:
        match = keyed(self._rule, enriched)
        return match is not None and match.slice_key == self._mark
