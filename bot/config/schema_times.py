"""The keys of config.yaml that say when, how long and how many."""

from __future__ import annotations

from typing import Final

from bot.config.sections import Key, Section
from bot.config.shapes import DURATION, SIZE, ListOf, Whole
from bot.config.texts import CHANNEL, DATE, DAYS, SECRET, START, TIME, ZONE

HOURS: Final = Section(
    "named hours",
    (
        Key("days", DAYS, "Days and ranges of days.", required=True, example="days: [mon-thu, sat]"),
        Key("from", START, "When they begin.", required=True, example='from: "08:00"'),
        Key(
            "to",
            TIME,
            "When they end, that minute excluded; an earlier time is the next day's.",
            required=True,
            example='to: "18:00"',
        ),
        Key(
            "holidays",
            ListOf(DATE, empty=True),
            "Dates on which they do not begin.",
            example="holidays: [2026-12-25]",
        ),
        Key(
            "timezone",
            ZONE,
            "Their own time zone.",
            default="the config's",
            example="timezone: Europe/Madrid",
        ),
    ),
)

DIGEST: Final = Section(
    "a digest",
    (
        Key("at", START, "The local time at which it is due.", required=True, example='at: "08:30"'),
        Key(
            "days",
            DAYS,
            "The days on which it is due.",
            default="every day",
            example="days: mon-fri",
        ),
        Key(
            "notify",
            CHANNEL,
            "The channel it is posted in.",
            required=True,
            example="notify: doc-alerts",
        ),
        Key(
            "cover",
            DURATION,
            "The time it looks back.",
            default="since the last one, at most 24h for the first",
            example="cover: 24h",
        ),
    ),
)

STORM: Final = Section(
    "`storm`",
    (
        Key(
            "messages",
            Whole(1, 10_000),
            "This many first messages of a channel are posted one by one.",
            default="20",
            example="messages: 20",
        ),
        Key(
            "within",
            DURATION,
            "The time in which they are counted.",
            default="5m",
            example="within: 5m",
        ),
    ),
)

API: Final = Section(
    "`api`",
    (
        Key(
            "tokens",
            ListOf(SECRET),
            "Tokens that may read the JSON API.",
            required=True,
            example="tokens: [env:TOCSIN_API_TOKEN]",
        ),
    ),
)

KEEP: Final = Section(
    "`keep`",
    (
        Key(
            "bodies",
            DURATION,
            "How long received bodies are kept.",
            default="7d",
            example="bodies: 7d",
        ),
        Key(
            "keys",
            DURATION,
            "How long a delivery sent again is recognised.",
            default="90d",
            example="keys: 90d",
        ),
        Key(
            "audit",
            DURATION,
            "How long the record of alerts and actions is kept.",
            default="400d",
            example="audit: 400d",
        ),
        Key(
            "max_size",
            SIZE,
            "Above this size of the store the oldest bodies go first.",
            default="5GB",
            example="max_size: 5GB",
        ),
    ),
)
