"""A rule in plain words, with every default filled in: what `check --explain` prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Final

from bot.core.kinds import AbsentFor, AtLeast, Consecutive, EveryMatch, Kind, NewValue, NotFollowedBy, Share
from bot.core.rule import Escalation, IfUnknown, Rule, Target
from bot.core.ruleset import RuleSet
from bot.rulepack.explain_words import hours_words, listed, selector_words, span, where_words

_WIDTH: Final = 13


def explain(rule_set: RuleSet, examples: Iterable[str]) -> Iterator[str]:
    """Yield lines about every rule, in the order of their names' files; `examples` has a rule's name for each."""
    tried = list(examples)
    for rule in rule_set.rules.values():
        yield f"{rule.name} ({rule.file}:{rule.line})"
        for label, said in _said(rule, tried.count(rule.name)):
            yield f"  {label + ':':<{_WIDTH}}{said}"
        yield ""
    storm = rule_set.storm
    yield (
        f"All rules: a channel takes {storm.messages} first messages within {span(storm.within_ms)}; "
        "the rest share one summary, and nothing is dropped."
    )


def _said(rule: Rule, examples: int) -> Iterator[tuple[str, str]]:
    yield "fires on", condition_words(rule)
    yield "where", where_words(rule.where)
    yield "clock", "runs always" if rule.during is None else f"runs only in {hours_words(rule.during)}"
    yield "one alert", _per(rule)
    yield from _endings(rule)
    yield "message", f"{rule.severity.value}, “{rule.title}”"
    yield "shows", "a preset for the platform" if rule.show is None else listed(rule.show, "and") or "no fields"
    yield "top", f"the three most frequent values of {rule.top or 'cause'}" if _counts(rule) or rule.top else "nothing"
    yield "tells", _targets(rule.notify)
    yield "when told", _first_message(rule)
    yield "reminds", _repeats(rule)
    yield "then", "; ".join(_step(step) for step in rule.then) or "no further steps"
    yield "held by", listed(rule.inhibited_by, "or") + " while that stands" if rule.inhibited_by else "no other rule"
    yield "mode", _mode(rule)
    yield "owner", rule.owner or "nobody"
    yield "runbook", rule.runbook or "none"
    yield "means", " ".join((rule.description or "nobody has written it down").split())
    yield "examples", str(examples)


def condition_words(rule: Rule) -> str:
    """Say which events make an alert."""
    return _of_kind(rule.kind, selector_words(rule.when))


def _of_kind(kind: Kind, when: str) -> str:
    said = ""
    match kind:
        case EveryMatch():
            said = f"every event ({when})"
        case AtLeast(threshold=count, within_ms=within, distinct=None):
            said = f"at least {count} events ({when}) within {span(within)}"
        case AtLeast(threshold=count, within_ms=within, distinct=name):
            said = f"at least {count} different values of {name} in events ({when}) within {span(within)}"
        case Share():
            said = _of_share(kind, when)
        case Consecutive(threshold=count, unless=unless):
            said = f"{count} events ({when}) in a row, with none between them that is {selector_words(unless)}"
        case NotFollowedBy(closing=closing, within_ms=within):
            awaited = f"none that is {selector_words(closing)} comes within {span(within)}"
            said = f"an event ({when}) after which {awaited}"
        case AbsentFor(within_ms=within):
            said = f"no event ({when}) for {span(within)}"
        case NewValue(field=name, within_ms=within):
            said = f"an event ({when}) with a value of {name} that was not seen in the {span(within)} before"
    return said


def _of_share(kind: Share, when: str) -> str:
    among = f"of the events ({selector_words(kind.of)}) within {span(kind.within_ms)}"
    return f"events ({when}) that are at least {_percent(kind.share)} {among}, once there are {kind.minimum}"


def _per(rule: Rule) -> str:
    if rule.per is None:
        return "for each run, else job, else file that events are about"
    if not rule.per:
        return "for all of them"
    left_out = rule.if_unknown is IfUnknown.SKIP
    lacking = "events that lack one are left out" if left_out else "events that lack one share the bucket `unknown`"
    return f"for each {listed(rule.per, 'and')}; {lacking}"


def _endings(rule: Rule) -> Iterator[tuple[str, str]]:
    ways = list(_ways(rule))
    yield "ends", "; or ".join(ways) or "by a person only"
    expiry = rule.expiry_ms
    after = "never by itself" if expiry is None else f"{span(expiry)} after the last match"
    yield "expires", f"{after}{'' if expiry is None else ', which is not resolved: nobody confirmed a fix'}"


def _ways(rule: Rule) -> Iterator[str]:
    kind = rule.kind
    if rule.resolved_by is not None:
        yield f"with an event that is {selector_words(rule.resolved_by)}, of the same key"
    if isinstance(kind, NotFollowedBy):
        yield f"with an event that is {selector_words(kind.closing)}, of the same key"
    if isinstance(kind, Consecutive):
        yield f"with an event that is {selector_words(kind.unless)}, of the same key"
    if isinstance(kind, AbsentFor):
        yield "with the next match"
    if rule.resolved_after_ms is not None:
        yield f"after {span(rule.resolved_after_ms)} without a match"
    if rule.drains:
        yield "when the condition is false again"


def _first_message(rule: Rule) -> str:
    wait = f"after collecting for {span(rule.group_wait_ms)}" if rule.group_wait_ms else "at once"
    if rule.notify_during is None:
        return f"{wait}, at any time"
    return f"{wait}, in {hours_words(rule.notify_during)}; outside them held, and handed over as one card"


def _repeats(rule: Rule) -> str:
    if rule.repeat_ms is None:
        return "never"
    return f"every {span(rule.repeat_ms)} from firing, while nobody has acknowledged"


def _step(step: Escalation) -> str:
    whom = _targets(step.notify) if step.notify else "its own channels"
    mention = f" and mentions {step.mention}" if step.mention else ""
    return f"{span(step.after_ms)} after firing, unless acknowledged, tells {whom}{mention}"


def _targets(targets: Iterable[Target]) -> str:
    return listed((_target(each) for each in targets), "and") or "nobody"


def _target(target: Target) -> str:
    return f"{target.channel} (otherwise {target.otherwise})" if target.otherwise else target.channel


def _mode(rule: Rule) -> str:
    meaning = {"live": "told", "shadow": "evaluated and counted, not posted", "off": "not evaluated"}
    return f"{rule.mode.value}, {meaning[rule.mode.value]}"


def _counts(rule: Rule) -> bool:
    return isinstance(rule.kind, AtLeast)


def _percent(share: Fraction) -> str:
    return f"{float(share * 100):g}%"
