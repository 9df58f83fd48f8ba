"""Puts the JSON Schemas into docs/schema, where the first line of the shipped YAML files sends an editor.

`python -m tests.tools.schemas --write` renews them; a test fails when they and the code differ.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from bot.rulepack.jsonschema import json_schema_config, json_schema_rules

FOLDER: Final = Path(__file__).parents[2] / "docs" / "schema"


def texts() -> dict[str, str]:
    """Return what must stand in the files, by name."""
    schemas = {"config.json": json_schema_config(), "rules.json": json_schema_rules()}
    return {name: json.dumps(schema, indent=1) + "\n" for name, schema in schemas.items()}


if __name__ == "__main__" and "--write" in sys.argv:
    FOLDER.mkdir(exist_ok=True)
    for name, text in texts().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
