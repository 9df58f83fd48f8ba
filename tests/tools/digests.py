"""Draws the made-up digests of tests/unit/digests/days.py: `python -m tests.tools.digests` renews the golden files.

Read what changed before you keep it: these files are what a person agreed to.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from bot.core.letter import Letter
from bot.digests.writing import written
from bot.slack.letter import letter_body, letter_lines
from tests.unit.digests import days

GOLDEN: Final = Path(__file__).parents[1] / "golden/digests"


def drawn(name: str) -> str:
    """Return a digest as text: each message with its push text, its kinds of blocks, and its lines."""
    said = written(days.PLAN, days.ALL[name]())
    messages = [("message", said.message), *((f"reply {n}", one) for n, one in enumerate(said.replies, 1))]
    return "\n".join(_message(what, letter) for what, letter in messages)


def _message(what: str, letter: Letter) -> str:
    body = json.loads(letter_body(letter))
    forms = [body["blocks"], *body["plainer"]]
    kinds = [", ".join(block["type"] for block in blocks) for blocks in forms]
    lines = [
        f"=== {what}",
        f"text: {body['text']}",
        *(f"form: {kind}" for kind in kinds),
        "",
        *letter_lines(letter),
        "",
    ]
    return "\n".join(line.rstrip() for line in lines)


if __name__ == "__main__":
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for name in days.ALL:
        (GOLDEN / f"{name}.txt").write_text(drawn(name), encoding="utf-8")
