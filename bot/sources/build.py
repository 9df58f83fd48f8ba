"""Makes the source that a config entry asks for."""

from __future__ import annotations

from typing import Final

from bot.errors import UsageError
from bot.sources.alfred import AlfredSource
from bot.sources.extend import ExtendSource
from bot.sources.reading import Source
from bot.sources.settings import SourceSettings

KINDS: Final[dict[str, type[ExtendSource | AlfredSource]]] = {
    ExtendSource.kind: ExtendSource,
    AlfredSource.kind: AlfredSource,
}


def build(settings: SourceSettings) -> Source:
    """Return the source; it holds the secrets, so it belongs in no log.

    Raises:
        UsageError: a kind that this version does not have (config refuses it earlier, with its line).
    """
    made = KINDS.get(settings.kind)
    if made is None:
        raise UsageError(f"source {settings.name}: unknown kind {settings.kind!r}, known are {', '.join(KINDS)}")
    return made(settings)
