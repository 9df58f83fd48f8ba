"""The keys of config.yaml that say where events come from and where messages go."""

from __future__ import annotations

from typing import Final

from bot.config.model import OnUnknown, SourceKind
from bot.config.sections import Key, Section
from bot.config.shapes import DURATION, NAME, SIZE, Choice, ListOf, MapOf, OneShape, Whole
from bot.config.texts import (
    ADDRESS,
    BASE_ADDRESS,
    CHANNEL,
    HOST,
    LINK,
    LISTEN,
    PATH,
    SECRET,
    TYPE,
    channel_complaint,
)
from bot.core.rule import Severity

SERVER: Final = Section(
    "`server`",
    (
        Key("host", LISTEN, "The address to listen on.", default="127.0.0.1", example="host: 0.0.0.0"),
        Key("port", Whole(0, 65_535), "The port to listen on.", default="8080", example="port: 8080"),
        Key(
            "external_url",
            ADDRESS,
            "The address under which the platforms and people reach the bot.",
            example="external_url: https://alerts.example.com",
        ),
        Key(
            "max_body",
            SIZE,
            "A larger delivery is refused with 413.",
            default="32MiB",
            example="max_body: 64MiB",
        ),
    ),
)

SOURCE: Final = Section(
    "a source",
    (
        Key(
            "kind",
            Choice("kind of source", SourceKind),
            "Which platform sends.",
            required=True,
            example="kind: extend",
        ),
        Key(
            "secrets",
            ListOf(SECRET),
            "Extend's signing secrets; several while one is being replaced.",
            example="secrets: [env:EXTEND_SIGNING_SECRET]",
        ),
        Key(
            "token",
            SECRET,
            "The secret last part of the address at which Alfred posts.",
            example="token: env:ALFRED_HOOK_TOKEN",
        ),
        Key(
            "company",
            ListOf(PATH),
            "Where in the payload the company stands; the first one present wins.",
            default="what the platform itself says",
            example="company: [metadata.company, metadata.tenant]",
        ),
        Key(
            "link",
            LINK,
            "The page to open for an event that brings no address of its own.",
            example='link: "https://alfred.example.com/jobs/{job}"',
        ),
        Key(
            "drop",
            ListOf(NAME, empty=True),
            "Names of values that are never stored, wherever they stand in the payload.",
            default="[content, value] for alfred, else none",
            example="drop: [content, value]",
        ),
        Key(
            "environment",
            NAME,
            "What rules and cards call the environment that sends here.",
            default="prod",
            example="environment: test",
        ),
        Key(
            "more_types",
            ListOf(TYPE, empty=True),
            "Types that the platform added later, so that rules may name them.",
            example="more_types: [extend.verify_run.failed]",
        ),
        Key(
            "fetch_from",
            ListOf(HOST, empty=True),
            "The only hosts from which a payload sent by reference is fetched.",
            example="fetch_from: [files.example.com]",
        ),
    ),
)

_WAY: Final = Choice("way to treat an unknown post", OnUnknown)
_BY_SEVERITY: Final = Section(
    "`on_unknown`",
    (
        *(Key(severity, _WAY, f"For {severity} alerts.", default="as `otherwise`") for severity in Severity),
        Key("otherwise", _WAY, "For all others.", default="repeat_marked", example="otherwise: park"),
    ),
)

SLACK: Final = Section(
    "`slack`",
    (
        Key(
            "bot_token",
            SECRET,
            "The bot user's token. With neither this nor webhooks, messages are previewed.",
            example="bot_token: env:SLACK_BOT_TOKEN",
        ),
        Key(
            "webhooks",
            MapOf("channel names and the secret with each one's address", SECRET, channel_complaint),
            "Incoming webhooks instead of a bot token: one address a channel.",
            example="webhooks: {doc-alerts: env:SLACK_WEBHOOK}",
        ),
        Key(
            "app_token",
            SECRET,
            "Socket Mode: buttons without a public address.",
            example="app_token: env:SLACK_APP_TOKEN",
        ),
        Key(
            "signing_secret",
            SECRET,
            "Buttons over HTTP.",
            example="signing_secret: env:SLACK_SIGNING_SECRET",
        ),
        Key(
            "api_url",
            BASE_ADDRESS,
            "Another base, for GovSlack.",
            default="https://slack.com/api/",
            example="api_url: https://slack-gov.com/api/",
        ),
        Key(
            "admin_channel",
            CHANNEL,
            "Where the bot tells its own troubles.",
            example="admin_channel: doc-ops",
        ),
        Key(
            "may_act",
            ListOf(NAME),
            "Who may acknowledge, silence and resolve: any, ids of users or groups, or names of people.",
            default="[any]",
            example="may_act: [doc-oncall]",
        ),
        Key(
            "timeout",
            DURATION,
            "How long one whole call to Slack may take.",
            default="10s",
            example="timeout: 10s",
        ),
        Key(
            "settle",
            DURATION,
            "How long a post whose fate is unknown is looked for before it is sent again.",
            default="90s",
            example="settle: 90s",
        ),
        Key(
            "on_unknown",
            OneShape(_WAY, _BY_SEVERITY),
            "What becomes of an unknown post where the channel cannot be read back: `repeat_marked` or `park`, "
            "or a map of these by severity, with `otherwise`.",
            default="repeat_marked",
            example="on_unknown: park",
        ),
    ),
)
