"""The pictures in docs/digests.md are of what the bot posts today."""

from __future__ import annotations

import json

import pytest

from tests.tools.digest_pictures import FOLDER, payloads

PAYLOADS = payloads()


@pytest.mark.parametrize("name", sorted(PAYLOADS))
def test_a_picture_is_of_what_is_posted_today_and_shown_on_the_page(name: str) -> None:
    """Where this fails: `python -m tests.tools.digest_pictures`."""
    assert json.loads((FOLDER / f"{name}.json").read_text("utf-8")) == PAYLOADS[name]
    assert (FOLDER / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert f"(digest-pictures/{name}.png)" in (FOLDER.parent / "digests.md").read_text("utf-8")
