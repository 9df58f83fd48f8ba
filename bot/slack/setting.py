"""What a message is drawn with beside its subject: what never changes while the bot runs, and what is so now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec

from bot.config.model import Config
from bot.core.decisions import Reason

# The platforms' own pages: a link there needs no warning. Source: `dashboardUrl` of Extend's published examples.
PLATFORM_HOSTS: Final = frozenset({"extend.ai", "extend.app"})


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """The same for every message. `interactive`: something answers clicks, so that buttons may be drawn.

    `people` gives a Slack user id or group id for a name of `people:`; a name that has none is written and not
    pinged. A link to a host that is not one of `own_hosts`, nor below one, shows its host.
    """

    zone: ZoneInfo
    interactive: bool = False
    people: Mapping[str, str] = msgspec.field(default_factory=dict)
    own_hosts: frozenset[str] = PLATFORM_HOSTS


class Occasion(msgspec.Struct, frozen=True, kw_only=True):
    """Why a message is drawn now. `delivery_id` is that of the post (also on its edits) or of the reply.

    `now_ms` decides only how times and ages are written. `channel` is where it goes; `brief` asks for a short message
    of its own, for channels whose messages cannot be changed. `number` and `mention` are those of the notification.
    """

    delivery_id: str
    now_ms: int
    reason: Reason = Reason.FIRST
    channel: str = ""
    number: int = 0
    mention: str | None = None
    brief: bool = False


def setting_of(config: Config, people: Mapping[str, str] | None = None) -> Setting:
    """Return the setting of a config. `people` are its people with e-mail addresses already looked up."""
    slack = config.slack
    listens = slack is not None and bool(slack.bot_token and (slack.app_token or slack.signing_secret))
    links = [source.link for source in config.sources.values()]
    hosts = {_host(address) for address in (*links, config.server.external_url) if address}
    return Setting(
        zone=config.timezone,
        interactive=listens and not config.preview,
        people=config.people if people is None else people,
        own_hosts=PLATFORM_HOSTS | {host for host in hosts if host},
    )


def _host(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None
