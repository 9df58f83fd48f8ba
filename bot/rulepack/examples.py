"""Runs examples on the same `fold` as the running bot, and says in a timeline what happened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from bot.core.decisions import Decisions
from bot.core.enrich import enrich
from bot.core.fold import State, drain, fold
from bot.core.inputs import Action, ActionKind, Event, Reload
from bot.core.kinds import NotFollowedBy
from bot.core.lifecycle import DEADLINE
from bot.core.match import refusal
from bot.core.rule import Mode, Rule
from bot.core.ruleset import RuleSet
from bot.core.state import Alert
from bot.errors import EndlessExampleError, TocsinError
from bot.rulepack.comparing import compare
from bot.rulepack.happenings import Happenings, key_of
from bot.rulepack.moments import clock_start
from bot.rulepack.stories import Example, Step
from bot.rulepack.story_events import Acknowledgement, Delivery, ReadDelivery
from bot.rulepack.timeline import Timeline, key_text

# An example's events are at most some ten thousand, each with a few timers.
_MOST_TURNS: Final = 50_000
_SAID_AT_MOST: Final = 20


class ExampleResult(msgspec.Struct, frozen=True):
    """How one example went. `message` is empty when it is `ok`; `timeline` tells all of it, line by line."""

    file: str
    rule: str
    name: str
    ok: bool
    message: str
    timeline: tuple[str, ...]
    line: int = 0


def run_examples(
    rule_set: RuleSet, examples: Iterable[Example], read: ReadDelivery, zone: ZoneInfo
) -> list[ExampleResult]:
    """Run examples, each on a state of its own, with its own rule and those that inhibit it, as if `mode: live`.

    Args:
        rule_set: the rules that the examples belong to; an example whose rule is not there is left out.
        examples: from `load_rules`.
        read: what a configured source makes of a body, given the source's name; raises UnreadableError.
        zone: for the times in timelines.
    """
    wanted = [example for example in examples if example.rule in rule_set.rules]
    scopes = {name: scope_of(name, rule_set) for name in {example.rule for example in wanted}}
    return [_run(scopes[example.rule], example, read, zone) for example in wanted]


def scope_of(rule: str, rule_set: RuleSet) -> RuleSet:
    """Return the rule set of a rule's examples: itself and, through it, those that inhibit it."""
    found: dict[str, Rule] = {}
    waiting = [rule]
    while waiting:
        name = waiting.pop()
        if name in rule_set.rules and name not in found:
            found[name] = replace(rule_set.rules[name], mode=Mode.LIVE)
            waiting.extend(found[name].inhibited_by)
    return RuleSet(
        rules=found,
        version=rule_set.version,
        channels=rule_set.channels,
        storm=rule_set.storm,
        admin_channel=rule_set.admin_channel,
    )


def _run(scope: RuleSet, example: Example, read: ReadDelivery, zone: ZoneInfo) -> ExampleResult:
    story = _Story(scope, scope.rules[example.rule], Timeline(zone, clock_start(zone), example.rule), read)
    end = example.end
    try:
        end = story.tell(example, clock_start(zone))
    except (TocsinError, OSError) as error:
        wrong = [str(error)]
    else:
        wrong = story.faults + compare(example.expected, story.happenings, story.timeline)
    line = f"{example.file}:{example.line}" if wrong else ""
    story.timeline.say(end, "end", line)
    return ExampleResult(
        example.file, example.rule, example.name, not wrong, _summed(wrong), story.timeline.lines(), example.line
    )


def _summed(wrong: list[str]) -> str:
    more = len(wrong) - _SAID_AT_MOST
    return "; ".join(wrong[:_SAID_AT_MOST]) + (f"; and {more:,} more" if more > 0 else "")


