"""Part of `make soak`: kill -9 three hundred times, ten in one store, while events are being posted.

Each round has a seed of its own (the number of the round), so that a failure can be had again: `--from 17 --rounds 17`.
Goes on where it stopped: progress is in var/soak-kills.json and counts for this state of the code only.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from tests.e2e import killing
from tests.fakes.slack import FakeSlack
from tests.soaked import ROOT, fingerprint

PROGRESS: Final = ROOT / "var/soak-kills.json"
KILLS: Final = 10


def main() -> None:
    """Do the rounds that are left; stop at the first in which a promise was broken, and keep its folder."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak_kills", description=__doc__)
    parser.add_argument("--rounds", type=int, default=30, help="the last round; each has ten kills (default 30)")
    parser.add_argument("--from", type=int, default=0, dest="first", help="begin with this round, whatever was done")
    asked = parser.parse_args()
    done = _progress()
    for number in range(asked.first or done["rounds"] + 1, asked.rounds + 1):
        answered, fired = _round(number)
        done = {
            **done,
            "rounds": number,
            "kills": done["kills"] + KILLS,
            "answered": done["answered"] + answered,
            "alerts": done["alerts"] + fired,
        }
        _keep(done)
        _say(f"round {number} of {asked.rounds}: so far {done['kills']} kills, {done['answered']} events answered 200,")
        _say(f"    {done['alerts']} of them alerts; none lost, none told twice")


def _round(number: int) -> tuple[int, int]:
    """Return how many events were answered and how many of them fired; end the process when a promise was broken."""
    folder = Path(tempfile.mkdtemp(prefix=f"soak-{number}-"))
    told = killing.Told()
    wrong = asyncio.run(_kill(folder, number, told))
    if wrong:
        sys.exit("\n".join([f"round {number} (kept in {folder}):", *wrong]))
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()
    return len(told.answered), len(told.fired)


async def _kill(folder: Path, seed: int, told: killing.Told) -> list[str]:
    async with FakeSlack() as fake:
        killing.furnish(fake, folder)
        await killing.lives(fake, folder, KILLS, told, seed=seed)
        await killing.settled(folder, life=KILLS)
        return killing.verdict(fake, folder, told)


def _progress() -> dict[str, Any]:
    code = fingerprint()
    if PROGRESS.exists():
        found: dict[str, Any] = json.loads(PROGRESS.read_text())
        if found["code"] == code:
            return found
    return {"code": code, "rounds": 0, "kills": 0, "answered": 0, "alerts": 0}


def _keep(done: dict[str, Any]) -> None:
    PROGRESS.parent.mkdir(exist_ok=True)
    PROGRESS.write_text(json.dumps(done))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
