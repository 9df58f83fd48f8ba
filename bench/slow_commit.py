"""The bot on a slower disk: `python -m bench.slow_commit MS grouped|single run --config …`.

Sleeps MS milliseconds after each commit, as a disk would take that is not a virtual one; `single` also commits every
operation alone, which is what group commit is compared with. Patched from outside, so that the bot itself carries
no switch that only a benchmark uses.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from bot.cli import main as bot_main
from bot.store.batches import Batches
from bot.store.operations import Operation


def _slow_down(milliseconds: float, *, single: bool) -> None:
    # The one seam at which every commit passes.
    transaction, write = Batches._transaction, Batches.write  # noqa: SLF001

    def slow_transaction(self: Batches, operations: list[Operation]) -> list[Any]:
        results = transaction(self, operations)
        time.sleep(milliseconds / 1_000)
        return results

    def write_singly(self: Batches, operations: list[Operation]) -> list[Any]:
        return [result for operation in operations for result in write(self, [operation])]

    Batches._transaction = slow_transaction  # type: ignore[method-assign]  # noqa: SLF001
    if single:
        Batches.write = write_singly  # type: ignore[method-assign]


def main() -> None:
    """Slow the store down and run the bot's command line with the rest of the arguments."""
    milliseconds, how, *rest = sys.argv[1:]
    _slow_down(float(milliseconds), single=how == "single")
    sys.argv = ["tocsin", *rest]
    bot_main()


if __name__ == "__main__":
    main()
