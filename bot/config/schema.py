"""Every key of config.yaml in one table: how it looks, what it means, what holds without it.

The loader, docs/config.md and the JSON Schema are made from (or tested against) these rows.
"""

from __future__ import annotations

from typing import Final

from bot.config.schema_origins import SERVER, SLACK, SOURCE
from bot.config.schema_times import API, DIGEST, HOURS, KEEP, STORM
from bot.config.sections import Key, Section
from bot.config.shapes import TEXT, ListOf, MapOf
from bot.config.texts import CHANNEL, PERSON, STORE, ZONE, RawSection, channel_complaint, source_name_complaint

CONFIG: Final = Section(
    "the config",
    (
        Key(
            "sources",
            MapOf("sources", SOURCE, source_name_complaint),
            "Where events come from; the name is part of the address.",
            required=True,
            example="sources: {extend: {kind: extend, secrets: [env:EXTEND_SIGNING_SECRET]}}",
        ),
        Key(
            "rules",
            ListOf(TEXT),
            "Files and folders with rules.",
            required=True,
            example="rules: [rules/]",
        ),
        Key("server", SERVER, "Where the bot listens.", example="server: {port: 8080}"),
        Key(
            "store",
            STORE,
            "The file that holds everything the bot must not forget.",
            default="sqlite:///var/tocsin.db",
            example="store: sqlite:///var/tocsin.db",
        ),
        Key(
            "timezone",
            ZONE,
            "The time zone of cards, hours and digests.",
            default="UTC",
            example="timezone: America/Santo_Domingo",
        ),
        Key(
            "slack",
            SLACK,
            "How messages reach Slack; without it they are drawn in the terminal.",
            example="slack: {bot_token: env:SLACK_BOT_TOKEN}",
        ),
        Key(
            "channels",
            MapOf("channel names and ids", CHANNEL, channel_complaint),
            "Names for channel ids. When present it is complete: rules may name no other channel.",
            default="any name or id",
            example="channels: {doc-alerts: C0123456789}",
        ),
        Key(
            "people",
            MapOf(
                "people",
                PERSON,
            ),
            "Names for user ids, group ids or e-mail addresses.",
            example="people: {doc-oncall: S0123ABCD}",
        ),
        Key(
            "hours",
            MapOf("named hours", HOURS),
            "Recurring times that rules may name; an `office` of one's own replaces the usual one.",
            default="office: mon-fri, 08:00 to 18:00",
            example='hours: {office: {days: mon-fri, from: "08:00", to: "18:00"}}',
        ),
        Key(
            "digests",
            MapOf("digests", DIGEST),
            "Scheduled summaries.",
            example='digests: {daily-failures: {at: "08:30", notify: doc-alerts}}',
        ),
        Key(
            "storm",
            STORM,
            "When so many alerts fire that one summary serves better.",
            example="storm: {messages: 20, within: 5m}",
        ),
        Key("api", API, "Who may read the JSON API.", example="api: {tokens: [env:API_TOKEN]}"),
        Key("keep", KEEP, "How long things are kept.", example="keep: {bodies: 7d}"),
        Key(
            "defaults",
            RawSection(),
            "Defaults for the rules of every file; a file's own defaults win.",
            example="defaults: {notify: doc-alerts}",
        ),
    ),
)
