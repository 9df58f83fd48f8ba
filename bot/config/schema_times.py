"""The keys of config.yaml that say when, how long and how many."""

from __future__ import annotations

from typing import Final

from bot.config.digest import ALL_QUIET, COVERS, SECTIONS, WHEN_EMPTY
from bot.config.sections import Key, Section
from bot.config.shapes import DURATION, NAME, SIZE, Choice, DurationOr, ListOf, Whole
from bot.config.texts import CHANNEL, DATE, DAY, DAY_OF_MONTH, DAYS, DUE, SECRET, START, TIME, ZONE, RawSection

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
        Key("at", DUE, "The local time at which it is due.", required=True, example='at: "08:30"'),
        Key(
            "days",
            DAYS,
            "The days on which it is due.",
            default="every day",
            example="days: mon-fri",
        ),
        Key("weekly", DAY, "The one day of the week on which it is due, instead of `days`.", example="weekly: mon"),
        Key(
            "monthly",
            DAY_OF_MONTH,
            "The day of the month on which it is due, instead of `days`; a shorter month has it on its last day.",
            example="monthly: last",
        ),
        Key("timezone", ZONE, "Its own time zone.", default="the config's", example="timezone: Europe/Madrid"),
        Key(
            "notify",
            ListOf(CHANNEL),
            "The channels it is posted in.",
            required=True,
            example="notify: doc-alerts",
        ),
        Key(
            "cover",
            DurationOr({word: word for word in COVERS}),
            "The time it looks back: `since_last`, `day`, `week` or a duration.",
            default="since the last one, at most 24h for the first",
            example="cover: week",
        ),
        Key(
            "where",
            RawSection(),
            "Conditions on the events that it tells of, as in a rule.",
            default="all events",
            example="where: {company: {is_not: Test}}",
        ),
        Key(
            "sections",
            ListOf(Choice("section of a digest", SECTIONS)),
            "What it tells beside its headline, in this order.",
            default="all of them",
            example="sections: [chart, companies, reviews, ledger]",
        ),
        Key(
            "when_empty",
            Choice("way to be empty", WHEN_EMPTY),
            "What a day without news is: one line that all is quiet, or nothing.",
            default=ALL_QUIET,
            example="when_empty: silent",
        ),
        Key(
            "during",
            NAME,
            "The named hours in which reviews grow older.",
            default="the only hours there are, else always",
            example="during: office",
        ),
        Key(
            "mention",
            NAME,
            "A name of `people` who is called when there is something to tell.",
            example="mention: doc-oncall",
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
