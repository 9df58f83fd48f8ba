from __future__ import annotations

import inspect
from unittest.mock import MagicMock

import aiohttp
import pytest

from bot.slack import classes
from bot.slack.answer import Verdict
from bot.slack.classes import THREAD_REFUSALS, VERDICTS, forbids_reading, of_code, of_exception, of_webhook
from tests.unit.slack import published_codes as published

_KEY = MagicMock()


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("ratelimited", Verdict.REFUSED_FOR_NOW),
        ("rate_limited", Verdict.REFUSED_FOR_NOW),
        ("service_unavailable", Verdict.REFUSED_FOR_NOW),
        ("internal_error", Verdict.UNKNOWN),
        ("fatal_error", Verdict.UNKNOWN),
        ("request_timeout", Verdict.UNKNOWN),
        ("invalid_blocks", Verdict.PAYLOAD_REFUSED),
        ("msg_too_long", Verdict.PAYLOAD_REFUSED),
        ("block_mismatch", Verdict.PAYLOAD_REFUSED),
        ("channel_not_found", Verdict.DESTINATION_REFUSED),
        ("is_archived", Verdict.DESTINATION_REFUSED),
        ("restricted_action_read_only_channel", Verdict.DESTINATION_REFUSED),
        ("invalid_auth", Verdict.CREDENTIALS_REFUSED),
        ("token_revoked", Verdict.CREDENTIALS_REFUSED),
        ("missing_scope", Verdict.CREDENTIALS_REFUSED),
        ("message_not_found", Verdict.MESSAGE_GONE),
        ("edit_window_closed", Verdict.MESSAGE_GONE),
    ],
)
def test_a_code_belongs_to_its_class_whether_posted_or_edited(code: str, verdict: Verdict) -> None:
    assert of_code(code, 200, repeatable=False) is verdict
    assert of_code(code, 200, repeatable=True) is verdict


def test_every_listed_code_has_one_class_only() -> None:
    listed = [code for codes in classes._CODES.values() for code in codes.split()]
    assert len(listed) == len(set(listed)) == len(VERDICTS)


def test_an_unlisted_code_of_a_post_is_doubtful_and_of_an_edit_a_reason_for_a_plainer_form() -> None:
    assert of_code("brand_new_error", 200, repeatable=False) is Verdict.UNKNOWN
    assert of_code("brand_new_error", 200, repeatable=True) is Verdict.PAYLOAD_REFUSED


def test_429_is_a_clean_refusal_whatever_the_body_says() -> None:
    assert of_code(None, 429, repeatable=False) is Verdict.REFUSED_FOR_NOW
    assert of_code("internal_error", 429, repeatable=False) is Verdict.REFUSED_FOR_NOW


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_without_a_code_is_doubtful(status: int) -> None:
    assert of_code(None, status, repeatable=False) is Verdict.UNKNOWN
    assert of_code(None, status, repeatable=True) is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("body", "status", "verdict"),
    [
        ("invalid_payload", 400, Verdict.PAYLOAD_REFUSED),
        ("no_text", 400, Verdict.PAYLOAD_REFUSED),
        ("invalid_blocks", 400, Verdict.PAYLOAD_REFUSED),
        ("user_not_found", 400, Verdict.DESTINATION_REFUSED),
        ("action_prohibited", 403, Verdict.DESTINATION_REFUSED),
        ("invalid_token", 403, Verdict.DESTINATION_REFUSED),
        ("channel_not_found", 404, Verdict.DESTINATION_REFUSED),
        ("no_service", 404, Verdict.DESTINATION_REFUSED),
        ("channel_is_archived\n", 410, Verdict.DESTINATION_REFUSED),
        ("invalid_auth", 403, Verdict.DESTINATION_REFUSED),
        ("rollup_error", 500, Verdict.UNKNOWN),
        ("<html>Bad Gateway</html>", 502, Verdict.UNKNOWN),
        ("something new", 400, Verdict.UNKNOWN),
        ("", 429, Verdict.REFUSED_FOR_NOW),
    ],
)
def test_a_webhooks_words_have_their_class_and_never_stop_the_whole_workspace(
    body: str, status: int, verdict: Verdict
) -> None:
    assert of_webhook(body, status) is verdict


@pytest.mark.parametrize(
    "error",
    [
        aiohttp.ClientConnectorError(_KEY, OSError("refused")),
        aiohttp.ClientConnectorDNSError(_KEY, OSError("no such host")),
        aiohttp.ClientConnectorSSLError(_KEY, OSError("handshake")),
        aiohttp.ClientProxyConnectionError(_KEY, OSError("refused")),
        aiohttp.ConnectionTimeoutError(),
        aiohttp.InvalidURL("x"),
    ],
)
def test_what_fails_before_a_connection_stands_is_surely_not_delivered(error: Exception) -> None:
    assert of_exception(error) is Verdict.NOT_DELIVERED


@pytest.mark.parametrize(
    "error",
    [
        TimeoutError(),
        aiohttp.SocketTimeoutError(),
        aiohttp.ServerTimeoutError(),
        aiohttp.ServerDisconnectedError(),
        aiohttp.ClientOSError(104, "reset"),
        aiohttp.ClientConnectionResetError(),
        aiohttp.ClientPayloadError(),
        aiohttp.RedirectClientError("redirected"),
        ConnectionResetError(),
        ValueError("a fault of ours after the answer"),
    ],
)
def test_everything_else_is_doubtful(error: Exception) -> None:
    assert of_exception(error) is Verdict.UNKNOWN


def test_every_exception_of_aiohttp_has_a_class() -> None:
    known = [kind for _, kind in inspect.getmembers(aiohttp, inspect.isclass) if issubclass(kind, aiohttp.ClientError)]
    verdicts = {of_exception(kind.__new__(kind)) for kind in known}
    assert len(known) > 20
    assert verdicts == {Verdict.NOT_DELIVERED, Verdict.UNKNOWN}


@pytest.mark.parametrize("codes", [published.POST, published.UPDATE, published.DELETE])
def test_every_error_that_slack_documents_has_a_class(codes: str) -> None:
    assert [code for code in codes.split() if code not in VERDICTS] == []


@pytest.mark.parametrize("code", published.WEBHOOK.split())
def test_every_word_of_a_webhook_has_a_class(code: str) -> None:
    known = of_webhook(code, 400)
    assert known is not Verdict.UNKNOWN or VERDICTS[code] is Verdict.UNKNOWN


def test_what_refuses_a_thread_is_a_refused_destination() -> None:
    assert {VERDICTS[code] for code in THREAD_REFUSALS} == {Verdict.DESTINATION_REFUSED}


@pytest.mark.parametrize("code", published.READ_AGAIN.split())
def test_a_read_that_was_refused_for_the_moment_is_tried_again(code: str) -> None:
    assert not forbids_reading(code, 200)


@pytest.mark.parametrize("code", published.READ_FORBIDDEN.split())
def test_a_read_that_needs_a_person_is_given_up(code: str) -> None:
    assert forbids_reading(code, 200)
    assert not forbids_reading(code, 429)


@pytest.mark.parametrize("status", [200, 500, 502])
def test_a_read_without_a_code_says_nothing_of_the_next(status: int) -> None:
    assert not forbids_reading(None, status)
