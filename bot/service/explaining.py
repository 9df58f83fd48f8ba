"""Why a card is there, in a few lines for the person who asks on the card itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

from bot.core.deeds import Subject
from bot.core.roundup import Roundup
from bot.core.ruleset import RuleSet
from bot.core.state import Alert
from bot.store.explaining import LookRow, looks_of_slice
from bot.store.statements import Cursor

_UNKNOWN: Final = "This is not known here any more."
_LATEST: Final = 3


class Asked(Protocol):
    """What this needs of the store."""

    async def ask(self, question: Callable[[Cursor], Any]) -> Any:
        """Run a longer read."""
        ...


async def in_short(subject: Subject | None, rule_set: RuleSet, store: Asked) -> str:
    """Return the rule, what it matched and how it counted, as plain text. StoreError when it cannot be read."""
    if subject is None:
        return _UNKNOWN
    if isinstance(subject, Roundup):
        return "\n".join(_of_roundup(subject))
    looks: list[LookRow] = await store.ask(lambda cursor: looks_of_slice(cursor, subject.slice_key, _LATEST))
    return "\n".join(_of_alert(subject, rule_set, [look.said for look in looks]))


def _of_alert(alert: Alert, rule_set: RuleSet, looks: list[str]) -> list[str]:
    rule = rule_set.rules.get(alert.rule)
    where = f" ({rule.file}, line {rule.line})" if rule is not None and rule.file else ""
    key = ", ".join(f"{name} {value}" for name, value in alert.key) or "all"
    times = "once" if alert.count == 1 else f"{alert.count} times"
    lines = [
        f"Rule {alert.rule}{where}: {alert.kind}.",
        f"Counted for {key}: matched {times}, last by event {alert.event_id} ({alert.event_type}).",
    ]
    lines += [f"Noted: {said}" for said in looks]
    if alert.percent:
        lines.append(f"The share stood at {alert.percent}.")
    lines += [f"Held back by {hold.by} {hold.name}." for hold in alert.holds]
    lines.append(f"More: tocsin why {alert.event_id}")
    return lines


def _of_roundup(roundup: Roundup) -> list[str]:
    rules = ", ".join(f"{name} {count}" for name, count in sorted(roundup.by_rule.items())) or "none yet"
    kind = roundup.kind.value.replace("_", " ")
    return [
        f"One message for many alerts ({kind} {roundup.name}): {roundup.count} in all, {roundup.standing} stand.",
        f"By rule: {rules}.",
    ]
