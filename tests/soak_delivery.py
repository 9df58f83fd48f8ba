"""The long half of `make soak`: 20,000 seeds of the delivery model, kills at every step of the fault matrix, pairs.

Three parts, each in one process on skipped time: `model`, `kills` (every fault x every kind of delivery x a kill at
each recorded step), `pairs` (every two faults x every kind, one kill each at a seeded step). Ends with code 1 at the
end of a part in which a promise was broken, and names what was.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from random import Random  # noqa: TID251 - seeded
from typing import Final

import structlog

from tests.fakes.deliverymodel import Told, story
from tests.fakes.faultrows import METHODS, ROWS
from tests.integration.slack.matrix import Cell, tried

SEEDS: Final = 20_000
_AT_ONCE: Final = 100


def main() -> None:
    """Run the parts that are asked for, all by default."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak_delivery", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"{', '.join(PARTS)} (default: all)")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    with ProcessPoolExecutor(asked.processes, initializer=_be_quiet) as pool:
        for part in asked.parts or PARTS:
            wrong = PARTS[part](pool, asked.seeds)
            if wrong:
                sys.exit("\n".join([f"{part}: {len(wrong)} broke a promise:", *wrong[:50]]))


def _model(pool: ProcessPoolExecutor, seeds: int) -> list[str]:
    told = [one for some in pool.map(_stories, _batches(range(seeds))) for one in some]
    counts = {name: sum(getattr(one, name) for one in told) for name in ("deliveries", "doubts", "kills", "posts")}
    _say(f"model: {len(told)} seeds, " + ", ".join(f"{count} {name}" for name, count in counts.items()))
    return [f"seed {one.seed}: {one.wrong}" for one in told if one.wrong]


def _kills(pool: ProcessPoolExecutor, _seeds: int) -> list[str]:
    cells = list(pool.map(_every_kill, itertools.product(ROWS, METHODS)))
    return _told("kills", [cell for some in cells for cell in some])


def _pairs(pool: ProcessPoolExecutor, _seeds: int) -> list[str]:
    asked = itertools.product(itertools.combinations(ROWS, 2), METHODS)
    return _told("pairs", [cell for some in pool.map(_pair, asked, chunksize=8) for cell in some])


PARTS: Final[dict[str, Callable[[ProcessPoolExecutor, int], list[str]]]] = {
    "model": _model,
    "kills": _kills,
    "pairs": _pairs,
}


def _stories(seeds: list[int]) -> list[Told]:
    return [story(seed) for seed in seeds]


def _every_kill(asked: tuple[str, str]) -> list[Cell]:
    """Try a fault without a kill, and then with one at each step that there was."""
    row, kind = asked
    whole = tried([row], kind)
    return [whole, *(tried([row], kind, [step]) for step in range(1, len(whole.steps) + 1))]


def _pair(asked: tuple[tuple[str, str], str]) -> list[Cell]:
    """Try two faults at once, and once more with a kill."""
    rows, kind = asked
    whole = tried(rows, kind)
    step = Random(str(asked)).randint(1, max(1, len(whole.steps)))  # noqa: S311
    return [whole, tried(rows, kind, [step])]


def _told(part: str, cells: Iterable[Cell]) -> list[str]:
    cells = list(cells)
    killed = sum(bool(cell.kills) for cell in cells)
    deliveries = sum(cell.deliveries for cell in cells)
    _say(f"{part}: {len(cells)} cells, {killed} of them with a kill, {deliveries} deliveries")
    return [f"{cell}: {cell.wrong}" for cell in cells if cell.wrong]


def _batches(seeds: range) -> Iterator[list[int]]:
    for start in range(0, len(seeds), _AT_ONCE):
        yield list(seeds[start : start + _AT_ONCE])


def _be_quiet() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
