"""The part of `doctor` that asks Slack. Every call only reads; nothing is posted and no socket is opened."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any, Final

from bot.clock import Clock
from bot.config.model import Config, SlackConfig
from bot.core.ruleset import RuleSet
from bot.service.findings import Finding, doubt, fault, good
from bot.service.wanted import wanted_channels, wanted_scopes
from bot.slack.calls import APP_NEEDS, Reply, SlackCalls
from bot.slack.people import is_address, read_person
from bot.slack.permission import is_group

_CLOCK_DOUBT_MS: Final = 30_000
_CLOCK_FAULT_MS: Final = 240_000  # Slack's signatures, and Extend's, are good for five minutes
_IDS: Final = ("C", "G", "D")
_APP_TOKEN: Final = "xapp-"  # noqa: S105  (how every app-level token begins)
_PAGE: Final = 1_000
_WITHOUT_READING: Final = "a message whose fate is unknown cannot be looked for: slack.on_unknown decides then"


async def examine(config: Config, slack: SlackConfig, rule_set: RuleSet, clock: Clock) -> AsyncIterator[Finding]:
    """Yield what Slack says of the token, scopes, clock, channels, people and buttons."""
    calls = SlackCalls(slack.bot_token, api_url=slack.api_url, timeout_s=slack.timeout_ms / 1_000)
    try:
        reply = await calls.patiently("auth.test")
        yield _token(reply)
        if not reply.ok:
            return
        yield _clock(reply, clock.now_ms())
        for finding in _scopes(reply, config):
            yield finding
        async for finding in _channels(calls, config, rule_set):
            yield finding
        async for finding in _people(calls, config):
            yield finding
        async for finding in _buttons(calls, config, slack):
            yield finding
    finally:
        await calls.close()


def _token(reply: Reply) -> Finding:
    if reply.ok:
        return good("token", f"Slack knows the bot as {reply.body.get('user')} in {reply.body.get('team')}")
    advice = "copy the Bot User OAuth Token (xoxb-…) of the app anew; docs/slack.md shows where it stands"
    if reply.error in {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"}:
        return fault("token", f"Slack refuses slack.bot_token ({reply.error})", advice)
    return fault("token", f"Slack cannot be asked ({reply.error})", "look at the network, the proxy and slack.api_url")


def _clock(reply: Reply, now_ms: int) -> Finding:
    if reply.at is None:
        return doubt("clock", "Slack's answer has no date to compare with", "compare this machine's clock yourself")
    off = abs(now_ms - reply.at)
    said = f"this machine's clock is {off / 1_000:.0f} s off Slack's"
    if off >= _CLOCK_FAULT_MS:
        return fault("clock", said, "set it (NTP): beyond five minutes every signature is refused")
    return doubt("clock", said, "let NTP keep it") if off >= _CLOCK_DOUBT_MS else good("clock", said)


def _scopes(reply: Reply, config: Config) -> Iterator[Finding]:
    if reply.scopes is None:
        yield doubt(
            "scopes", "Slack did not say which scopes the token has", "compare them with docs/slack-manifest.yaml"
        )
        return
    wanted = wanted_scopes(config)
    missing = {scope: why for scope, why in wanted.items() if scope not in reply.scopes}
    for scope, why in sorted(missing.items()):
        yield fault("scopes", f"the scope {scope} is missing: {why}", "add it to the app and install the app again")
    if not missing:
        yield good("scopes", f"all {len(wanted)} scopes that this config needs are there")


async def _channels(calls: SlackCalls, config: Config, rule_set: RuleSet) -> AsyncIterator[Finding]:
    wanted = wanted_channels(config, rule_set)
    if not wanted:
        yield doubt("channels", "no rule names a channel", "docs/rules.md, notify")
    ids = await _ids_of(calls, wanted.values())
    for name, address in sorted(wanted.items()):
        own_id = ids.get(address.removeprefix("#"), address)
        info = await calls.patiently("conversations.info", channel=own_id)
        finding = _channel(name, info)
        yield finding
        if finding.do == "":
            yield _reading(name, await calls.patiently("conversations.history", channel=own_id, limit=1))


async def _ids_of(calls: SlackCalls, addresses: Iterable[str]) -> dict[str, str]:
    """Return the ids of channels that are called by name; the list is read only where there is such a one."""
    names = {one for one in addresses if not (one[:1] in _IDS and one.isupper())}
    found: dict[str, str] = {}
    cursor = "" if names else None
    while cursor is not None:
        more: dict[str, Any] = {"cursor": cursor} if cursor else {}
        kinds = "public_channel,private_channel"
        page = await calls.patiently("conversations.list", limit=_PAGE, types=kinds, exclude_archived=True, **more)
        listed = [one for one in page.body.get("channels", ()) if isinstance(one, dict)]
        found.update({str(one.get("name")): str(one.get("id")) for one in listed})
        cursor = (page.body.get("response_metadata") or {}).get("next_cursor") or None
    return found


def _channel(name: str, info: Reply) -> Finding:
    channel = info.body.get("channel")
    if not info.ok or not isinstance(channel, dict):
        if info.error == "channel_not_found":
            advice = "mend its id in channels:, or invite the bot if it is a private channel: /invite @Tocsin"
            return fault("channels", f"Slack shows no channel {name} to the bot", advice)
        return fault("channels", f"{name} cannot be looked at ({info.error})", "see the scopes above")
    if channel.get("is_archived"):
        return fault("channels", f"{name} is archived", "unarchive it, or name another channel")
    if not channel.get("is_member"):
        return fault("channels", f"the bot is not in {name}", "in that channel: /invite @Tocsin")
    return good("channels", f"{name} is there and the bot is in it")


def _reading(name: str, history: Reply) -> Finding:
    if history.ok:
        return good("reading back", f"messages in {name} can be read back")
    return fault("reading back", f"{name} cannot be read back ({history.error}): {_WITHOUT_READING}", "see the scopes")


async def _people(calls: SlackCalls, config: Config) -> AsyncIterator[Finding]:
    for name, value in sorted(config.people.items()):
        if is_address(value):
            found, why = read_person(await calls.patiently("users.lookupByEmail", email=value))
            advice = "mend the address in people:, or write the user id (U…) instead"
            yield good("people", f"{name} is known to Slack") if found else fault("people", f"{name}: {why}", advice)


async def _buttons(calls: SlackCalls, config: Config, slack: SlackConfig) -> AsyncIterator[Finding]:
    if slack.app_token:
        yield await _socket(calls, slack.app_token)
    elif slack.signing_secret is None:
        said = "cards have no buttons: neither app_token (Socket Mode) nor signing_secret (HTTP) is set"
        yield doubt("buttons", said, "docs/slack.md, Buttons")
    elif config.server.external_url is None:
        said = "clicks come over HTTP, and server.external_url is not set"
        yield fault("buttons", said, "set it, and enter it with /slack/interactivity at the app; or use Socket Mode")
    else:
        address = f"{config.server.external_url.rstrip('/')}/slack/interactivity"
        yield good("buttons", f"clicks come over HTTP; the app's Request URL must be {address}")
    for name in slack.may_act:
        group = config.people.get(name, name)
        if is_group(group):
            members = await calls.patiently("usergroups.users.list", usergroup=group)
            said = f"the members of {name} of may_act cannot be read ({members.error})"
            if not members.ok:
                yield fault("buttons", said, "mend the group's id, and see the scopes above")


async def _socket(calls: SlackCalls, token: str) -> Finding:
    """Ask for a socket's address without connecting: a second socket would take clicks away from the running bot."""
    if not token.startswith(_APP_TOKEN):
        return fault("buttons", "slack.app_token is no app-level token", "it starts with xapp-; docs/slack.md, Buttons")
    (method,) = APP_NEEDS
    reply = await calls.patiently(method, token=token)
    if reply.ok:
        return good("buttons", "Slack gives the bot a socket, so clicks arrive without a public address")
    advice = "make an app-level token with the scope connections:write, and switch Socket Mode on"
    return fault("buttons", f"Slack gives no socket ({reply.error})", advice)
