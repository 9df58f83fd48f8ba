"""Part of `make soak`: hours and digest times in every zone, each clock change of a year and of two years.

Around each change by the minute, with hours and digests at every half hour; then whole years with a few of them.
"""

from __future__ import annotations

import sys
from itertools import chain
from multiprocessing import Pool
from typing import Final

from tests.zone_checks import HALF_HOURS, SPECIAL_TIMES, hours_around, special_hours, wrong_digests, wrong_hours
from tests.zones import DAY, YEAR, Walk, around, changes, names, utc, zone

SHOWN_AT_MOST: Final = 20
# Digests are due at half hours, and every change of these years is at a quarter of an hour.
QUARTER: Final = 15


def main() -> None:
    """Say how many zones agree with the slow walk; end with those that do not."""
    wrong = list[str]()
    with Pool() as pool:
        for number, found in enumerate(pool.imap_unordered(disagreements, names()), start=1):
            wrong += found
            if number % 50 == 0 or number == len(names()):
                sys.stdout.write(f"zone {number} of {len(names())}: {len(wrong)} disagreements\n")
                sys.stdout.flush()
    if wrong:
        sys.exit("\n".join(wrong[:SHOWN_AT_MOST]))


def disagreements(name: str) -> list[str]:
    """Return all that hours and digests of a zone have wrong."""
    year = Walk(zone(name), utc(YEAR) - 2 * DAY, utc(YEAR + 1) + 2 * DAY)
    two_years = Walk(zone(name), utc(YEAR) - 2 * DAY, utc(YEAR + 2) + 2 * DAY, QUARTER)
    walks = [around(name, at) for at, _, _ in changes(name, 1)]
    digest_walks = [around(name, at) for at, _, _ in changes(name, 2)]
    return [
        *chain.from_iterable(wrong_hours(walk, hours_around(walk)) for walk in walks),
        *wrong_hours(year, special_hours(year)),
        *chain.from_iterable(wrong_digests(walk, HALF_HOURS) for walk in digest_walks),
        *wrong_digests(two_years, SPECIAL_TIMES),
    ]


if __name__ == "__main__":
    main()
