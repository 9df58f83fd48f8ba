"""Where events come from: verifying deliveries and reading them into the core's words."""

from __future__ import annotations

from bot.sources.build import build
from bot.sources.hints import WIRE_NAMES, hint_for_wire_name
from bot.sources.reading import Reading, Source
from bot.sources.settings import SourceSettings

__all__ = ["WIRE_NAMES", "Reading", "Source", "SourceSettings", "build", "hint_for_wire_name"]
