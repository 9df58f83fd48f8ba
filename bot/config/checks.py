"""What only the whole config shows to be wrong, and what is still a placeholder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from bot.config.hours import hours_names
from bot.config.model import Config, SourceKind
from bot.config.nodes import Entries, Items, Node
from bot.config.notes import Notes
from bot.config.sections import Values
from bot.config.words import nearest, one_of

_SAFE_SETTLE_MS: Final = 60_000
_ANYBODY: Final = "any"
_SLACK_ID: Final = re.compile(r"[UWS][A-Z0-9]{7,}")
# Values that the documentation uses: whoever copied them has still to put in their own.
_PLACEHOLDERS: Final = frozenset({"C0123456789", "S0123ABCD"})
_EXAMPLE_HOST: Final = "example.com"
_DAY_FORMS: Final = ("days", "weekly", "monthly")


def check_config(config: Config, values: Values, notes: Notes) -> None:
    """Note every problem that a single key cannot show."""
    _check_sources(values, notes)
    _check_store(config, values, notes)
    _check_slack(config, values, notes)
    _check_hours(values, notes)
    _check_channels(config, values, notes)
    _note_placeholders(config, values, notes)


def channel_problem(name: str, config: Config) -> tuple[str, str]:
    """Return (message, hint) when a channel cannot be told; two empty texts when it can.

    With `channels:` that map is complete; with webhooks each channel needs one of its own.
    """
    for known, where in ((config.channels, "`channels:`"), (_webhooks(config), "`slack.webhooks:`")):
        if known and name not in known:
            by_id = next((alias for alias, channel in known.items() if channel == name), "")
            hint = by_id or nearest(name, known)
            return f"no channel `{name}` in {where}; there are {one_of(known)}", hint
    return "", ""


def _webhooks(config: Config) -> Mapping[str, str]:
    return config.slack.webhooks if config.slack else {}


def _check_sources(values: Values, notes: Notes) -> None:
    sources: Mapping[str, Values] = values.get("sources", {})
    written = values.nodes.get("sources")
    if isinstance(written, Entries) and not written.pairs:
        notes.error(written, "at least one source is needed")
    for name, source in sources.items():
        _check_proof(name, source, notes)
        _check_more_types(source, notes)


def _check_store(config: Config, values: Values, notes: Notes) -> None:
    """Note a store that no file can be: a folder, or a place below a file."""
    path = config.store_path
    try:
        blocked = path if path.is_dir() else next((each for each in path.parents if each.is_file()), None)
    except (OSError, ValueError):
        notes.error(values.at("store"), "no file can have this name")
        return
    if blocked == path:
        notes.error(values.at("store"), "this is a folder: the store is a file in it, such as sqlite:///var/tocsin.db")
    elif blocked is not None:
        notes.error(values.at("store"), f"{blocked} is a file, so there can be no store below it")


def _check_proof(name: str, source: Values, notes: Notes) -> None:
    """Every source must be able to tell a real delivery from a forged one."""
    kind = source.get("kind")
    needed = {SourceKind.EXTEND: "secrets", SourceKind.ALFRED: "token"}.get(kind, "")
    if needed and needed not in source:
        message = f"source `{name}` of kind {kind} lacks `{needed}`: nothing it sends could be verified"
        notes.error(source.node, message, word=needed)
    if kind == SourceKind.ALFRED and "secrets" in source:
        notes.error(source.at("secrets"), "Alfred signs nothing: it needs a `token`", word="secrets", hint="token")


def _check_more_types(source: Values, notes: Notes) -> None:
    kind, node = source.get("kind"), source.at("more_types")
    for name, item in zip(source.get("more_types", ()), _items(node), strict=False):
        if kind and not name.startswith(f"{kind}."):
            notes.error(item, f"a type of this source starts with `{kind}.`", hint=f"{kind}.{name.split('.', 1)[1]}")


def _items(node: Node) -> tuple[Node, ...]:
    return node.items if isinstance(node, Items) else (node,)


def _check_slack(config: Config, values: Values, notes: Notes) -> None:
    slack: Values | None = values.get("slack")
    if slack is None or config.slack is None:
        return
    if "bot_token" in slack and "webhooks" in slack:
        notes.error(slack.at("webhooks"), "either `bot_token` or `webhooks`, not both", word="webhooks")
    if config.slack.settle_ms < _SAFE_SETTLE_MS:
        message = "under 60s a post may be sent again before Slack shows it, and stand there twice"
        notes.warning(slack.at("settle"), message)
    for item, name in zip(_items(slack.at("may_act")), slack.get("may_act", ()), strict=False):
        if name not in {_ANYBODY, *config.people} and not _SLACK_ID.fullmatch(name):
            known = [_ANYBODY, *config.people]
            message = f"`may_act` names `any`, ids of users and groups, or people; there are {one_of(known)}"
            notes.error(item, message, hint=nearest(name, known))
    message, _ = channel_problem(config.slack.admin_channel, config) if config.slack.admin_channel else ("", "")
    if message:
        notes.warning(slack.at("admin_channel"), f"{message}: the bot's own troubles may reach nobody")


def _check_hours(values: Values, notes: Notes) -> None:
    hours: Mapping[str, Values] = values.get("hours", {})
    for name, span in hours.items():
        if span.get("from") is not None and span.get("from") == span.get("to"):
            message = f'hours `{name}` begin and end at the same time; a whole day is from "00:00" to "24:00"'
            notes.error(span.at("to"), message)


def _check_channels(config: Config, values: Values, notes: Notes) -> None:
    digests: Mapping[str, Values] = values.get("digests", {})
    for digest in digests.values():
        for name, item in zip(digest.get("notify", ()), _items(digest.at("notify")), strict=False):
            _check_channel(name, item, config, notes)
        _check_digest(digest, config, notes)


def _check_digest(digest: Values, config: Config, notes: Notes) -> None:
    forms = [name for name in _DAY_FORMS if name in digest]
    for name in forms[1:]:
        notes.error(digest.at(name), f"either `{forms[0]}` or `{name}`, not both", word=name)
    for key, known in (("during", hours_names(config)), ("mention", tuple(config.people))):
        name = digest.get(key)
        if name is not None and name not in known:
            section = "hours" if key == "during" else "people"
            there = f"; there are {one_of(known)}" if known else ", which is not set"
            notes.error(digest.at(key), f"`{name}` is no name of `{section}:`{there}", hint=nearest(name, known))


def _check_channel(name: str | None, node: Node, config: Config, notes: Notes) -> None:
    message, hint = channel_problem(name, config) if name else ("", "")
    if message:
        notes.error(node, message, hint=hint)


def _note_placeholders(config: Config, values: Values, notes: Notes) -> None:
    slack: Values | None = values.get("slack")
    if slack is None or not ("bot_token" in slack or "webhooks" in slack):
        notes.at(0, 0, "messages are previewed, not posted: `slack:` has no bot_token and no webhooks", level="warning")
    if "channels" not in values:
        notes.at(0, 0, "`channels:` is not set: rules may name any channel, also a misspelt one", level="warning")
    for section, named in (("channels", config.channels), ("people", config.people)):
        for name, value in named.items():
            if value in _PLACEHOLDERS or value.endswith(f"@{_EXAMPLE_HOST}"):
                notes.warning(values.at(section), f"{section}.{name} is still the placeholder {value}", word=value)
    address = config.server.external_url or ""
    if _EXAMPLE_HOST in address:
        notes.warning(values.at("server"), f"external_url is still the placeholder {address}", word=address)
