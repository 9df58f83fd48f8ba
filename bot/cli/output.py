"""Exit codes, and how commands say what is wrong: plain words on stderr, never a stack."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterable
from enum import IntEnum
from typing import Any

import click

from bot.errors import OutputError, Problem


class Exit(IntEnum):
    """What a command's exit code means (docs/operations.md)."""

    FINE = 0
    NO = 1  # the answer is no: problems found, a delivery not accepted
    UNUSABLE = 2  # the command line, the config or the rules cannot be used
    CANNOT_START = 3  # the store or the address is taken or cannot be trusted
    BROKEN = 70  # a commit failed, or a bug


def say(text: str) -> None:
    """Print a line on stdout. OutputError when it cannot be written, BrokenPipeError when nobody reads any more."""
    encoding = _encoding()
    try:
        click.echo(text.encode(encoding, "backslashreplace").decode(encoding))
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"stdout cannot be written: {error.strerror}") from error


def line_of(text: str) -> str:
    """Return foreign text as one line that cannot steer a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def complain(text: str) -> None:
    """Print a line on stderr, where that can be written: an exit code must not change with it."""
    with contextlib.suppress(OSError, ValueError):
        click.echo(text, file=sys.stderr)


def complain_of(problems: Iterable[Problem]) -> None:
    """Print problems on stderr, one a line, in the order of file and line."""
    for problem in sorted(problems, key=lambda each: (each.file, each.line, each.column)):
        complain(str(problem))


def say_json(value: Any) -> None:
    """Print one JSON value on stdout, readable."""
    is_wide = _encoding().lower().replace("-", "").startswith("utf")
    say(json.dumps(value, indent=2, ensure_ascii=not is_wide))  # a file's name may hold what msgspec refuses


def _encoding() -> str:
    """Return what stdout can write; a letter that it lacks must not cost the answer."""
    return getattr(sys.stdout, "encoding", None) or "utf-8"


def open_missing_streams() -> None:
    """Put /dev/null where the caller closed stdin, stdout or stderr.

    Otherwise the store's file would get that number, and whoever prints would write into it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            free = os.open(os.devnull, os.O_RDWR)  # the lowest free number, and so the one that is missing
            setattr(sys, name, os.fdopen(free, mode, encoding="utf-8", closefd=False))


def let_go_of_streams() -> None:
    """Say the last of it; what cannot be written is dropped, or the interpreter would complain and end with 120."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
