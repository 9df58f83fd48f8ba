"""What a source must be told; bot.config's SourceConfig fits it, and so does any small value in a test."""

from __future__ import annotations

from typing import Protocol


class SourceSettings(Protocol):
    """One entry of `sources:` with its secrets resolved (DESIGN, config.yaml)."""

    @property
    def name(self) -> str:
        """The key under `sources:`; it stands in the address and in every event."""
        ...

    @property
    def kind(self) -> str:
        """`extend` or `alfred`."""
        ...

    @property
    def secrets(self) -> tuple[bytes, ...]:
        """Signing secrets that are good at the same time, so that one can be changed without a gap."""
        ...

    @property
    def token(self) -> bytes | None:
        """The secret last part of the address, for platforms that sign nothing."""
        ...

    @property
    def company(self) -> tuple[str, ...]:
        """Dotted paths inside the payload; the first that leads to something names the company."""
        ...

    @property
    def link(self) -> str | None:
        """Template of the event's address at the platform, with {job}, {file} and {run}."""
        ...

    @property
    def drop(self) -> tuple[str, ...]:
        """Names of JSON keys that are removed at any depth before anything is kept."""
        ...

    @property
    def environment(self) -> str:
        """What the field `environment` says."""
        ...

    @property
    def more_types(self) -> tuple[str, ...]:
        """Our names of types that the platform added after this version was made."""
        ...

    @property
    def fetch_from(self) -> tuple[str, ...]:
        """Hosts from which a payload by reference may be had."""
        ...
