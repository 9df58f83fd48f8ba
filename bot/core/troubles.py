"""The bot's own troubles are events of its own, decided by rules of its own, told in the admin channel.

They go the same way as everything else: journaled, deduplicated into one living message, never lost.
"""

from __future__ import annotations

from typing import Final

import msgspec

from bot.core.identity import event_id
from bot.core.inputs import Event, Value
from bot.core.rule import MS_PER_DAY, Rule, Severity, Target
from bot.core.ruleset import RuleSet
from bot.core.selector import OWN_SOURCE, Selector

RULE_SET_ASIDE: Final = "tocsin.rule.set_aside"
EVENT_SET_ASIDE: Final = "tocsin.event.set_aside"
EVENT_UNREADABLE: Final = "tocsin.event.unreadable"
PAYLOAD_UNAVAILABLE: Final = "tocsin.payload.unavailable"
DELIVERY_PARKED: Final = "tocsin.delivery.parked"
DELIVERY_DOUBTFUL: Final = "tocsin.delivery.doubtful"
DELIVERY_DEAD: Final = "tocsin.delivery.dead"
RULE_OVERFLOWS: Final = "tocsin.rule.overflows"
RULES_REFUSED: Final = "tocsin.rules.refused"
RULES_RULE: Final = "tocsin-rules-refused"
RULES_LOADED: Final = "tocsin.rules.loaded"  # ends what RULES_REFUSED began

# (type, name, title, what it means and what to do, the field that makes two of them one message)
_RULES: Final = (
    (
        RULE_SET_ASIDE,
        "tocsin-rule-set-aside",
        "Rule {subject} raised and is set aside",
        "It is not evaluated until the rules are loaded again. The other rules go on. Report it with the log.",
    ),
    (
        RULE_OVERFLOWS,
        "tocsin-rule-overflows",
        "Rule {subject} counts for more keys than it may",
        "New keys share one bucket named `overflow` until others are forgotten. Choose a `per` with fewer values.",
    ),
    (
        EVENT_SET_ASIDE,
        "tocsin-event-set-aside",
        "An event of {subject} could not be decided and is set aside",
        "It stopped the bot or raised each time it was tried. It is kept in the store.",
    ),
    (
        EVENT_UNREADABLE,
        "tocsin-event-unreadable",
        "{subject} sent something authentic that cannot be read",
        "The body is kept in quarantine and no rule saw it.",
    ),
    (
        PAYLOAD_UNAVAILABLE,
        "tocsin-payload-unavailable",
        "A payload that {subject} sent by reference could not be had",
        "Rules decided on what the envelope carries. Check fetch_from in the config, and the platform.",
    ),
    (
        DELIVERY_PARKED,
        "tocsin-delivery-parked",
        "Slack refuses channel {subject}",
        "New messages for it come here, changes wait. It is tried again every ten minutes; nothing is dropped.",
    ),
    (
        DELIVERY_DOUBTFUL,
        "tocsin-delivery-doubtful",
        "Nobody can say whether a message to {subject} was posted",
        "The channel cannot be read back, and `on_unknown` says park. Look into the channel, and see `tocsin alerts`.",
    ),
    (
        DELIVERY_DEAD,
        "tocsin-delivery-dead",
        "A message to {subject} is given up",
        "Slack refused every form of it, or it was deleted and cannot be changed. See `tocsin alerts`.",
    ),
    (
        RULES_REFUSED,
        RULES_RULE,
        "{subject}",
        "`tocsin check` says the same and names every line. A mended file is loaded by itself, and then this is over.",
    ),
)
_ENDED_BY: Final = {RULES_REFUSED: RULES_LOADED}


def trouble(event_type: str, subject: str, provider_id: str, *, at: int = 0, **fields: Value) -> Event:
    """Return an event of the bot's own. `subject` is what it is about; one message per subject and type."""
    values: dict[str, Value] = {"source": OWN_SOURCE, "environment": "", "run": subject, **fields}
    mark = event_id(OWN_SOURCE, event_type, provider_id)
    return Event(event_id=mark, source=OWN_SOURCE, type=event_type, at=at, fields=values)


def rule_set_aside(rule: str, error: str, event: Event) -> Event:
    """Return the news that a rule raised; named by the kind of error only, which holds no text of a document."""
    return trouble(RULE_SET_ASIDE, rule, f"{rule}:{event.event_id}", at=event.at, cause=error)


def rule_overflows(rule: str, event: Event) -> Event:
    """Return the news that a rule has state for as many keys as it may have; counted once per event."""
    return trouble(RULE_OVERFLOWS, rule, f"{rule}:{event.event_id}", at=event.at)


def with_own_rules(rule_set: RuleSet, admin_channel: str | None) -> RuleSet:
    """Return the rule set with the bot's own rules. Without an admin channel they are recorded, not told."""
    notify = (Target(admin_channel),) if admin_channel else ()
    own = {
        name: Rule(
            name=name,
            title=title,
            description=description,
            when=Selector(types=frozenset({event_type})),
            severity=Severity.ERROR,
            notify=notify,
            expires_after_ms=None if event_type in _ENDED_BY else MS_PER_DAY,
            resolved_by=Selector(types=frozenset({_ENDED_BY[event_type]})) if event_type in _ENDED_BY else None,
            show=("cause", "last_error"),
        )
        for event_type, name, title, description in _RULES
    }
    return RuleSet(
        rules={**rule_set.rules, **own},
        version=rule_set.version,
        channels=rule_set.channels,
        storm=rule_set.storm,
        admin_channel=admin_channel,
    )


def at_time(event: Event, at: int) -> Event:
    """Return the event stamped with when it entered the journal."""
    return msgspec.structs.replace(event, at=at)
