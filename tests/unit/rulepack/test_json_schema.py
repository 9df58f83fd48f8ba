"""The JSON Schemas for editors come from the tables by which the loaders read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.config.schema import CONFIG
from bot.config.sections import Section
from bot.core.fields import FIELDS
from bot.rulepack.jsonschema import json_schema_config, json_schema_rules
from bot.rulepack.schema import RULE
from tests.tools.schemas import FOLDER, texts

ROOT = Path(__file__).parents[3]
SHIPPED = [ROOT / "config.yaml", *sorted((ROOT / "rules").glob("*.yaml"))]
SCHEMAS = {"rules": json_schema_rules(), "config": json_schema_config()}
TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}


class Validator:
    """As much of JSON Schema as these use, so that no package is needed for it."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self.root = schema

    def resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            found: dict[str, Any] = self.root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
            schema = found
        return schema

    def wrong(self, value: Any, schema: dict[str, Any], place: str = "") -> list[str]:
        schema = self.resolved(schema)
        wrong = [] if self.fits(value, schema) else [f"{place}: {value!r}"]
        if "anyOf" in schema and all(self.wrong(value, each, place) for each in schema["anyOf"]):
            wrong.append(f"{place}: {value!r} is none of {len(schema['anyOf'])}")
        if isinstance(value, list) and "items" in schema:
            wrong += [one for item in value for one in self.wrong(item, schema["items"], f"{place}[]")]
        return wrong + (self.wrong_keys(value, schema, place) if isinstance(value, dict) else [])

    def fits(self, value: Any, schema: dict[str, Any]) -> bool:
        kinds = schema.get("type", [])
        kinds = kinds if isinstance(kinds, list) else [kinds]
        return (
            (not kinds or any(isinstance(value, TYPES[kind]) for kind in kinds))
            and value in schema.get("enum", [value])
            and (not isinstance(value, list) or len(value) >= schema.get("minItems", 0))
            and (
                not isinstance(value, dict)
                or schema.get("required", []) == [*filter(value.__contains__, schema.get("required", []))]
            )
            and (not isinstance(value, str) or re.search(schema.get("pattern", ""), value) is not None)
        )

    def wrong_keys(self, value: dict[str, Any], schema: dict[str, Any], place: str) -> list[str]:
        wrong: list[str] = []
        for name, child in value.items():
            patterns = (
                each for pattern, each in schema.get("patternProperties", {}).items() if re.search(pattern, name)
            )
            found = schema.get("properties", {}).get(name) or next(patterns, schema.get("additionalProperties", True))
            if found is False:
                wrong.append(f"{place}.{name}")
            elif isinstance(found, dict):
                wrong += self.wrong(child, found, f"{place}.{name}")
        return wrong


class AsWritten(yaml.SafeLoader):
    """YAML 1.2's core types, which editors read by: dates and times of day are text."""


AsWritten.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for letter, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def written(text: str) -> Any:
    return yaml.load(text, AsWritten)  # noqa: S506 - a subclass of the safe one


def rule_schema() -> dict[str, Any]:
    found: dict[str, Any] = SCHEMAS["rules"]["properties"]["rules"]["additionalProperties"]
    return Validator(SCHEMAS["rules"]).resolved(found)


@pytest.mark.parametrize(("section", "schema"), [(CONFIG, SCHEMAS["config"]), (RULE, rule_schema())])
def test_every_key_of_the_table_is_described_and_no_other_is_allowed(section: Section, schema: dict[str, Any]) -> None:
    assert set(schema["properties"]) == {key.name for key in section.keys}
    assert schema["required"] == [key.name for key in section.keys if key.required]
    assert schema["additionalProperties"] is False
    root = SCHEMAS["config" if section is CONFIG else "rules"]
    for key in section.keys:
        assert key.meaning in Validator(root).resolved(schema["properties"][key.name])["description"]


def test_words_are_offered() -> None:
    root = Validator(SCHEMAS["rules"])
    properties = {name: root.resolved(found) for name, found in rule_schema()["properties"].items()}
    assert properties["severity"]["enum"] == ["info", "warning", "error", "critical"]
    assert set(FIELDS) <= set(properties["where"]["properties"])
    when = root.resolved(root.resolved(properties["when"]["anyOf"][0])["anyOf"][0])["enum"]
    assert {"failed", "alfred.job.failed", "any"} <= set(when)


def test_examples_stand_beside_keys() -> None:
    assert rule_schema()["properties"]["within"]["examples"] == ["15m"]


def test_defaults_of_the_config_are_those_of_rules() -> None:
    properties = SCHEMAS["config"]["properties"]["defaults"]["properties"]
    assert {"notify", "severity", "if_unknown"} <= set(properties)
    assert "when" not in properties


def test_both_are_plain_json() -> None:
    for schema in SCHEMAS.values():
        assert json.loads(json.dumps(schema)) == schema


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_an_editor_finds_the_schema_and_nothing_wrong_in_the_shipped_files(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    said = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)
    assert said is not None
    name = (path.parent / said[1]).resolve()
    assert name == FOLDER / ("config.json" if path.name == "config.yaml" else "rules.json")
    schema = json.loads(name.read_text(encoding="utf-8"))
    assert Validator(schema).wrong(written(text), schema) == []


@pytest.mark.parametrize("name", texts())
def test_the_schemas_in_docs_are_those_of_the_code(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == texts()[name], "run: python -m tests.tools.schemas --write"


ALL_OF_IT = """\
defaults: {notify: doc-alerts, repeat: never, notify_during: office}
rules:
  share: {title: t, when: failed, at_least: 20%, of: [finished, failed], within: 1h, minimum: 20, per: [source]}
  row: {title: t, when: failed, consecutive: 3, unless: finished, per: all, inhibited_by: [share]}
  overdue:
    title: t
    when: needs_review
    where: {any: [{company: Acme}], retries: {at_least: 3}, raw.a.b: 3}
    not_followed_by: [finished, failed]
    within: 30m
    during: office
    group_wait: 5m
    then: [{after: 2h, unless: acknowledged, notify: {channel: "x-{company}", otherwise: y}, mention: ana}]
    examples:
      e:
        events: [{type: a.b.c, at: mon 08:15, run: R1, raw: {x: [1]}, times: 3, every: 1m}, {ack: [R1, x], by: ana}]
        expect:
          - {at: 1m, fires: R1, held_by: office, notified_at: 5m, together: 3}
          - {hands_over: office, still_open: [R1, [a, b]], ended: []}
  silent: {title: t, when: "extend.*", absent_for: 2h}
  fresh: {title: t, when: any, new_value: cause, within: 30d, mode: shadow}
"""


def test_an_editor_accepts_every_key_of_a_rule_and_refuses_misspelt_ones() -> None:
    schema = SCHEMAS["rules"]
    assert Validator(schema).wrong(written(ALL_OF_IT), schema) == []
    for good, bad in [("consecutive", "consecutiv"), ("30m", "30"), ("at_least: 3", "at_lest: 3"), ("mention", "who")]:
        assert good in ALL_OF_IT
        assert Validator(schema).wrong(written(ALL_OF_IT.replace(good, bad)), schema) != [], bad
