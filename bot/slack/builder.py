"""A link that opens a message in Slack's Block Kit Builder, where Slack itself draws it for whoever is signed in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

_ADDRESS: Final = "https://app.slack.com/block-kit-builder/#"
_SHOWN: Final = ("blocks", "attachments")


def builder_link(payload: Mapping[str, Any]) -> str:
    """Return the address. It holds the message's words: whoever gets the link can read them.

    Source: docs.slack.dev, Block Kit Builder (the fragment is the percent-encoded JSON of the message).
    """
    shown = {name: payload[name] for name in _SHOWN if payload.get(name)}
    return _ADDRESS + quote(json.dumps(shown, ensure_ascii=False, separators=(",", ":")), safe="")
