"""The named hours of config.yaml as the core's working-time clocks.

Rules may say `office` without a config that does: shipped rules then load with any config, and a guide can use it.
"""

from __future__ import annotations

from typing import Final

from bot.config.model import Config
from bot.config.model import Hours as Written
from bot.core.hours import Hours, recurring

OFFICE: Final = "office"
_USUAL: Final = Written(days=frozenset(range(5)), start=8 * 60, end=18 * 60)  # until `hours:` says otherwise


def hours_of(config: Config) -> dict[str, Hours]:
    """Return the hours that the config sets, by name; those without a zone of their own are in the config's.

    Where nobody names hours (digests, "until the morning") these are gone by, and not an `office` that nobody set.
    """
    return {
        name: _clock(name, hours, config)
        for name, hours in config.hours.items()
        if hours.start != hours.end  # refused where config.yaml is read; nothing goes by them
    }


def known_hours(config: Config) -> dict[str, Hours]:
    """Return all hours that may be named: those of `hours_of`, and the usual `office` where none is set."""
    return hours_of(config) if OFFICE in config.hours else {OFFICE: _clock(OFFICE, _USUAL, config), **hours_of(config)}


def hours_names(config: Config) -> tuple[str, ...]:
    """Return the names that rules and digests may use for hours, also those of hours that are no good."""
    return tuple(dict.fromkeys((*config.hours, OFFICE)))


def _clock(name: str, hours: Written, config: Config) -> Hours:
    return recurring(
        name,
        days=hours.days,
        start=hours.start,
        end=hours.end,
        zone=hours.timezone or config.timezone,
        holidays=hours.holidays,
    )
