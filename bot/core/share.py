"""A share within a time: how many of all events of a kind matched, in exact integers.

Events of one moment (ms) are counted together. Beyond MOMENTS_AT_MOST different moments in a window, those of one
256th of the window are joined at the latest of them, so that memory is bounded: an event then leaves its window late,
by no more than that part of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Final, NamedTuple

from bot.core.kinds import Share
from bot.core.state import Tally

MOMENTS_AT_MOST: Final = 512
_PARTS: Final = 256


class Totals(NamedTuple):
    """How many events there were, and how many of these matched."""

    of: int
    matched: int


def counted(
    window: tuple[Tally, ...], sums: tuple[int, int], start: int, one: Tally, within: int
) -> tuple[tuple[Tally, ...], Totals]:
    """Return the window (`within`, ms) with one more event, and its sums; what came at `start` or before is forgotten.

    `sums` are those of the window before: adding them up anew for each event would cost more than all the rest.
    """
    (of, matched), gone = sums, 0
    while gone < len(window) and window[gone].at <= start:
        of, matched, gone = of - window[gone].of, matched - window[gone].matched, gone + 1
    live = window[gone:]
    # Added and not unpacked: that would copy hundreds of moments twice for each event.
    live = live[:-1] + (_joined(live[-1], one),) if live and live[-1].at == one.at else live + (one,)  # noqa: RUF005
    return _bounded(live, within), Totals(of + one.of, matched + one.matched)


def _bounded(window: tuple[Tally, ...], within: int) -> tuple[Tally, ...]:
    if len(window) <= MOMENTS_AT_MOST:
        return window
    width = max(1, within // _PARTS)
    while len(window) > MOMENTS_AT_MOST:
        window, width = _coarser(window, width), width * 2
    return window


def totals(window: Iterable[Tally]) -> Totals:
    """Return the sums of a window."""
    of = matched = 0
    for tally in window:
        of, matched = of + tally.of, matched + tally.matched
    return Totals(of, matched)


def holds(kind: Share, sums: Totals) -> bool:
    """Say whether the share is reached, both bounds inclusive."""
    share = kind.share
    return sums.of >= kind.minimum and sums.matched * share.denominator >= share.numerator * sums.of > 0


def last_that_holds(kind: Share, window: tuple[Tally, ...]) -> int:
    """Return the moment whose events must leave the window before the condition is false, if nothing more comes."""
    of, matched = totals(window)
    numerator, denominator = kind.share.as_integer_ratio()  # asked for once: this goes through hundreds of moments
    for tally in window:
        of, matched = of - tally.of, matched - tally.matched
        if of < kind.minimum or not matched * denominator >= numerator * of > 0:
            return tally.at
    return window[-1].at if window else 0


def percent(sums: Totals) -> str:
    """Write a share in whole per cent, rounded down so that it never claims to have reached what it has not."""
    return f"{sums.matched * 100 // sums.of}%" if sums.of else "0%"


def share_text(share: Fraction) -> str:
    """Write a rule's share as a person would."""
    per_cent = share * 100
    return f"{per_cent.numerator}%" if per_cent.denominator == 1 else f"{float(per_cent):g}%"


def _coarser(tallies: tuple[Tally, ...], width: int) -> tuple[Tally, ...]:
    """Join what lies in one stretch of time; which stretches there are does not depend on when they are looked at."""
    found: list[Tally] = []
    for tally in tallies:
        if found and found[-1].at // width == tally.at // width:
            found[-1] = _joined(tally, found[-1])
        else:
            found.append(tally)
    return tuple(found)


def _joined(later: Tally, other: Tally) -> Tally:
    return Tally(later.at, later.of + other.of, later.matched + other.matched)
