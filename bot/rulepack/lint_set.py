"""What only the whole set shows to be wrong: rules that hold each other's messages back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from bot.config.nodes import Text
from bot.config.notes import Notes
from bot.config.words import nearest, one_of


class Link(NamedTuple):
    """One name in an `inhibited_by`: the rule it stands in, where, and where to say what is wrong."""

    rule: str
    name: Text
    notes: Notes


def check_links(links: Iterable[Link], rules: Collection[str], *, complete: bool) -> None:
    """Note names of no rule, a rule that inhibits itself, and circles, in which nothing would ever be told.

    `rules` are all names that are written; not `complete` where a file could not be read, which may name more.
    """
    known: list[Link] = []
    for link in links:
        if link.name.text == link.rule:
            link.notes.error(link.name, f"rule `{link.rule}` cannot inhibit itself")
        elif link.name.text in rules:
            known.append(link)
        elif complete:
            others = set(rules) - {link.rule}
            there = f"; there are {one_of(others)}" if others else ""
            link.notes.error(link.name, f"no rule `{link.name.text}`{there}", hint=nearest(link.name.text, others))
    _check_circles(known)


def _check_circles(links: Iterable[Link]) -> None:
    """Note each circle once, at the name with which it closes."""
    above: dict[str, list[str]] = {}
    for link in links:
        circle = _way(link.name.text, link.rule, above)
        if circle is not None:
            said = " -> ".join((link.rule, *circle))
            link.notes.error(link.name, f"`inhibited_by` closes a circle ({said}), in which each would hold the others")
            continue
        above.setdefault(link.rule, []).append(link.name.text)


def _way(start: str, end: str, above: Mapping[str, list[str]]) -> tuple[str, ...] | None:
    """Return the rules from one to another along `inhibited_by`, None when no way leads there."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen = {start}
    while ways:
        way = ways.pop()
        if way[-1] == end:
            return way
        fresh = [name for name in above.get(way[-1], ()) if name not in seen]
        seen.update(fresh)
        ways += [(*way, name) for name in fresh]
    return None
