"""Reading a request as Slack does: query, form and JSON merged, JSON strings unpacked."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

_JSON_ARGUMENTS = {"blocks", "attachments", "metadata"}
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_BOOLEAN_ARGUMENTS = {"include_all_metadata", "inclusive", "link_names", "reply_broadcast", "mrkdwn"}
_NAME = re.compile(r"[A-Za-z0-9_.\[\]-]+")


class RefusedError(Exception):
    """A method says no; the text is Slack's code, `more` what else the answer holds."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error, self.more = error, more


def arguments(request: web.Request, raw: bytes) -> dict[str, Any]:
    """Return all arguments. Raises RefusedError."""
    found: dict[str, Any] = dict(request.query)
    found.update(_body(request.headers.get("Content-Type", ""), raw))
    for name in found:
        if not _NAME.fullmatch(name):
            raise RefusedError("invalid_arg_name")
    for name in _JSON_ARGUMENTS & found.keys():
        if isinstance(found[name], str):
            found[name] = _unpacked(found[name])
    for name in _BOOLEAN_ARGUMENTS & found.keys():
        found[name] = _BOOLEANS.get(str(found[name]).lower(), found[name])
    return found


def token_of(request: web.Request, args: dict[str, Any]) -> str | None:
    """Return the token from the header or the arguments."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    found = value if scheme.lower() == "bearer" and value else args.get("token")
    return found if isinstance(found, str) else None


def _body(content_type: str, raw: bytes) -> dict[str, Any]:
    if not raw:
        return {}
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json":
        return json_object(raw)
    if kind == "application/x-www-form-urlencoded":
        return dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))
    raise RefusedError("invalid_post_type" if kind else "missing_post_type")


def json_object(raw: bytes) -> dict[str, Any]:
    """Return a JSON object. Raises RefusedError."""
    try:
        found = json.loads(raw)
    except ValueError:
        raise RefusedError("invalid_json") from None
    if not isinstance(found, dict):
        raise RefusedError("json_not_object")
    return found


def _unpacked(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
