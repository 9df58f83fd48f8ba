"""The manifest asks for what the code's calls need, no more and no less."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from bot.slack.calls import APP_NEEDS, APP_SCOPES, BOT_SCOPES, NEEDS
from tests.fakes.slack.methods import METHODS
from tests.fakes.slack.state import ALL_SCOPES

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs/slack-manifest.yaml").read_text()
MANIFEST: dict[str, Any] = yaml.safe_load(TEXT)
_METHOD = re.compile(r"\"((?:chat|conversations|users|usergroups|auth|apps|reactions|files|views)\.[a-zA-Z.]+)\"")
# slack-sdk's own method names, should one be called by its Python name instead of through api_call.
_BY_NAME = re.compile(r"\.((?:chat|conversations|users|usergroups|reactions|files|views)_[a-zA-Z]+)\(")


def test_the_manifest_asks_for_exactly_the_scopes_of_the_methods_that_are_called() -> None:
    assert tuple(sorted(MANIFEST["oauth_config"]["scopes"]["bot"])) == BOT_SCOPES
    assert MANIFEST["settings"]["interactivity"]["is_enabled"] is True
    assert MANIFEST["settings"]["socket_mode_enabled"] is True
    for scope in APP_SCOPES:
        assert scope in TEXT


def test_every_method_that_the_code_names_is_in_the_table_and_the_other_way_round() -> None:
    sources = {path: path.read_text() for path in (ROOT / "bot").rglob("*.py") if path.name != "calls.py"}
    named = {method for text in sources.values() for method in _METHOD.findall(text)}
    by_python_name = {found for text in sources.values() for found in _BY_NAME.findall(text)}

    assert by_python_name == set()
    assert named | {*APP_NEEDS} == {*NEEDS, *APP_NEEDS}


def test_every_scope_says_in_the_manifest_and_the_guide_what_it_is_for() -> None:
    guide = (ROOT / "docs/slack.md").read_text()
    for scope in BOT_SCOPES:
        assert re.search(rf"- {re.escape(scope)} +# \S", TEXT)
        assert f"`{scope}`" in guide


def test_the_fake_wants_scopes_that_the_table_has_too() -> None:
    for method, (_, scope) in METHODS.items():
        if scope is not None and method in NEEDS:
            assert scope in NEEDS[method].scopes
    assert set(BOT_SCOPES) <= set(ALL_SCOPES)
