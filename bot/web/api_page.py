"""The API's description of itself (OpenAPI 3.1), made from the table of its questions."""

from __future__ import annotations

from typing import Any, Final

from bot import __version__
from bot.web.api_routes import BASE, ROUTES, Parameter, Route

PAGE: Final = f"{BASE}/openapi.json"
_REFUSALS: Final = {
    "401": "The token is missing or wrong.",
    "404": "There is no such thing.",
    "422": "A parameter cannot be used; `error` says which.",
    "503": "The store cannot be read right now; come again.",
}


def page() -> dict[str, Any]:
    """Return the description."""
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(BASE + route.template, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tocsin",
            "version": __version__,
            "description": "Reads what the bot stored and decided. Times are ISO 8601 in the configured zone.",
        },
        "paths": paths,
        "security": [{"token": []}],
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "One of `api.tokens`."}},
            "schemas": {
                "Refusal": {
                    "type": "object",
                    "properties": {"status": {"const": "refused"}, "error": {"type": "string"}},
                    "required": ["status", "error"],
                }
            },
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    refusal = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
    return {
        "operationId": route.name,
        "summary": route.summary,
        "parameters": [_parameter(each) for each in route.parameters],
        "responses": {
            "200": {
                "description": f"An object: {route.returns}.",
                "content": {"application/json": {"schema": {"type": "object"}}},
            },
            **{code: {"description": text, "content": refusal} for code, text in _REFUSALS.items()},
        },
    }


def _parameter(each: Parameter) -> dict[str, Any]:
    where = "path" if each.in_path else "query"
    said = {"name": each.name, "in": where, "description": each.text, "schema": each.schema}
    return {**said, "required": True} if each.in_path else said
