"""Failures in tables: the largest groups of companies, workflows and causes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.core.letter import Part, Table, Words
from bot.digests.numbers import CAUSE, COMPANY, WORKFLOW, Group, Numbers
from bot.digests.words import change, figure, many, short

# What one message holds, far below Slack's 8,000 visible characters and 100 rows of a table.
TABLE_CHARACTERS: Final = 5_000
TABLE_ROWS: Final = 80
NAME_CHARACTERS: Final = 110
_HEADINGS: Final = {
    COMPANY: ("Failures by company", "Company", "company", "companies"),
    WORKFLOW: ("Failures by workflow", "Workflow", "workflow", "workflows"),
    CAUSE: ("Failures by cause", "Cause", "cause", "causes"),
}


def top(numbers: Numbers, what: str, most: int) -> list[Part]:
    """Return the largest few groups; nothing where nothing failed."""
    grouping = numbers.by.get(what)
    if grouping is None or not grouping.groups:
        return []
    rest = grouping.distinct - most
    more = f"{many(rest, *_HEADINGS[what][2:])} more; the largest of them are in the thread" if rest > 0 else None
    return [_table(what, grouping.groups[:most], _HEADINGS[what][0], more)]


def whole(numbers: Numbers, what: str) -> list[Part]:
    """Return all groups that are kept, as many tables as messages need."""
    grouping = numbers.by.get(what)
    if grouping is None or not grouping.groups:
        return []
    pages = _pages(grouping.groups)
    left = grouping.distinct - len(grouping.groups)
    named = sum(group.count for group in grouping.groups)
    heading = f"{_HEADINGS[what][0]}: {many(grouping.distinct, *_HEADINGS[what][2:])}"
    more = f"And {many(left, *_HEADINGS[what][2:])} with {many(numbers.failures - named, 'failure')}." if left else None
    tables: list[Part] = []
    for number, page in enumerate(pages, 1):
        of = f" ({number} of {len(pages)})" if len(pages) > 1 else ""
        tables.append(_table(what, page, heading + of, more if number == len(pages) else None))
    return tables


def _table(what: str, groups: Sequence[Group], heading: str, more: str | None) -> Table:
    is_compared = any(group.before is not None for group in groups)
    columns = (_HEADINGS[what][1], "Failures", *(("Change",) if is_compared else ()))
    rows = (
        (
            Words(short(group.name, NAME_CHARACTERS), url=group.url),
            Words(figure(group.count)),
            *((Words(change(group.count, group.before)),) if is_compared else ()),
        )
        for group in groups
    )
    return Table(heading, columns, tuple(rows), more)


def _pages(groups: Sequence[Group]) -> list[list[Group]]:
    pages: list[list[Group]] = [[]]
    size = 0
    for group in groups:
        cost = len(short(group.name, NAME_CHARACTERS)) + 20
        if pages[-1] and (size + cost > TABLE_CHARACTERS or len(pages[-1]) == TABLE_ROWS):
            pages.append([])
            size = 0
        pages[-1].append(group)
        size += cost
    return pages
