"""Runs the bot with a bug planted in it: deciding about job POISON ends the process as hard as a kill does."""

from __future__ import annotations

import os
from typing import Any

from bot.cli import main
from bot.core.fold import take
from bot.pipeline import pipeline


def _deadly(given: Any, *others: Any) -> None:
    if getattr(given, "fields", {}).get("job") == "POISON":
        os._exit(137)
    take(given, *others)


if __name__ == "__main__":
    vars(pipeline)["take"] = _deadly
    main()
