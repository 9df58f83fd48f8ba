"""Exit codes, and how commands say what is wrong: plain words on stderr, never a stack."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from enum import IntEnum
from typing import Any

import click
import msgspec

from bot.errors import Problem


class Exit(IntEnum):
    """What a command's exit code means (docs/operations.md)."""

    FINE = 0
    NO = 1  # the answer is no: problems found, a delivery not accepted
    UNUSABLE = 2  # the command line, the config or the rules cannot be used
    CANNOT_START = 3  # the store or the address is taken or cannot be trusted
    BROKEN = 70  # a commit failed, or a bug


def say(text: str) -> None:
    """Print a line on stdout."""
    click.echo(text)


def complain(text: str) -> None:
    """Print a line on stderr."""
    click.echo(text, file=sys.stderr)


def complain_of(problems: Iterable[Problem]) -> None:
    """Print problems on stderr, one a line, in the order of file and line."""
    for problem in sorted(problems, key=lambda each: (each.file, each.line, each.column)):
        complain(str(problem))


def say_json(value: Any) -> None:
    """Print one JSON value on stdout, readable."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
