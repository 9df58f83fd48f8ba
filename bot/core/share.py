"""A share within a time: how many of all events of a kind matched, in exact integers.

Events of one moment (ms) are counted together. Beyond MOMENTS_AT_MOST different moments in a window, those of one
256th of the window are joined at the latest of them, so that memory is bounded: an event then leaves its window late,
by no more than that part of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Final, TypeAlias

from bot.core.kinds import Share
from bot.core.state import Tally

MOMENTS_AT_MOST: Final = 512
_PARTS: Final = 256


# How many events there were, and how many of these matched.
Sums: TypeAlias = tuple[int, int]
# A window: the moments that are over, the latest one, and the sums of both.
Weighed: TypeAlias = tuple[tuple[Tally, ...], Tally | None, Sums]


def counted(before: Weighed, start: int, one: Tally, within: int) -> tuple[tuple[Tally, ...], Tally, Sums]:
    """Return the window (`within`, ms) with one more event; what came at `start` or before is forgotten.

    Its sums are kept: adding them up anew for each event would cost more than all the rest. The latest moment is
    apart because the events of one commit share it: in the window, each of them would copy all the others.
    """
    window, latest, (of, matched) = before
    if latest is None and window:  # as it was stored
        window, latest = window[:-1], window[-1]
    moments = window if latest is None or latest.at == one.at else (*window, latest)
    gone = 0
    while gone < len(moments) and moments[gone].at <= start:
        of, matched, gone = of - moments[gone].of, matched - moments[gone].matched, gone + 1
    joined = one if latest is None or latest.at != one.at else _joined(latest, one)
    return _bounded(moments[gone:], within), joined, (of + one.of, matched + one.matched)


def _bounded(window: tuple[Tally, ...], within: int) -> tuple[Tally, ...]:
    if len(window) <= MOMENTS_AT_MOST:
        return window
    width = max(1, within // _PARTS)
    while len(window) > MOMENTS_AT_MOST:
        window, width = _coarser(window, width), width * 2
    return window


def totals(moments: Iterable[Tally]) -> Sums:
    """Return the sums of some moments."""
    of = matched = 0
    for tally in moments:
        of, matched = of + tally.of, matched + tally.matched
    return of, matched


def holds(kind: Share, sums: Sums) -> bool:
    """Say whether the share is reached, both bounds inclusive."""
    of, matched = sums
    if not matched or of < kind.minimum:
        return False
    numerator, denominator = kind.share.as_integer_ratio()
    return matched * denominator >= numerator * of


def last_that_holds(kind: Share, moments: tuple[Tally, ...]) -> int:
    """Return the moment whose events must leave the window before the condition is false, if nothing more comes."""
    of, matched = totals(moments)
    numerator, denominator = kind.share.as_integer_ratio()  # asked for once: this goes through hundreds of moments
    for tally in moments:
        of, matched = of - tally.of, matched - tally.matched
        if of < kind.minimum or not matched * denominator >= numerator * of > 0:
            return tally.at
    return moments[-1].at if moments else 0


def percent(sums: Sums) -> str:
    """Write a share in whole per cent, rounded down so that it never claims to have reached what it has not."""
    of, matched = sums
    return f"{matched * 100 // of}%" if of else "0%"


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
