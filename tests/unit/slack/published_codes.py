"""Every error that Slack's documentation lists for the methods we call (docs.slack.dev, methods, autumn 2026)."""

from __future__ import annotations

_COMMON = """
    accesslimited access_denied account_inactive deprecated_endpoint ekm_access_denied enterprise_is_restricted
    invalid_auth is_bot method_deprecated missing_scope not_allowed_token_type not_authed no_permission
    org_login_required token_expired token_revoked two_factor_setup_required team_access_not_granted fatal_error
    internal_error invalid_arg_name invalid_arguments invalid_array_arg invalid_charset invalid_form_data
    invalid_post_type missing_post_type ratelimited request_timeout service_unavailable team_added_to_org
    app_access_restricted unknown_method invalid_json json_not_object
    """
POST = f"""{_COMMON}
    as_user_not_supported attachment_payload_limit_exceeded cannot_reply_to_message channel_not_found
    duplicate_channel_not_found duplicate_message_not_found external_channel_migrating invalid_attachments
    invalid_blocks invalid_blocks_format invalid_metadata_format invalid_metadata_schema is_archived
    markdown_text_conflict message_limit_exceeded messages_tab_disabled metadata_must_be_sent_from_app
    metadata_too_large msg_blocks_too_long msg_too_long no_text not_in_channel posting_to_channel_denied rate_limited
    restricted_action restricted_action_non_threadable_channel restricted_action_read_only_channel
    restricted_action_thread_locked restricted_action_thread_only_channel slack_connect_canvas_sharing_blocked
    slack_connect_file_link_sharing_blocked slack_connect_lists_sharing_blocked team_not_found too_many_attachments
    too_many_contact_cards
    """
UPDATE = f"""{_COMMON}
    as_user_not_supported block_mismatch cant_broadcast_message cant_update_message channel_not_found
    edit_window_closed external_channel_migrating invalid_attachments invalid_blocks invalid_blocks_format
    invalid_metadata_format invalid_metadata_schema is_inactive markdown_text_conflict message_not_found
    metadata_must_be_sent_from_app metadata_too_large msg_too_long no_dual_broadcast_content_update no_text
    slack_connect_file_link_sharing_blocked streaming_state_conflict team_not_found too_many_attachments update_failed
    """
DELETE = f"""{_COMMON} cant_delete_message channel_not_found compliance_exports_prevent_deletion message_not_found"""
WEBHOOK = """
    invalid_payload no_text missing_text_or_fallback_or_attachments too_many_attachments invalid_blocks
    invalid_blocks_format user_not_found action_prohibited posting_to_general_channel_denied invalid_token
    channel_not_found no_service no_service_id no_team team_disabled no_active_hooks channel_is_archived rollup_error
    """
# What a read is refused with while it may work the next moment, and what a person must do something about.
READ_AGAIN = """
    ratelimited service_unavailable internal_error fatal_error request_timeout invalid_cursor pagination_not_available
    team_added_to_org org_login_required invalid_auth not_authed account_inactive token_revoked token_expired
    brand_new_error
    """
READ_FORBIDDEN = """
    missing_scope not_in_channel channel_not_found thread_not_found no_permission ekm_access_denied access_denied
    not_allowed_token_type method_deprecated invalid_arguments is_archived
    """
