"""The JSON Schemas for editors come from the tables by which the loaders read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.config.schema import CONFIG
from bot.config.sections import Section
from bot.core.fields import FIELDS
from bot.rulepack.jsonschema import json_schema_config, json_schema_rules
from bot.rulepack.schema import RULE


def rule_schema() -> dict[str, Any]:
    found: dict[str, Any] = json_schema_rules()["properties"]["rules"]["additionalProperties"]
    return found


@pytest.mark.parametrize(("section", "schema"), [(CONFIG, json_schema_config()), (RULE, rule_schema())])
def test_every_key_of_the_table_is_described_and_no_other_is_allowed(section: Section, schema: dict[str, Any]) -> None:
    supported = [key for key in section.keys if not key.later]
    assert set(schema["properties"]) == {key.name for key in supported}
    assert schema["required"] == [key.name for key in supported if key.required]
    assert schema["additionalProperties"] is False
    for key in supported:
        assert key.meaning in schema["properties"][key.name]["description"]


def test_words_are_offered() -> None:
    properties = rule_schema()["properties"]
    assert properties["severity"]["enum"] == ["info", "warning", "error", "critical"]
    assert set(FIELDS) <= set(properties["where"]["properties"])
    when = properties["when"]["anyOf"][0]["anyOf"][0]["enum"]
    assert {"failed", "alfred.job.failed", "any"} <= set(when)


def test_examples_stand_beside_keys() -> None:
    assert rule_schema()["properties"]["within"]["examples"] == ["15m"]


def test_defaults_of_the_config_are_those_of_rules() -> None:
    properties = json_schema_config()["properties"]["defaults"]["properties"]
    assert {"notify", "severity", "if_unknown"} <= set(properties)
    assert "when" not in properties


def test_both_are_plain_json() -> None:
    for schema in (json_schema_config(), json_schema_rules()):
        assert json.loads(json.dumps(schema)) == schema