class _Story:
    """One example being told."""

    def __init__(self, rule_set: RuleSet, rule: Rule, timeline: Timeline, read: ReadDelivery) -> None:
        self.rule_set, self.rule, self.timeline, self.read = rule_set, rule, timeline, read
        self.state = State()
        self.seen: set[str] = set()
        self.happenings = Happenings(rule.name)
        self.failed: list[str] = []

    @property
    def faults(self) -> list[str]:
        """What went wrong apart from the expectations."""
        return self.failed + self.happenings.faults

    def tell(self, example: Example, clock: int) -> int:
        """Let all of it happen; return the end."""
        first = min([clock, *(step.at for step in example.steps)])
        self._record(fold(Reload(at=first, version=self.rule_set.version), self.state, self.rule_set))
        for step in example.steps:
            self._take(step)
        self._pass(example.end + 1)
        end = example.end if example.has_until else self._let_deadlines_pass(example.end)
        self._look_ahead(example, end)
        return end

    def _take(self, step: Step) -> None:
        """Let one thing happen. Timers that are due before it have their turn first."""
        given = step.given
        self._pass(step.at)
        if isinstance(given, Acknowledgement):
            self._acknowledge(step.at, given)
            return
        event = given.event(self.read) if isinstance(given, Delivery) else given
        self._event(msgspec.structs.replace(event, at=step.at))

    def _let_deadlines_pass(self, end: int) -> int:
        """Let every deadline that is still open come due, with what happens meanwhile; return when that is over."""
        while (due := max(self._open_deadlines(), default=end)) > end:
            end = due
            self._pass(end + 1)
        return end

    def _open_deadlines(self) -> Iterator[int]:
        for (slice_key, name), due in self.state.timers.standing().items():
            slice_ = self.state.slice(slice_key) if name == DEADLINE else None
            rule = self.rule_set.rules.get(slice_.rule) if slice_ is not None else None
            if rule is not None and isinstance(rule.kind, NotFollowedBy):
                yield due

    def _look_ahead(self, example: Example, end: int) -> None:
        """Look on from the end for first messages that are collected, or are said to come later."""
        asked = [one.checks.notified_at for one in example.expected if one.checks.notified_at is not None]
        until = max([end + (self.rule.group_wait_ms or 0), *asked])
        if until > end:
            self.happenings.watch(drain(until + 1, self.state, self.rule_set, limit=_MOST_TURNS))

    def _pass(self, before: int) -> None:
        """Let all timers due before a time have their turn."""
        self._record(drain(before, self.state, self.rule_set, limit=_MOST_TURNS))
        if self.state.next_timer(before) is not None:
            when = self.timeline.time(before)
            raise EndlessExampleError(f"more than {_MOST_TURNS:,} timers come due before {when}: end it earlier")

    def _event(self, event: Event) -> None:
        if event.event_id in self.seen:
            self.timeline.event(event, "sent again: a duplicate, nothing follows")
            return
        self.seen.add(event.event_id)
        refused = refusal(self.rule, enrich(event, self.state)) if self.rule.when.could_select(event.type) else None
        decided = fold(event, self.state, self.rule_set)
        self.timeline.event(event, f"not a match: {refused}" if refused else self._said_of(event, decided))
        self._record(decided)

    def _said_of(self, event: Event, decided: Decisions) -> str:
        """Return what the rule made of an event, such as its counter; changes of an alert have lines of their own."""
        looks = (look for look in decided.looks if look.rule == self.rule.name and look.event_id == event.event_id)
        return "; ".join(look.said for look in looks if look.alert_id is None)

    def _acknowledge(self, at: int, given: Acknowledgement) -> None:
        alert = self._open_alert(given.key)
        self.timeline.say(at, f"{given.by} acknowledges", key_text(given.key))
        if alert is None:
            self.failed.append(f"no alert of {key_text(given.key)} is open to be acknowledged")
            return
        action = Action(at=at, kind=ActionKind.ACKNOWLEDGE, alert_id=alert.alert_id, actor=given.by)
        self._record(fold(action, self.state, self.rule_set))

    def _open_alert(self, key: tuple[str, ...]) -> Alert | None:
        slices = map(self.state.slice, self.state.open_slice_keys(self.rule.name))
        alerts = (slice_.alert for slice_ in slices if slice_ is not None and slice_.alert is not None)
        return next((alert for alert in alerts if key_of(alert) == key), None)

    def _record(self, decided: Decisions) -> None:
        for transition in decided.transitions:
            self.timeline.transition(transition)
        for telling in decided.tellings:
            self.timeline.telling(telling)
        for card in decided.hand_overs:
            self.timeline.hand_over(card)
        self.happenings.take(decided)
