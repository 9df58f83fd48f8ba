"""JSON Schema of config.yaml and of rule files, for editors; made from the tables that the loaders read by."""

from __future__ import annotations

from typing import Any, Final

from bot.config.schema import CONFIG
from bot.rulepack.schema import DEFAULTS, RULE_FILE

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def json_schema_config() -> dict[str, Any]:
    """Return the JSON Schema of config.yaml."""
    found = _titled("Tocsin: config.yaml", CONFIG.schema())
    found["properties"]["defaults"] |= DEFAULTS.schema()
    return found


def json_schema_rules() -> dict[str, Any]:
    """Return the JSON Schema of a file of rules."""
    return _titled("Tocsin: a file of rules", RULE_FILE.schema())


def _titled(title: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"$schema": _DIALECT, "title": title, **schema}
