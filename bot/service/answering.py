"""The answers to the API's questions, from the store and from the rules in force."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from bot.clock import Clock
from bot.core.portrait import kind_text
from bot.core.roundup import Roundup, RoundupKind
from bot.core.rule import Rule
from bot.core.state import AlertState
from bot.errors import UsageError
from bot.pipeline import Pipeline
from bot.service.episodes import as_plain, bare_episode, episode_of
from bot.service.reloading import Reloading
from bot.service.rulesets import RuleSets
from bot.service.why import row_that_decided, why
from bot.service.why_not import why_not
from bot.store import Reads, Store
from bot.store.digest_rows import DigestRow, newest
from bot.store.reads import OPEN_STATES
from bot.store.rulesets import InForce, in_force_at
from bot.store.standing import standing_roundups
from bot.store.values import RowStatus, StoredRow
from bot.web.api_routes import MOST

Values = Mapping[str, tuple[str, ...]]
_DEFAULT_LIMIT: Final = 100
_STATES: Final = {"open": OPEN_STATES, "all": None, **{state.value: (state,) for state in AlertState}}
_NEWEST: Final = 2**62


class Questions:
    """Answers by the name of the question (bot/web/api_routes.py)."""

    def __init__(
        self,
        *,
        store: Store,
        pipeline: Pipeline,
        rule_sets: RuleSets,
        reloading: Reloading,
        clock: Clock,
        zone: ZoneInfo,
    ) -> None:
        self._store, self._pipeline, self._rule_sets = store, pipeline, rule_sets
        self._reloading, self._clock, self._zone = reloading, clock, zone
        self._answers: dict[str, Callable[[Values], Awaitable[Any]]] = {
            "alerts": self._alerts,
            "alert": self._alert,
            "events": self._events,
            "event": self._event,
            "why": self._why,
            "why_not": self._why_not,
            "rules": self._rules,
            "silences": self._silences,
            "digests": self._digests,
            "reload": self._reload,
        }

    async def answer(self, question: str, values: Values) -> Any:
        """Return the answer with times in words of the configured zone; None where there is no such thing."""
        found = await self._answers[question](values)
        return None if found is None else as_plain(found, self._zone)

    async def _alerts(self, values: Values) -> Any:
        states, rule, limit = _STATES[_one_of(values, "state", _STATES, "open")], _text(values, "rule"), _limit(values)
        found = await self._store.read(lambda reads: reads.alerts(states, rule=rule, limit=limit))
        return {"alerts": [bare_episode(alert) for alert in found]}

    async def _alert(self, values: Values) -> Any:
        (mark,) = values["id"]

        def look(reads: Reads) -> Any:
            alert = reads.alert(mark)
            return None if alert is None else episode_of(reads, alert)

        return await self._store.read(look)

    async def _events(self, values: Values) -> Any:
        status, limit = _text(values, "status"), _limit(values)
        if status is not None:
            _one_of(values, "status", {each.value: None for each in RowStatus}, status)
        wanted = None if status is None else RowStatus(status)
        rows = await self._store.read(lambda reads: reads.rows(status=wanted, limit=limit))
        return {"events": [_row(row) for row in rows if row.event is not None or row.error is not None]}

    async def _event(self, values: Values) -> Any:
        (mark,) = values["id"]
        rows = await self._store.read(lambda reads: reads.event(mark))
        return {"event_id": mark, "rows": [_row(row) for row in rows]} if rows else None

    async def _why(self, values: Values) -> Any:
        (mark,) = values["id"]
        then = await self._store.read(lambda reads: _decided_by(reads, mark))
        if then is None:
            return None
        rule_set = await self._rule_sets.of(then.version)
        known = rule_set if rule_set.version == then.version else None
        return await self._store.read(lambda reads: why(reads, mark, known))

    async def _why_not(self, values: Values) -> Any:
        (rule,), key, now = values["rule"], values.get("key", ()), self._clock.now_ms()
        return await self._store.read(lambda reads: why_not(reads, self._pipeline.rule_set, rule, key, now))

    async def _rules(self, _values: Values) -> Any:
        rule_set, set_aside = self._pipeline.rule_set, self._pipeline.view.quarantined
        since = await self._store.rule_set_at(_NEWEST)
        open_alerts = await self._store.read(
            lambda reads: Counter(a.rule for a in reads.alerts(OPEN_STATES, limit=MOST))
        )
        rules = [_rule(rule, open_alerts[rule.name], rule.name in set_aside) for rule in rule_set.rules.values()]
        known_since = since.at if since is not None and since.version == rule_set.version else None
        trouble = self._reloading.trouble_lines()
        return {"version": rule_set.version, "since": known_since, "trouble": trouble, "rules": rules}

    async def _silences(self, _values: Values) -> Any:
        cards = await self._store.ask(standing_roundups)
        return {"silences": [_silence(card) for card in cards if card.kind is RoundupKind.SILENCE and card.silence]}

    async def _digests(self, values: Values) -> Any:
        name, limit = _text(values, "name"), _limit(values)
        return {"digests": [_digest(row) for row in await self._store.ask(lambda cursor: newest(cursor, name, limit))]}

    async def _reload(self, _values: Values) -> Any:
        found = await self._reloading.asked()
        return {
            "outcome": found.outcome.value,
            "version": found.version,
            "complaints": list(found.complaints),
            "restart_for": list(found.restart_for),
        }


def _decided_by(reads: Reads, event_id: str) -> InForce | None:
    row = row_that_decided(reads, event_id)
    return None if row is None else in_force_at(reads.cursor, row)


def _digest(row: DigestRow) -> dict[str, Any]:
    numbers = None if row.numbers is None else msgspec.json.decode(row.numbers)
    return {
        "name": row.name,
        "channel": row.channel,
        "date": row.local_date,
        "state": row.state,
        "due": row.due_at,
        "since": row.window_begin,
        "until": row.window_end,
        "numbers": numbers,
    }


def _row(row: StoredRow) -> dict[str, Any]:
    event = {} if row.event is None else msgspec.to_builtins(msgspec.structs.replace(row.event, payload=None))
    for left_out in ("payload", "at"):
        event.pop(left_out, None)
    said = {"seq": row.seq, "at": row.at, "kind": row.kind.value, "status": row.status.value, **event}
    return said if row.error is None else {**said, "error": row.error}


def _rule(rule: Rule, open_alerts: int, is_set_aside: bool) -> dict[str, Any]:  # noqa: FBT001  (a column of a table)
    return {
        "name": rule.name,
        "title": rule.title,
        "kind": kind_text(rule.kind),
        "mode": rule.mode.value,
        "severity": rule.severity.value,
        "per": None if rule.per is None else list(rule.per),
        "notify": [target.channel for target in rule.notify],
        "owner": rule.owner,
        "runbook": rule.runbook,
        "description": rule.description,
        "file": rule.file or None,
        "line": rule.line or None,
        "open_alerts": open_alerts,
        "set_aside": is_set_aside,
    }


def _silence(card: Roundup) -> dict[str, Any]:
    held = {"held": card.count, "standing": card.standing, "ended_at": card.ended_at}
    return {**msgspec.to_builtins(card.silence), "matcher": dict(card.silence.matcher if card.silence else ()), **held}


def _text(values: Values, name: str) -> str | None:
    return values[name][0] if name in values else None


def _one_of(values: Values, name: str, known: Mapping[str, Any], default: str) -> str:
    found = _text(values, name) or default
    if found not in known:
        raise UsageError(f"{name} is one of {', '.join(known)}")
    return found


def _limit(values: Values) -> int:
    found = _text(values, "limit") or str(_DEFAULT_LIMIT)
    if not (found.isascii() and found.isdigit() and 1 <= int(found) <= MOST):
        raise UsageError(f"limit is a whole number from 1 to {MOST}")
    return int(found)
