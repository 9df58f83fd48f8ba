"""Puts the tables of keys into docs/config.md and docs/rules.md, from the rows by which the loaders read.

A table stands between `<!-- keys: NAME -->` and `<!-- end -->`. `python -m tests.tools.key_tables --write` renews all
of them; a test fails when a page and the code differ.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

from bot.config.schema import CONFIG
from bot.config.schema_origins import SERVER, SLACK, SOURCE
from bot.config.schema_times import API, DIGEST, HOURS, KEEP, STORM
from bot.config.sections import Key, Section
from bot.core.conditions import Op
from bot.core.fields import FIELDS
from bot.rulepack.example_schema import EVENT, EXAMPLE, EXPECTATION
from bot.rulepack.schema import DEFAULTS, RULE
from bot.rulepack.schema_telling import STEP

DOCS: Final = Path(__file__).parents[2] / "docs"
PAGES: Final = ("config.md", "rules.md")
SECTIONS: Final[dict[str, Section]] = {
    "config": CONFIG,
    "server": SERVER,
    "source": SOURCE,
    "slack": SLACK,
    "hours": HOURS,
    "digest": DIGEST,
    "storm": STORM,
    "api": API,
    "keep": KEEP,
    "rule": RULE,
    "step": STEP,
    "defaults": DEFAULTS,
    "example": EXAMPLE,
    "event": EVENT,
    "expectation": EXPECTATION,
}
_BLOCK: Final = re.compile(r"(<!-- keys: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def renewed(page: str) -> str:
    """Return a page with its tables made anew."""
    return _BLOCK.sub(lambda found: found[1] + table(SECTIONS[found[2]]) + found[3], page)


def tables_in(page: str) -> set[str]:
    """Return the names of the tables on a page."""
    return {found[2] for found in _BLOCK.finditer(page)}


def table(section: Section) -> str:
    """Return the table of a section's keys; fields of events have a table of their own."""
    rows = [_row(key) for key in section.keys if key.name not in (FIELDS if section is EVENT else ())]
    return "| key | meaning | without it | example |\n|---|---|---|---|\n" + "".join(rows)


def _row(key: Key) -> str:
    without = "an error" if key.required else key.default
    example = f"`{key.example}`" if key.example else ""
    return f"| `{key.name}` | {key.meaning} | {without} | {example} |\n".replace("  |", " |")


def operators() -> set[str]:
    """Return every operator, for the test that the guide names them."""
    return {op.value for op in Op}


if __name__ == "__main__" and "--write" in sys.argv:
    for name in PAGES:
        (DOCS / name).write_text(renewed((DOCS / name).read_text(encoding="utf-8")), encoding="utf-8")
