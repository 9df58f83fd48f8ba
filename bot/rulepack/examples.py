"""Runs examples on the same `fold` as the running bot, and says in a timeline what happened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

import msgspec

from bot.core.conditions import as_text
from bot.core.decisions import Decisions, Transition
from bot.core.enrich import enrich
from bot.core.fold import State, drain, fold
from bot.core.inputs import Action, ActionKind, Event
from bot.core.match import refusal
from bot.core.rule import Mode, Rule, RuleSet
from bot.core.state import Alert
from bot.errors import TocsinError
from bot.rulepack.moments import clock_start
from bot.rulepack.stories import CHANGES, Example, Expected, Step
from bot.rulepack.story_events import Acknowledgement, Delivery, ReadDelivery
from bot.rulepack.timeline import Timeline, key_text


@dataclass(frozen=True, slots=True)
class ExampleResult:
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
    """Run examples, each on a state of its own and with its own rule only, as if that were `mode: live`.

    Args:
        rule_set: the rules that the examples belong to; an example whose rule is not there is left out.
        examples: from `load_rules`.
        read: what a configured source makes of a body, given the source's name; raises UnreadableError.
        zone: for the times in timelines.
    """
    return [
        _run(rule_set.rules[example.rule], rule_set, example, read, zone)
        for example in examples
        if example.rule in rule_set.rules
    ]


def _run(rule: Rule, rule_set: RuleSet, example: Example, read: ReadDelivery, zone: ZoneInfo) -> ExampleResult:
    alone = RuleSet(rules={rule.name: replace(rule, mode=Mode.LIVE)}, channels=rule_set.channels)
    story = _Story(alone, Timeline(zone, clock_start(zone)), read)
    try:
        for step in example.steps:
            story.take(step)
        story.finish(example.end)
    except (TocsinError, OSError) as error:
        wrong = [str(error)]
    else:
        wrong = story.faults + compare(example.expected, story.happened, story.timeline)
    line = f"{example.file}:{example.line}" if wrong else ""
    story.timeline.say(example.end, "end", line)
    return ExampleResult(
        example.file, rule.name, example.name, not wrong, "; ".join(wrong), story.timeline.lines(), example.line
    )


@dataclass(slots=True)
class _Story:
    """One example being told."""

    rule_set: RuleSet
    timeline: Timeline
    read: ReadDelivery
    state: State = field(default_factory=State)
    seen: set[str] = field(default_factory=set)
    happened: list[Transition] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def rule(self) -> Rule:
        """The example's own rule."""
        return next(iter(self.rule_set.rules.values()))

    def take(self, step: Step) -> None:
        """Let one thing happen. Timers that are due before it have their turn first."""
        given = step.given
        self._record(drain(step.at, self.state, self.rule_set))
        if isinstance(given, Acknowledgement):
            self._acknowledge(step.at, given)
            return
        event = given.event(self.read) if isinstance(given, Delivery) else given
        self._event(msgspec.structs.replace(event, at=step.at))

    def finish(self, end: int) -> None:
        """Let everything come due that is due up to the end, the end included."""
        self._record(drain(end + 1, self.state, self.rule_set))

    def _event(self, event: Event) -> None:
        if event.event_id in self.seen:
            self.timeline.event(event, "sent again: a duplicate, nothing follows")
            return
        self.seen.add(event.event_id)
        refused = refusal(self.rule, enrich(event, self.state)) if self.rule.when.could_select(event.type) else None
        self.timeline.event(event, f"not a match: {refused}" if refused else "")
        self._record(fold(event, self.state, self.rule_set))

    def _acknowledge(self, at: int, given: Acknowledgement) -> None:
        alert = self._open_alert(given.key)
        self.timeline.say(at, f"{given.by} acknowledges", key_text(given.key))
        if alert is None:
            self.faults.append(f"no alert of {key_text(given.key)} is open to be acknowledged")
            return
        action = Action(at=at, kind=ActionKind.ACKNOWLEDGE, alert_id=alert.alert_id, actor=given.by)
        self._record(fold(action, self.state, self.rule_set))

    def _open_alert(self, key: tuple[str, ...]) -> Alert | None:
        slices = map(self.state.slice, self.state.open_slice_keys(self.rule.name))
        alerts = (slice_.alert for slice_ in slices if slice_ is not None and slice_.alert is not None)
        return next((alert for alert in alerts if is_key(key, alert)), None)

    def _record(self, decided: Decisions) -> None:
        for transition in decided.transitions:
            self.timeline.transition(transition)
            if transition.change in CHANGES and transition.alert.rule == self.rule.name:
                self.happened.append(transition)
        self.faults += [f"the rule raised {fault.error}" for fault in decided.faults]


def is_key(written: tuple[str, ...], alert: Alert) -> bool:
    """Say whether a KEY as written means an alert; `all` is the key of one bucket."""
    values = tuple(value for _, value in alert.key)
    return written == (values or ("all",))


def compare(expected: Iterable[Expected], happened: list[Transition], timeline: Timeline) -> list[str]:
    """Return what differs: strict, so that a thing nobody expected counts as much as one that did not happen."""
    wrong, left = [], list(happened)
    for one in expected:
        found = next((t for t in left if (t.at, t.change) == (one.at, one.change) and is_key(one.key, t.alert)), None)
        if found is None:
            said = f"expected {one.change} {key_text(one.key)} at {timeline.time(one.at)}"
            timeline.say(one.at, "MISSING", f"{one.change} {key_text(one.key)}")
            wrong.append(f"{said}, but {_instead(one, left, timeline)}")
            continue
        left.remove(found)
        wrong += _differences(one, found.alert, timeline)
    for extra in left:
        timeline.say(extra.at, "NOT EXPECTED", f"{extra.change} {_key_of(extra)}")
        wrong.append(f"{extra.change} {_key_of(extra)} at {timeline.time(extra.at)} was not expected")
    return wrong


def _instead(one: Expected, left: list[Transition], timeline: Timeline) -> str:
    same = next((t for t in left if t.change == one.change and is_key(one.key, t.alert)), None)
    if same is not None:
        return f"that happened at {timeline.time(same.at)}"
    there = next((t for t in left if t.at == one.at), None)
    return "that did not happen" if there is None else f"{there.change} {_key_of(there)} happened then"


def _differences(one: Expected, alert: Alert, timeline: Timeline) -> list[str]:
    shown = {field.name: as_text(field.value) for field in alert.shown}
    pairs: list[tuple[str, object, object]] = [("title", one.title, alert.title), ("count", one.count, alert.count)]
    pairs.append(("notify", one.notify and sorted(one.notify), sorted(alert.channels)))
    pairs += [(f"shows {name}", text, shown.get(name, "nothing")) for name, text in one.shows]
    what = f"{one.change} {key_text(one.key)} at {timeline.time(one.at)}"
    differing = ((name, want, has) for name, want, has in pairs if want is not None and want != has)
    return [f"{what}: expected {name} {want!r} but it is {has!r}" for name, want, has in differing]


def _key_of(transition: Transition) -> str:
    return key_text(tuple(value for _, value in transition.alert.key) or ("all",))
