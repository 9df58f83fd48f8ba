"""Part of `make soak`: kill -9 around the minute of the digest on fifty days, in one store."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.e2e import digest_kills
from tests.fakes.slack import FakeSlack

KILLS: Final = 50


def main() -> None:
    """Say how many days had one digest with the right numbers; end with what was wrong, and keep the folder."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak_digests", description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="soak-digests-"))
    wrong = asyncio.run(_live(folder, asked.kills, asked.seed))
    if wrong:
        sys.exit("\n".join([f"seed {asked.seed} (kept in {folder}):", *wrong]))
    sys.stdout.write(f"{asked.kills} kills around the scheduled minute: one digest each day, with the right numbers\n")


async def _live(folder: Path, kills: int, seed: int) -> list[str]:
    async with FakeSlack() as fake:
        digest_kills.furnish(fake, folder)
        lived = await digest_kills.days(folder, kills, seed)
        return digest_kills.verdict(fake, folder, lived)


if __name__ == "__main__":
    main()
