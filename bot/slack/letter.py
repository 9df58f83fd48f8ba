"""A letter as Slack's blocks, in three forms: with a native chart and table, with a drawn line for the chart, plain.

Charts and tables are new kinds of blocks that a workspace may not take yet; the next form is then sent, and below the
last one the ladder of every message goes on (ladder.py). Foreign text stands in rich_text, in plain_text without emoji
or in raw table cells, where Slack reads no mention, no link and no formatting.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, Final, TypeAlias

from bot.core.letter import Button, Chart, Letter, Line, Lines, Part, Small, Table, Words
from bot.slack import limits
from bot.slack.text import clamped, cleaned, escaped_to_bytes, safe_url

Block: TypeAlias = dict[str, Any]

# Slack's own limits (docs.slack.dev, data visualization block, table block, header block).
CHART_TITLE: Final = 50
CHART_LABELS: Final = 20
CHART_LABEL: Final = 20
TABLE_ROWS: Final = 100
# Ours, below them.
CELL: Final = 120
WORDS: Final = 400
OPEN: Final = "open"
_BARS: Final = "▁▂▃▄▅▆▇█"
_NOTHING: Final = "-"


def letter_body(letter: Letter) -> str:
    """Return a letter as the body of an outbox row: its text, its blocks, and the same in plainer forms."""
    forms = [list(chain.from_iterable(_blocks(part, form) for part in letter.parts)) for form in range(3)]
    plainer = [blocks for number, blocks in enumerate(forms[1:], 1) if blocks not in forms[:number]]
    text = escaped_to_bytes(_cleaned_lines(letter.text), limits.TEXT_BYTES)
    return json.dumps({"text": text, "blocks": forms[0], "plainer": plainer}, ensure_ascii=False)


def letter_lines(letter: Letter) -> list[str]:
    """Return a letter as plain lines, for terminals."""
    return [line for part in letter.parts for line in (*(_plain(one) for one in _lines(part)), "")][:-1]


def _blocks(part: Part, form: int) -> list[Block]:
    """Draw one part: 0 with chart and table, 1 with table only, 2 with neither."""
    match part:
        case Chart() if form == 0 and part.labels and part.series:
            return [_chart(part)]
        case Table() if form <= 1 and part.rows:
            return _table(part)
        case Button():
            return [_button(part)]
        case Small(text):
            said = clamped(cleaned(text), limits.CONTEXT_TEXT) or _NOTHING
            return [{"type": "context", "elements": [_plain_text(said)]}]
        case _:
            return [_rich(_lines(part))]


def _lines(part: Part) -> list[Line]:
    """Return a part as lines: how every reader can have it."""
    match part:
        case Lines(heading, lines):
            return [*_heading(heading), *lines]
        case Table(heading, _, rows, more):
            return [*_heading(heading), *map(_row_line, rows), *([(Words(more),)] if more else [])]
        case Chart():
            return [*_heading(part.heading), *_spark(part), (Words(part.said),)]
        case Button(line, label, url):
            return [(*line, Words(" "), Words(label, url=url)) if safe_url(url) else line]
        case Small(text):
            return [(Words(text),)]


def _heading(heading: str | None) -> list[Line]:
    return [(Words(heading, bold=True),)] if heading else []


def _row_line(row: Sequence[Words]) -> Line:
    """Join a row's cells: the first says what it is about, the others follow it."""
    rest = [cell.text for cell in row[1:] if cell.text]
    return (row[0], Words(f": {', '.join(rest)}" if rest else ""))


def _spark(part: Chart) -> list[Line]:
    """Draw each series as a line of small bars, with its first and last figure for those who cannot see it."""
    most = max((value for series in part.series for value in series.values), default=0) or 1
    lines = list[Line]()
    for series in part.series:
        bars = "".join(_BARS[round(value * (len(_BARS) - 1) / most)] for value in series.values)
        lines.append((Words(f"{bars} {series.name}: {series.values[-1] if series.values else 0}"),))
    return lines


def _chart(part: Chart) -> Block:
    labels = [clamped(cleaned(label), CHART_LABEL) for label in part.labels[-CHART_LABELS:]]
    series = [
        {
            "name": clamped(cleaned(one.name), CHART_LABEL),
            "data": [
                {"label": label, "value": value}
                for label, value in zip(labels, one.values[-CHART_LABELS:], strict=True)
            ],
        }
        for one in part.series
    ]
    chart = {"type": "bar", "series": series, "axis_config": {"categories": labels}}
    return {"type": "data_visualization", "title": clamped(cleaned(part.heading), CHART_TITLE), "chart": chart}


def _table(part: Table) -> list[Block]:
    rows = [[Words(column, bold=True) for column in part.columns], *part.rows[: TABLE_ROWS - 1]]
    settings = [{"is_wrapped": True}, *({"align": "right"} for _ in part.columns[1:])]
    table = {"type": "table", "rows": [[_cell(cell) for cell in row] for row in rows], "column_settings": settings}
    below = [_rich([(Words(part.more),)])] if part.more else []
    return [_rich(_heading(part.heading)), table, *below]


def _cell(words: Words) -> Block:
    text = clamped(cleaned(words.text), CELL) or _NOTHING
    if not words.bold and not safe_url(words.url):
        return {"type": "raw_text", "text": text}
    return {"type": "rich_text", "elements": [_section([(words,)], most=CELL)]}


def _button(part: Button) -> Block:
    url, text = safe_url(part.url), "".join(words.text for words in part.line)
    block: Block = {"type": "section", "text": _plain_text(clamped(cleaned(text), limits.SECTION_TEXT) or _NOTHING)}
    if url is None:
        return block
    button = {"type": "button", "action_id": OPEN, "text": _plain_text(part.label), "url": url}
    return block | {"accessory": button}


def _rich(lines: Iterable[Line]) -> Block:
    return {"type": "rich_text", "elements": [_section(lines)]}


def _section(lines: Iterable[Line], most: int = WORDS) -> Block:
    """One section with line ends in it: how far apart sections stand is left to each client."""
    elements = list[Block]()
    for line in lines:
        if elements:
            elements.append({"type": "text", "text": "\n"})
        elements += [element for words in line if (element := _element(words, most))]
    return {"type": "rich_text_section", "elements": elements or [{"type": "text", "text": _NOTHING}]}


def _element(words: Words, most: int) -> Block | None:
    text, url = clamped(_kept_spaces(words.text), most), safe_url(words.url)
    if not text:
        return None
    element: Block = {"type": "text", "text": text} if url is None else {"type": "link", "url": url, "text": text}
    return element | ({"style": {"bold": True}} if words.bold else {})


def _cleaned_lines(text: str) -> str:
    return "\n".join(map(cleaned, text.split("\n")))


def _kept_spaces(text: str) -> str:
    """Clean a text, but keep one space at either end: pieces of a line stand beside each other."""
    clean = cleaned(text)
    before = " " if text[:1] == " " else ""
    after = " " if text[-1:] == " " and clean else ""
    return f"{before}{clean}{after}"


def _plain(line: Line) -> str:
    return "".join(_kept_spaces(words.text) for words in line).strip()


def _plain_text(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}
