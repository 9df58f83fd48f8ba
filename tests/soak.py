"""`make soak`: what is too long for every change, part by part, under an hour. Goes on with the part it stopped in.

Each part is a command of its own that prints its counts and ends with another code than 0 when a promise was broken.
What is done is in var/soak.json, and counts for this state of the code only.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from typing import Any, Final

from bot.clock import SystemClock
from tests.soaked import ROOT, fingerprint

PROGRESS: Final = ROOT / "var/soak.json"
LONGEST_S: Final = 3_600
LAWS: Final = (
    "tests/unit/core/test_laws.py",
    "tests/unit/config/test_hostile_text.py",
    "tests/unit/sources/test_reading_fuzz.py",
    "tests/integration/store/test_duplicates.py",
)
PARTS: Final[dict[str, tuple[str, ...]]] = {
    "laws": ("pytest", "-q", "-n", "auto", "--dist", "worksteal", *LAWS),
    "zones": ("tests.soak_zones",),
    "kills": ("tests.soak_kills",),
    "digests": ("tests.soak_digests",),
    "delivery": ("tests.soak_delivery",),
}
EXAMPLES: Final = "5000"


def main() -> None:
    """Do the parts that are left, or those that are named; stop at the first that fails."""
    parser = argparse.ArgumentParser(prog="make soak SOAK='…'", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"{', '.join(PARTS)} (default: those not done yet)")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    done = _progress()
    for name in asked.parts or [part for part in PARTS if part not in done["parts"]]:
        seconds = _run(name)
        done["parts"][name] = seconds
        _keep(done)
        _say(f"{name}: done in {seconds // 60} min {seconds % 60} s")
    _say(f"{len(done['parts'])} of {len(PARTS)} parts are done: {', '.join(done['parts'])}")


def _run(name: str) -> int:
    """Run one part; return how many seconds it took, or end with its code."""
    _say(f"{name} ...")
    began = SystemClock().monotonic()
    command = [sys.executable, "-m", *PARTS[name]]
    environment = {**os.environ, "TOCSIN_EXAMPLES": EXAMPLES}
    ended = subprocess.run(command, cwd=ROOT, env=environment, timeout=LONGEST_S, check=False)  # noqa: S603 - our own
    if ended.returncode:
        sys.exit(f"{name} ended with {ended.returncode}; `make soak SOAK={name}` runs it again")
    return round(SystemClock().monotonic() - began)


def _progress() -> dict[str, Any]:
    code = fingerprint()
    if PROGRESS.exists():
        found: dict[str, Any] = json.loads(PROGRESS.read_text())
        if found.get("code") == code and "parts" in found:
            return found
    return {"code": code, "parts": {}}


def _keep(done: dict[str, Any]) -> None:
    PROGRESS.parent.mkdir(exist_ok=True)
    PROGRESS.write_text(json.dumps(done))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
