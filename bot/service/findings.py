"""What `doctor` finds, in plain words: what was looked at, how it is, and what to do."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Level(StrEnum):
    """How bad a finding is. Only a FAULT makes `doctor` end with 1."""

    GOOD = "good"
    DOUBT = "doubt"  # it works, and is probably not what is wanted
    FAULT = "fault"


class Finding(NamedTuple):
    """One thing that was looked at. `do` says what to do about it, empty where there is nothing to do."""

    about: str
    level: Level
    said: str
    do: str = ""


def good(about: str, said: str) -> Finding:
    """Return that something is as it should be."""
    return Finding(about, Level.GOOD, said)


def doubt(about: str, said: str, do: str) -> Finding:
    """Return that something works and is probably not what is wanted."""
    return Finding(about, Level.DOUBT, said, do)


def fault(about: str, said: str, do: str) -> Finding:
    """Return that something does not work."""
    return Finding(about, Level.FAULT, said, do)
