"""Slack's limits, in one table, and what we allow ourselves below them.

Lengths are Unicode code points of the string as sent (an entity counts as written) unless a name says bytes.
Source of Slack's numbers: docs.slack.dev block and method references, models of slack-sdk 3.47 and the limit table
of slackblocks 3.0; figures that nobody documents are marked as observed.
"""

from __future__ import annotations

from typing import Final

# Slack's own limits.
SECTION_TEXT: Final = 3_000
BUTTON_URL: Final = 3_000
TEXT_BYTES_WHERE_EDITS_FAIL: Final = 4_000  # chat.update refuses a longer `text`; observed in UTF-8 bytes
MESSAGE_CHARACTERS: Final = 8_000  # observed: msg_blocks_too_long begins somewhere between 9,600 and 13,300

# What a card allows each part, so that the sum stays far below MESSAGE_CHARACTERS and a phone shows the point first.
TEXT_BYTES: Final = 3_500
TITLE: Final = 250
DESCRIPTION: Final = 600
FIELDS: Final = 4
FIELD_LABEL: Final = 60
FIELD_VALUE: Final = 300
NOTE: Final = 600
PERSON: Final = 80
CONTEXT_PART: Final = 150
CONTEXT_TEXT: Final = 900
ENDING: Final = 200
TOP_VALUE: Final = 80

# Lists of alerts. Addresses count too, as they are part of what Slack stores.
HOST: Final = 100
LINE_TITLE: Final = 140
LIST_COST: Final = 7_000
LINE_COST: Final = 60  # what a line costs beside its words
MATCHER: Final = 200
TALLY_VALUES: Final = 5
