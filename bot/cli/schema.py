"""`tocsin schema`: for editors that complete and check YAML."""

from __future__ import annotations

import click

from bot.cli.output import Exit, say_json
from bot.rulepack.jsonschema import json_schema_config, json_schema_rules


@click.command("schema")
@click.argument("of", type=click.Choice(["config", "rules"]), default="config")
def command(of: str) -> int:
    """Print the JSON Schema of config.yaml (config) or of rule files (rules)."""
    say_json(json_schema_config() if of == "config" else json_schema_rules())
    return Exit.FINE
