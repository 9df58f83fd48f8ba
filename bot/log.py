"""The log: one line per thing worth knowing, on stderr; for people on a terminal, as JSON elsewhere.

It holds no secret, no query of a signed address and no text of a document. Callers log words of their own, names and
ids; what still slips in (a library's message, an exception) passes through `redact` first.
"""

from __future__ import annotations

import contextlib
import logging
import re
import sys
import traceback
from collections.abc import Iterable, MutableMapping
from types import TracebackType
from typing import Any, Final, TextIO, cast

import structlog

# A signed address is a key to a document: what stands behind its path must not be kept.
_QUERY: Final = re.compile(r"(https?://[^\s?#\"'<>]{1,500})[?#][^\s\"'<>]+")
_KNOWN_SHAPES: Final = re.compile(r"(xox[a-z]-|xapp-|wss_|/services/T)[\w/-]+|(/hooks/[\w.-]+)/[^\s\"'?]+")
_HIDDEN: Final = "[hidden]"
_LONGEST_TEXT: Final = 400
_SHORTEST_SECRET: Final = 6  # hiding shorter ones would eat ordinary words
# These say at ERROR what the relay and the web floor say better, and with texts that we did not write.
_QUIET_LOGGERS: Final = {"aiohttp": logging.ERROR, "slack_sdk": logging.CRITICAL, "asyncio": logging.ERROR}

_secrets: set[str] = set()


def hide(secrets: Iterable[str | bytes]) -> None:
    """Never print any of these values from now on."""
    texts = (secret.decode("utf-8", "replace") if isinstance(secret, bytes) else secret for secret in secrets)
    _secrets.update(text for text in texts if len(text) >= _SHORTEST_SECRET)


def redact(text: str) -> str:
    """Return the text without known secrets, things shaped like one, and queries of addresses; at most 400 long."""
    for secret in _secrets:
        text = text.replace(secret, _HIDDEN)
    text = _QUERY.sub(rf"\1?{_HIDDEN}", text)
    text = _KNOWN_SHAPES.sub(lambda found: f"{found[1] or found[2] + '/'}{_HIDDEN}", text)
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "…"


def frames(error: BaseException) -> list[str]:
    """Return where an unexpected error came from, innermost last: places only.

    The error's own message is left out, because `int("Jane Doe")` puts the document's text in it.
    """
    found: TracebackType | None = error.__traceback__
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(found)]


def bug(log: Any, event: str, error: BaseException, **fields: Any) -> None:
    """Log an error that nobody raised on purpose: the only line that carries a stack."""
    inner = error
    while isinstance(inner, BaseExceptionGroup):
        inner = inner.exceptions[0]
    log.error(event, error=type(inner).__name__, where=frames(inner), **fields)


def configure(stream: TextIO | None = None, *, human: bool | None = None) -> None:
    """Send structlog and every stdlib logger to `stream` (stderr); `human` overrides the look at the terminal.

    A line that cannot be written is dropped: a full disk or a closed pipe behind the log must not cost an event.
    """
    target = sys.stderr if stream is None else stream
    readable = target.isatty() if human is None else human
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _unfold_error,
            _redact_values,
            _renderer(readable=readable, colors=target.isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", _Dropping(target))),
        cache_logger_on_first_use=False,
    )
    _route_stdlib()


class _Dropping:
    """Writes where it can. structlog raises what the stream raises, in the middle of whoever has something to say."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Write a whole line, or nothing."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)

    def flush(self) -> None:
        """Flush what there is."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()


def _renderer(*, readable: bool, colors: bool) -> Any:
    if readable:
        return structlog.dev.ConsoleRenderer(colors=colors, pad_event_to=0)
    return structlog.processors.JSONRenderer(ensure_ascii=False)


def _unfold_error(_log: Any, _method: str, values: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Turn `exc_info=` into the error's kind and the places it came through."""
    given = values.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given
    if isinstance(error, BaseException):
        values.update(error=type(error).__name__, where=frames(error))
    return values


def _redact_values(_log: Any, _method: str, values: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in values.items():
        if isinstance(value, str):
            values[name] = redact(value)
        elif isinstance(value, BaseException):
            values[name] = redact(f"{type(value).__name__}: {value}")
    return values


class _Forward(logging.Handler):
    """Hands a library's record to structlog: its first line, never its stack."""

    def emit(self, record: logging.LogRecord) -> None:
        first_line = record.getMessage().partition("\n")[0]
        log = structlog.get_logger()
        raised = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        fields = {"logger": record.name} | ({"error": raised} if raised else {})
        log.log(record.levelno, first_line, **fields)


def _route_stdlib() -> None:
    root = logging.getLogger()
    root.handlers[:] = [_Forward()]
    root.setLevel(logging.WARNING)
    for name, level in _QUIET_LOGGERS.items():
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(capture=True)
