"""`python -m bench.replaying CONFIG`: one replay of a store in a process of its own; prints what it took as JSON."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

import msgspec

from bench.processes import ROOT, TARGET_CORE, pinned_to
from bench.replay_store import make_store
from bot.clock import SystemClock
from bot.service.asking import opened
from bot.service.replaying import Wanted, replay
from bot.service.setup import sources_of

_PAGE_BYTES: Final = 4_096
_LIMIT_S: Final = 1_200.0


class Taken(msgspec.Struct):
    """Rows, seconds, alerts that fired, and resident memory (MiB) a tenth of the way and at its highest after that."""

    rows: int
    seconds: float
    fired: int
    early_mib: float
    most_mib: float


def replayed(folder: Path, events: int) -> Taken:
    """Make a store with so many events in a folder and replay it, on one core."""
    command = [sys.executable, "-m", "bench.replaying", str(make_store(folder, events))]
    with pinned_to(TARGET_CORE):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=_LIMIT_S)  # noqa: S603
    if done.returncode:
        raise SystemExit(f"the replay failed: {done.stderr.decode()[-2_000:]}")
    taken = msgspec.json.decode(done.stdout, type=Taken)
    assert taken.fired > 0
    return taken


def main() -> None:
    """Replay."""
    seen: list[tuple[int, float]] = []

    def look(done: int, of: int) -> None:
        if not seen or done - seen[-1][0] >= of // 20:
            seen.append((done, _resident_mib()))

    with opened(Path(sys.argv[1])) as (settings, reads):
        found = replay(reads, sources_of(settings), Wanted(), SystemClock(), look)
    early = next(mib for done, mib in seen if done >= found.rows // 10)
    fired = sum(count for (_, change), count in found.changes.items() if change == "fires")
    taken = Taken(found.rows, found.seconds, fired, early, max(mib for _, mib in seen))
    sys.stdout.buffer.write(msgspec.json.encode(taken))


def _resident_mib() -> float:
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES / (1 << 20)
    except OSError:
        return 0.0


if __name__ == "__main__":
    main()
