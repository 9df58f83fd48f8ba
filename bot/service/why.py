"""Why an event did what it did: every rule with the first clause that said no, and what followed from the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from bot.core.enrich import Enriched, enrich
from bot.core.fold import State
from bot.core.identity import alert_id, fingerprint
from bot.core.inputs import Details, Event
from bot.core.match import keyed, refusal
from bot.core.rule import Mode, Rule
from bot.core.ruleset import RuleSet
from bot.core.state import Memory
from bot.pipeline.replay import rules_on_raw
from bot.service.episodes import Episode, episode_of
from bot.store.explaining import LookRow, decided_to, looks_of_event, memory_then
from bot.store.reads import Reads
from bot.store.statements import Cursor
from bot.store.values import RowKind, RowStatus, StoredRow

MATCHED: Final = "matched"
REFUSED: Final = "refused"
OTHER_TYPE: Final = "other type"
OFF: Final = "off"


class Verdict(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one rule made of the event. `why` is the first clause that said no, `said` what it noted then."""

    rule: str
    verdict: str
    why: str | None = None
    key: dict[str, str] = {}
    said: list[str] = []
    alert_id: str | None = None
    mode: str = Mode.LIVE.value


class Lent(msgspec.Struct, frozen=True):
    """A value that job memory lent, and when it was learnt (ms)."""

    value: Any
    since: int


class Told(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The event as it was stored. Times in ms."""

    event_id: str
    seq: int
    standing: str
    received_at: int
    source: str = ""
    type: str = ""
    outcomes: list[str] = []
    occurred_at: int | None = None
    fields: dict[str, Any] = {}
    lent: dict[str, Lent] = {}
    error: str | None = None


class Why(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All of it. `rules` is empty for what no rule saw."""

    event: Told
    rule_set: str = ""
    rules: list[Verdict] = []
    alerts: list[Episode] = []
    notes: list[str] = []


def why(reads: Reads, event_id: str, rule_set: RuleSet | None) -> Why | None:
    """Explain an event by the rule set that decided it (`None`: it is forgotten). None for an unknown id."""
    rows = reads.event(event_id)
    if not rows:
        return None
    row = _decided(rows)
    looks = looks_of_event(reads.cursor, event_id)
    standing = _standing(row, reads)
    if row.event is None or row.status is not RowStatus.ACCEPTED or rule_set is None:
        told = _told(row, event_id, standing, None)
        return Why(event=told, alerts=_alerts(reads, looks, []), notes=list(_notes(rows, row, rule_set)))
    enriched = enrich(row.event, Then(reads.cursor, row.event.at))
    rules = [_verdict(rule, enriched, looks) for rule in rule_set.rules.values()]
    return Why(
        event=_told(row, event_id, standing, enriched),
        rule_set=rule_set.version,
        rules=rules,
        alerts=_alerts(reads, looks, _opened(rules, event_id)),
        notes=list(_notes(rows, row, rule_set)),
    )


def row_that_decided(reads: Reads, event_id: str) -> int | None:
    """Return the journal row by which an event was decided, to know the rule set of then; None for an unknown id."""
    rows = reads.event(event_id)
    return _decided(rows).seq if rows else None


class Then(State):
    """What memory told at a time."""

    def __init__(self, cursor: Cursor, at: int) -> None:
        super().__init__()
        self._cursor, self._at = cursor, at

    def memory(self, key: str) -> Memory | None:
        """Return a memory without what was learnt later."""
        return memory_then(self._cursor, key, self._at)


def _decided(rows: list[StoredRow]) -> StoredRow:
    """Return the row that says most: a payload that came later, else the event itself."""
    told = [row for row in rows if row.event is not None and row.event.details is not Details.ENVELOPE]
    return told[-1] if told else rows[-1]


def _standing(row: StoredRow, reads: Reads) -> str:
    if row.status is RowStatus.QUARANTINED:
        return "quarantined: it could not be read, and no rule saw it"
    if row.status is RowStatus.SET_ASIDE:
        return "set aside: it could not be decided"
    return "decided" if row.seq <= decided_to(reads.cursor) else "stored, and waiting to be decided"


def _told(row: StoredRow, event_id: str, standing: str, enriched: Enriched | None) -> Told:
    event = row.event
    if event is None:
        return Told(event_id=event_id, seq=row.seq, standing=standing, received_at=row.at, error=row.error)
    lent = {} if enriched is None else {n: Lent(enriched.values[n], since) for n, since in enriched.lent.items()}
    return Told(
        event_id=event_id,
        seq=row.seq,
        standing=standing,
        received_at=row.at,
        source=event.source,
        type=event.type,
        outcomes=[outcome.value for outcome in event.outcomes],
        occurred_at=event.occurred_at,
        fields=dict(event.fields),
        lent=lent,
        error=row.error,
    )


def _verdict(rule: Rule, enriched: Enriched, looks: list[LookRow]) -> Verdict:
    own = [look for look in looks if look.rule == rule.name]
    said, opened = [look.said for look in own], next((look.alert_id for look in own if look.alert_id), None)
    refused = "its mode is off" if rule.mode is Mode.OFF else refusal(rule, enriched)
    match = keyed(rule, enriched) if refused is None else None
    return Verdict(
        rule=rule.name,
        verdict=_verdict_word(rule, enriched.event, refused),
        why=refused,
        key=dict(match.key) if match else {},
        said=said,
        alert_id=opened,
        mode=rule.mode.value,
    )


def _verdict_word(rule: Rule, event: Event, refused: str | None) -> str:
    if rule.mode is Mode.OFF:
        return OFF
    if refused is None:
        return MATCHED
    return REFUSED if rule.when.selects(event.type, event.outcomes) else OTHER_TYPE


def _opened(rules: list[Verdict], event_id: str) -> Iterator[str]:
    """Yield the ids that alerts have which this event opened itself."""
    for one in rules:
        if one.verdict == MATCHED:
            yield alert_id(fingerprint(one.rule, tuple(one.key.items())), event_id)


def _alerts(reads: Reads, looks: list[LookRow], opened: Any) -> list[Episode]:
    ids = dict.fromkeys([*(look.alert_id for look in looks if look.alert_id), *opened])
    found = (reads.alert(mark) for mark in ids)
    return [episode_of(reads, alert) for alert in found if alert is not None]


def _notes(rows: list[StoredRow], row: StoredRow, rule_set: RuleSet | None) -> Iterator[str]:
    first = rows[0]
    yield "Sent again, this event is answered as a duplicate with the same id, and changes nothing."
    if any(each.kind is RowKind.COMPLETION for each in rows):
        yield "Its payload came after it had been decided on its envelope: it completed cards, and opened none."
    elif first.event is not None and first.event.details is not Details.WHOLE:
        yield "Its payload came by reference; what is not known of it is missing to the rules."
    if rule_set is None and row.event is not None and row.status is RowStatus.ACCEPTED:
        yield "The rules that decided it are not known any more."
    if row.body is None and rule_set is not None and any(rules_on_raw(rule_set)) and row.event is not None:
        yield "Its body is not stored any more (keep.bodies): conditions on `raw.` see nothing here."
