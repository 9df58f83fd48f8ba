"""The address of an event at its platform, from the source's template where the platform sends none."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from bot.core.inputs import Value

_PLACES: Final = ("job", "file", "run")


class Link:
    """A template such as `https://example.com/jobs/{job}`; `{job}`, `{file}` and `{run}` are its places."""

    def __init__(self, template: str | None) -> None:
        self._template = template or ""
        self._places = tuple(place for place in _PLACES if "{" + place + "}" in self._template)

    def add_to(self, fields: dict[str, Value]) -> None:
        """Fill in `url` when the event has none and every place of the template is known. Ids are percent-encoded."""
        if not self._template or "url" in fields or not all(place in fields for place in self._places):
            return
        address = self._template
        for place in self._places:
            address = address.replace("{" + place + "}", quote(str(fields[place]), safe=""))
        fields["url"] = address
