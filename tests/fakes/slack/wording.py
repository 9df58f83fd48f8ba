"""Slack's numbers and its exact words for what it refuses, in one table.

Written from Slack's documentation and from answers seen in the wild, apart from the bot's own table, so that a wrong
number in one is caught by the other. Wordings that nobody has published are marked as assumed.
"""

from __future__ import annotations

BLOCKS = 50
BLOCK_ID = 255
ACTION_ID = 255
SECTION_TEXT = 3_000
SECTION_FIELDS = 10
SECTION_FIELD = 2_000
HEADER = 150
CONTEXT_ELEMENTS = 10
ACTIONS_ELEMENTS = 25
BUTTON_TEXT = 75
BUTTON_VALUE = 2_000
URL = 3_000
CONFIRM = {"title": 100, "text": 300, "confirm": 30, "deny": 30}
OPTION_TEXT = 75
OPTION_VALUE = 150
OVERFLOW_OPTIONS = 5
SELECT_OPTIONS = 100
ALT_TEXT = 2_000
IMAGE_TITLE = 2_000
MARKDOWN_TOTAL = 12_000
TABLE_ROWS = 100
TABLE_COLUMNS = 20
TABLE_TOTAL = 10_000
CONTEXT_TEXT = 3_000
LIST_INDENT = 8
TEXT_KEPT = 40_000
UPDATE_TEXT_BYTES = 4_000
VISIBLE_STRICT = 9_500
VISIBLE_LENIENT = 13_200
ATTACHMENTS = 100
METADATA_BYTES = 8_000  # assumed
METADATA_DEPTH = 5


def too_many(most: int) -> str:
    return f"no more than {most} items allowed"


def too_few(least: int) -> str:
    return f"must have at least {least} items"  # assumed


def too_long(most: int) -> str:
    return f"must be less than {most + 1} characters"


def missing(name: str) -> str:
    return f"missing required field: {name}"


def unsupported(kind: object) -> str:
    return f"unsupported type: {kind}"


def additional(name: str) -> str:
    return f"invalid additional property: {name}"  # assumed


EMPTY = "must be more than 0 characters"
NO_SCHEMA = "failed to match all allowed schemas"
TEXT_OR_FIELDS = "must define either `text` or `fields`"
BAD_URL = "invalid url"  # assumed
BAD_VALUE = "invalid value"  # assumed
NOT_UNIQUE = "must be unique"  # assumed
BAD_FILE = "invalid slack file"
