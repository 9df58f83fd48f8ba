"""The log says what happened without a secret, a signed query, a document's text or, but for bugs, a stack."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from bot import log


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    target = io.StringIO()
    log.configure(target, human=False)
    yield target
    log.configure()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_without_a_terminal_every_line_is_json(stream: io.StringIO) -> None:
    structlog.get_logger().info("started", port=8080)
    (line,) = lines(stream)
    assert (line["event"], line["port"], line["level"]) == ("started", 8080, "info")
    assert line["timestamp"].endswith("Z")


def test_on_a_terminal_a_line_is_for_people() -> None:
    target = io.StringIO()
    log.configure(target, human=True)
    structlog.get_logger().warning("slow disk", seconds=3)
    log.configure()
    assert "slow disk" in target.getvalue()
    assert "{" not in target.getvalue()


def test_a_known_secret_is_hidden_wherever_it_stands(stream: io.StringIO) -> None:
    log.hide([b"canary-secret-1", "canary-secret-2"])
    structlog.get_logger().error("with canary-secret-1", cause="canary-secret-2", error=ValueError("canary-secret-1"))
    assert "canary" not in stream.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "https://bucket.example/payload?X-Amz-Signature=CANARY",
        "https://bucket.example/payload#CANARY",
        "token xoxb-CANARY",
        "token xapp-1-CANARY",
        "secret wss_CANARY",
        "https://hooks.slack.com/services/T000/B000/CANARY",
        "POST /hooks/alfred/CANARY HTTP/1.1",
    ],
)
def test_what_is_shaped_like_a_secret_is_hidden_also_when_nobody_told_us(stream: io.StringIO, text: str) -> None:
    structlog.get_logger().info("seen", what=text)
    assert "CANARY" not in stream.getvalue()
    assert "[hidden]" in stream.getvalue()


def test_a_short_secret_does_not_blank_ordinary_words() -> None:
    log.hide(["a"])
    assert log.redact("a banana") == "a banana"


def test_a_bug_is_one_line_with_places_and_without_the_errors_own_text(stream: io.StringIO) -> None:
    try:
        int("Jane Doe's invoice")
    except ValueError as error:
        log.bug(structlog.get_logger(), "could not go on", error)
    (line,) = lines(stream)
    assert line["error"] == "ValueError"
    assert "test_log.py" in line["where"][-1]
    assert "Jane" not in stream.getvalue()


def test_exc_info_is_places_too(stream: io.StringIO) -> None:
    try:
        int("Jane Doe's invoice")
    except ValueError as error:
        structlog.get_logger().error("could not go on", exc_info=error)
    assert lines(stream)[0]["error"] == "ValueError"
    assert "Jane" not in stream.getvalue()
    assert "Traceback" not in stream.getvalue()


def test_a_librarys_log_comes_without_its_stack(stream: io.StringIO) -> None:
    logging.getLogger("asyncio").error("Task exception\nsecond line", exc_info=ValueError("Jane"))
    (line,) = lines(stream)
    assert (line["logger"], line["event"], line["error"]) == ("asyncio", "Task exception", "ValueError")
    assert "Jane" not in stream.getvalue()


def test_chatty_libraries_are_quiet(stream: io.StringIO) -> None:
    logging.getLogger("slack_sdk.web").error("body: Jane")
    logging.getLogger("aiohttp.access").info("GET /hooks/alfred/token")
    assert stream.getvalue() == ""


def test_a_long_text_is_cut() -> None:
    assert len(log.redact("x" * 100_000)) <= 401


def test_a_line_break_in_a_value_forges_no_line(stream: io.StringIO) -> None:
    structlog.get_logger().info("seen", name='x\n{"event":"forged"}')
    assert len(stream.getvalue().splitlines()) == 1


class Broken(io.StringIO):
    """A stream that cannot be written, as behind a full disk or a closed pipe."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:
        del text
        raise self.error

    def flush(self) -> None:
        raise self.error


@pytest.mark.parametrize("error", [BrokenPipeError(), OSError(28, "No space left on device"), ValueError("closed")])
def test_a_line_that_cannot_be_written_is_dropped(error: Exception) -> None:
    log.configure(Broken(error), human=False)
    try:
        structlog.get_logger().info("nobody hears this")
        logging.getLogger("asyncio").error("nor this")
    finally:
        log.configure()
