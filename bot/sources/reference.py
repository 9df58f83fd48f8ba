"""A payload by reference: Extend sends large payloads as an address that is good for an hour.

Three shapes are about: the object that the extend-ai package knows (`object: signed_data_url`), the one that the event
pages print (`data` alone), and the address itself as the payload.
"""

from __future__ import annotations

from typing import Any, Final

_MARK: Final = "signed_data_url"
_ENVELOPE_KEYS: Final = frozenset({"data", "id", "metadata"})


def is_reference(payload: Any) -> bool:
    """Say whether a payload stands for another one, to be had elsewhere."""
    if type(payload) is not dict:
        return _is_address(payload)
    if "object" in payload:
        return bool(payload["object"] == _MARK)
    return _is_address(payload.get("data")) and payload.keys() <= _ENVELOPE_KEYS


def address_of(payload: Any) -> str | None:
    """Return where the payload is to be had; None when the reference holds no address after all."""
    address = payload.get("data") if type(payload) is dict else payload
    return address if _is_address(address) else None


def _is_address(value: Any) -> bool:
    """Say whether a text is meant as an address; whether it may be fetched is for fetch.py."""
    return type(value) is str and value[:8].lower().startswith(("https://", "http://"))
