"""A message that says what it has to say once and is never changed: words and figures, without any layout.

Who says it (a digest) knows no Slack, and who draws it (bot/slack/letter.py) does not know what it is about. All texts
are plain, may hold foreign words, and are cleaned, escaped and cut where they are drawn.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec


class Words(msgspec.Struct, frozen=True):
    """A piece of a line. `url` is foreign: where it is no web address the text stands alone."""

    text: str
    bold: bool = False
    url: str | None = None


Line: TypeAlias = tuple[Words, ...]


class Lines(msgspec.Struct, frozen=True, tag="lines"):
    """A heading (None: no heading) and lines below it."""

    heading: str | None
    lines: tuple[Line, ...]


class Table(msgspec.Struct, frozen=True, tag="table"):
    """A heading and rows of as many cells as there are columns. `more` says what was left out, after the rows."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Words, ...], ...]
    more: str | None = None


class Series(msgspec.Struct, frozen=True):
    """One row of figures of a chart, one for each label."""

    name: str
    values: tuple[int, ...]


class Chart(msgspec.Struct, frozen=True, tag="chart"):
    """A bar for each label (at most 20), stacked from the series. `said` is what it shows, in a sentence."""

    heading: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    said: str


class Button(msgspec.Struct, frozen=True, tag="button"):
    """A line with a button that opens an address; without a usable one the line stands alone."""

    line: Line
    label: str
    url: str | None


class Small(msgspec.Struct, frozen=True, tag="small"):
    """What a reader may skip: where it comes from, what it covers."""

    text: str


Part: TypeAlias = Lines | Table | Chart | Button | Small


class Letter(msgspec.Struct, frozen=True):
    """`text` reads well alone: it is the push, and what a screen reader says first. `mention` names one of `people`."""

    text: str
    parts: tuple[Part, ...]
    mention: str | None = None
