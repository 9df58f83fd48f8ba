"""What a config and its rules want of Slack: scopes and channels."""

from __future__ import annotations

from typing import Final

from bot.config.model import Config
from bot.core.rule import Mode
from bot.core.ruleset import RuleSet
from bot.slack.calls import NEEDS
from bot.slack.people import is_address
from bot.slack.permission import is_group

_ONLY_FOR_ADDRESSES: Final = "users.lookupByEmail"
_ONLY_FOR_GROUPS: Final = "usergroups.users.list"


def wanted_scopes(config: Config) -> dict[str, str]:
    """Return the scopes that this config needs, each with what for."""
    unused = set[str]()
    if not any(is_address(value) for value in config.people.values()):
        unused.add(_ONLY_FOR_ADDRESSES)
    may_act = config.slack.may_act if config.slack else ()
    if not any(is_group(config.people.get(name, name)) for name in may_act):
        unused.add(_ONLY_FOR_GROUPS)
    wanted: dict[str, str] = {}
    for method, need in NEEDS.items():
        for scope in () if method in unused else need.scopes:
            wanted.setdefault(scope, need.use)
    return wanted


def wanted_channels(config: Config, rule_set: RuleSet) -> dict[str, str]:
    """Return the channels that something is told in, by name, with what Slack is given for each."""
    rules = [rule for rule in rule_set.rules.values() if rule.mode is Mode.LIVE]
    targets = [
        target for rule in rules for target in (*rule.notify, *(each for step in rule.then for each in step.notify))
    ]
    named = {target.channel for target in targets if not target.is_template}
    named |= {target.otherwise for target in targets if target.otherwise}
    named |= {*config.channels, *(channel for digest in config.digests.values() for channel in digest.notify)}
    if config.slack is not None and config.slack.admin_channel:
        named.add(config.slack.admin_channel)
    return {name: config.channels.get(name, name) for name in named}
