"""Faults on order: which requests they hit, and what becomes of those."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random  # noqa: TID251 - seeded
from typing import Any

from tests.fakes.slack.state import Call

# The request is answered (or not) without being carried out.
BEFORE = {"reset_before_read", "timeout_before_store", "late_store", "ratelimited", "status", "ok_false"}
# The request is carried out, then its answer suffers.
AFTER = {
    "reset_after_store", "timeout_after_store", "status_after_store", "ok_false_after_store", "truncate_body",
    "bad_json", "wrong_content_type", "empty_body", "slow", "redirect", "history_missing", "history_cut",
}  # fmt: skip


@dataclass(slots=True)
class Fault:
    """An effect for the requests that match; `times` None is without end.

    `nth` counts matching requests from 1, `every` hits each so-manieth, `after` and `before` bound the time (s).
    `parts` belong to the effect: `status`, `body`, `error`, `retry_after` (None: no header), `seconds`.
    """

    effect: str
    method: str | None = None
    channel: str | None = None
    token: str | None = None
    nth: int | None = None
    every: int | None = None
    probability: float = 1.0
    after: float = float("-inf")
    before: float = float("inf")
    contains: str | None = None
    times: int | None = 1
    parts: dict[str, Any] = field(default_factory=dict)
    seen: int = 0
    hits: int = 0

    def __post_init__(self) -> None:
        if self.effect not in BEFORE | AFTER:
            raise ValueError(f"no such effect: {self.effect}")


class Faults:
    """The faults in force, tried in order; the first that matches hits."""

    def __init__(self, seed: int = 0) -> None:
        self.rules: list[Fault] = []
        self._random = Random(seed)  # noqa: S311

    def add(self, effect: str, **match: Any) -> Fault:
        """Order a fault; what is no field of it belongs to its parts."""
        own = set(Fault.__dataclass_fields__)
        parts = {name: match.pop(name) for name in list(match) if name not in own}
        rule = Fault(effect, parts=parts, **match)
        self.rules.append(rule)
        return rule

    def pick(self, call: Call) -> Fault | None:
        """Return the fault for this call, if any."""
        return next((rule for rule in self.rules if self._hits(rule, call)), None)

    def _hits(self, rule: Fault, call: Call) -> bool:
        if not all(match(rule, call) for match in _MATCHES):
            return False
        rule.seen += 1
        skipped = (rule.nth and rule.seen != rule.nth) or (rule.every and rule.seen % rule.every)
        spent = rule.times is not None and rule.hits >= rule.times
        if skipped or spent or self._random.random() >= rule.probability:
            return False
        rule.hits += 1
        return True


def _contains(rule: Fault, call: Call) -> bool:
    return rule.contains is None or rule.contains in json.dumps(call.args, ensure_ascii=False)


_MATCHES: tuple[Callable[[Fault, Call], bool], ...] = (
    lambda rule, call: rule.method in {None, call.method},
    lambda rule, call: rule.channel in {None, call.channel},
    lambda rule, call: rule.token in {None, call.token},
    lambda rule, call: rule.after <= call.at < rule.before,
    _contains,
)
