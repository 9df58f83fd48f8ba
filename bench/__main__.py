"""`python -m bench`: run the cases, print the table, and write it into docs/performance.md when asked."""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
from pathlib import Path
from typing import Final

from bench.cases import CASES, QUICK, Rows, Scale
from bench.processes import ROOT
from bench.table import markdown

_PAGE: Final = ROOT / "docs/performance.md"
_START: Final = "<!-- measured by `make bench` -->"
_END: Final = "<!-- end of what was measured -->"


def main() -> None:
    """Measure and print."""
    asked = _asked()
    rows = Rows(QUICK if asked.quick else Scale())
    before = _cpu_times()
    for round_ in range(1, asked.rounds + 1):
        for letter, case in CASES.items():
            if letter in asked.only:
                print(f"round {round_} of {asked.rounds}: {_first_line(case.__doc__)}", flush=True)
                case(rows)
    text = f"{_machine(asked.rounds, before)}\n\n{markdown(list(rows.rows.values()))}"
    print(f"\n{text}")
    if asked.write:
        _write(text)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench BENCH='…'", description=__doc__)
    parser.add_argument("--only", default="".join(CASES), help="cases, such as `ad`; b goes with a, f with e")
    parser.add_argument("--rounds", type=int, default=3, help="how often each case is measured")
    parser.add_argument("--quick", action="store_true", help="too little to mean anything, enough to see that it works")
    parser.add_argument("--write", action="store_true", help=f"put the table into {_PAGE.relative_to(ROOT)}")
    return parser.parse_args()


def _machine(rounds: int, before: tuple[int, int]) -> str:
    total, stolen = (now - then for now, then in zip(_cpu_times(), before, strict=True))
    dev = " Development packages are installed." if importlib.util.find_spec("pytest") else ""
    return (
        f"{rounds} rounds, interleaved; {_processor()}, {os.cpu_count()} cores, {platform.system()}, "
        f"Python {platform.python_version()}. The host gave {100 * stolen / max(total, 1):.1f} % of the time to "
        f"others.{dev}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(": ", 1)[1] for line in lines if line.startswith("model name")), platform.machine())


def _cpu_times() -> tuple[int, int]:
    """Return all time and stolen time of all cores, in ticks; a virtual machine with stolen time measures its host."""
    try:
        fields = [int(ticks) for ticks in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    except OSError:
        return 0, 0
    return sum(fields[:8]), fields[7]


def _first_line(text: str | None) -> str:
    return (text or "").split("\n", 1)[0]


def _write(text: str) -> None:
    page = _PAGE.read_text()
    head, rest = page.split(_START, 1)
    tail = rest.split(_END, 1)[1]
    _PAGE.write_text(f"{head}{_START}\n\n{text}\n\n{_END}{tail}")


if __name__ == "__main__":
    main()
