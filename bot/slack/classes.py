"""Which class an error belongs to. One table; what nobody lists is never guessed to be harmless.

Source: the error lists of chat.postMessage, chat.update, chat.delete and conversations.history (docs.slack.dev,
methods), Slack's changelog of 2016-05-17 on webhook errors, and the strings that client libraries have met since.
Slack answers nearly every refusal with HTTP 200, so the code decides and not the status.
"""

from __future__ import annotations

from typing import Final

import aiohttp

from bot.slack.answer import Verdict

_CODES: Final = {
    Verdict.REFUSED_FOR_NOW: """
        ratelimited rate_limited service_unavailable team_added_to_org org_login_required external_channel_migrating
        message_limit_exceeded
        """,
    # "Some aspect of the operation succeeded before the error" (Slack, of internal_error and fatal_error).
    # A duplicate of what cannot be found: the message that it names was there once.
    Verdict.UNKNOWN: """
        internal_error fatal_error update_failed request_timeout rollup_error duplicate_message_not_found
        duplicate_channel_not_found
        """,
    Verdict.PAYLOAD_REFUSED: """
        invalid_blocks invalid_blocks_format msg_blocks_too_long msg_too_long invalid_attachments
        attachment_payload_limit_exceeded too_many_attachments markdown_text_conflict no_text metadata_too_large
        invalid_metadata_format invalid_metadata_schema block_mismatch invalid_arguments invalid_arg_name
        invalid_array_arg invalid_charset invalid_form_data invalid_post_type missing_post_type invalid_json
        json_not_object invalid_payload missing_text_or_fallback_or_attachments as_user_not_supported
        metadata_must_be_sent_from_app too_many_contact_cards slack_connect_file_link_sharing_blocked
        slack_connect_canvas_sharing_blocked slack_connect_lists_sharing_blocked cant_broadcast_message
        no_dual_broadcast_content_update missing_argument
        """,
    Verdict.DESTINATION_REFUSED: """
        channel_not_found not_in_channel is_archived is_inactive channel_is_archived messages_tab_disabled
        restricted_action restricted_action_read_only_channel restricted_action_thread_only_channel
        restricted_action_non_threadable_channel restricted_action_thread_locked ekm_access_denied no_permission
        posting_to_channel_denied posting_to_general_channel_denied cannot_reply_to_message team_not_found
        user_not_found thread_not_found user_not_in_channel
        """,
    Verdict.CREDENTIALS_REFUSED: """
        invalid_auth not_authed account_inactive token_revoked token_expired missing_scope not_allowed_token_type
        accesslimited access_denied app_access_restricted two_factor_setup_required enterprise_is_restricted is_bot
        deprecated_endpoint method_deprecated unknown_method team_access_not_granted
        """,
    Verdict.MESSAGE_GONE: """
        message_not_found cant_update_message edit_window_closed streaming_state_conflict cant_delete_message
        compliance_exports_prevent_deletion
        """,
}
VERDICTS: Final = {code: verdict for verdict, codes in _CODES.items() for code in codes.split()}

# A webhook is address and key in one: what refuses the key refuses that one destination, not the whole workspace.
_WEBHOOK_KEYS: Final = frozenset(
    ("action_prohibited", "invalid_token", "no_service", "no_service_id", "no_team", "team_disabled", "no_active_hooks")
)

# The channel takes messages, only this thread does not.
THREAD_REFUSALS: Final = frozenset(
    (
        "cannot_reply_to_message",
        "thread_not_found",
        "restricted_action_thread_locked",
        "restricted_action_non_threadable_channel",
    )
)
# What refuses every call refuses a read only until the token is replaced; what refuses reading alone stays refused.
TOKEN_REFUSALS: Final = frozenset(("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"))
_FORBIDS_READING: Final = frozenset((Verdict.DESTINATION_REFUSED, Verdict.CREDENTIALS_REFUSED, Verdict.PAYLOAD_REFUSED))
_CURSOR: Final = frozenset(("invalid_cursor", "pagination_not_available"))

_TOO_MANY_REQUESTS: Final = 429
_SERVER_ERROR: Final = 500


def of_code(code: str | None, status: int, *, repeatable: bool) -> Verdict:
    """Classify a refusal of the Web API by its code (None where the body held none) and HTTP status.

    An unlisted code of a post is UNKNOWN: it may stand for a half-done operation, and a post must not be repeated.
    An edit is `repeatable`, but a code that nobody lists would be repeated forever: a plainer form is tried instead.
    """
    if status == _TOO_MANY_REQUESTS:
        return Verdict.REFUSED_FOR_NOW
    verdict = VERDICTS.get(code or "")
    if verdict is not None:
        return verdict
    unlisted = code is not None and status < _SERVER_ERROR
    return Verdict.PAYLOAD_REFUSED if repeatable and unlisted else Verdict.UNKNOWN


def of_webhook(body: str, status: int) -> Verdict:
    """Classify a webhook's refusal by its plain text, tolerating another status than the usual one."""
    code = body.strip()
    if code in _WEBHOOK_KEYS:
        return Verdict.DESTINATION_REFUSED
    verdict = of_code(code, status, repeatable=False)
    return Verdict.DESTINATION_REFUSED if verdict is Verdict.CREDENTIALS_REFUSED else verdict


def forbids_reading(code: str | None, status: int) -> bool:
    """Say whether a refused read will be refused again until a person grants a scope or repairs the channel.

    What nobody lists does not: a read is repeated freely, and to give up is what may double a message.
    """
    if status == _TOO_MANY_REQUESTS or code is None or code in TOKEN_REFUSALS or code in _CURSOR:
        return False
    return VERDICTS.get(code) in _FORBIDS_READING


def of_exception(error: Exception) -> Verdict:
    """Classify an exception of the network: surely not delivered only where no connection ever stood.

    A refused or unresolved address, a failed TLS handshake and a connection that took too long come before the first
    byte of a request (aiohttp 3.14, client_exceptions). A reset may come after the last one.
    """
    before_any_byte = (
        aiohttp.ClientConnectorError,  # DNS and TLS too
        aiohttp.ConnectionTimeoutError,
        aiohttp.ClientHttpProxyError,
        aiohttp.InvalidURL,
        aiohttp.NonHttpUrlClientError,
    )
    redirected = isinstance(error, aiohttp.RedirectClientError)
    return Verdict.NOT_DELIVERED if isinstance(error, before_any_byte) and not redirected else Verdict.UNKNOWN
