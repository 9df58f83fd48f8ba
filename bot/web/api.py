"""`/api/v1/…`: what the bot stored and decided, as JSON for those who hold a token."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, Protocol

import structlog

from bot import log
from bot.errors import StoreError, UsageError
from bot.metrics import Metrics
from bot.web import answers
from bot.web.api_page import PAGE, page
from bot.web.api_routes import BASE, ROUTES, Route
from bot.web.limits import Limits, read_body
from bot.web.refusals import RefusedError
from bot.web.request import Request
from bot.web.tokens import Tokens

# Of one question. Loading a thousand rules with their examples takes its time.
_LIMIT_S: Final = 330.0
_LONGEST_VALUE: Final = 1_000

_LOG = structlog.get_logger()
Values = Mapping[str, tuple[str, ...]]


class Answering(Protocol):
    """Who knows the answers."""

    async def answer(self, question: str, values: Values) -> Any:
        """Return the answer to a question of the table, as JSON takes it; None where there is no such thing.

        Raises UsageError for values that cannot be used, StoreError when the store cannot be read.
        """
        ...


class Api:
    """Answers the questions of the table, to those who may read."""

    def __init__(self, answering: Answering, tokens: Tokens, limits: Limits, metrics: Metrics) -> None:
        self._answering, self._tokens, self._limits, self._metrics = answering, tokens, limits, metrics
        self._routes = [(_pattern(route), route) for route in ROUTES]

    async def answer(self, request: Request, path: str) -> answers.Answer | None:
        """Answer a question, or None where the path is another's."""
        if path != PAGE and not any(pattern.fullmatch(path) for pattern, _ in self._routes):
            return None
        return await self._answered(request, path)

    async def _answered(self, request: Request, path: str) -> answers.Answer:
        # A reload does no more than what a changed file does by itself, so those who read may ask for it.
        if not self._tokens.may_read(request.headers):
            raise RefusedError("not_authentic", answers.NOT_AUTHENTIC, closes=False)
        method = "GET" if request.method == "HEAD" else request.method
        if path == PAGE and method == "GET":
            return answers.answer(HTTPStatus.OK, page())
        asked = [(match, route) for pattern, route in self._routes if (match := pattern.fullmatch(path))]
        fitting = [(match, route) for match, route in asked if route.method == method]
        if not fitting:
            allowed = ", ".join(sorted({route.method for _, route in asked} or {"GET"}))
            raise RefusedError("method", _not_allowed(allowed), closes=method != "GET")
        match, route = fitting[0]
        if method == "POST":
            await read_body(request, self._limits)
        return await self._found(route, _values(route, match.groupdict(), request))

    async def _found(self, route: Route, values: Values) -> answers.Answer:
        try:
            async with asyncio.timeout(_LIMIT_S):
                found = await self._answering.answer(route.name, values)
        except UsageError as error:
            raise RefusedError("unusable", _unusable(str(error)), closes=False) from error
        except (StoreError, TimeoutError) as error:
            raise RefusedError("unavailable", answers.NOT_STORED, closes=False) from error
        except Exception as error:
            log.bug(_LOG, "a question failed through a fault of ours", error, question=route.name)
            raise RefusedError("fault", answers.OUR_FAULT, closes=False) from error
        return answers.NOT_FOUND if found is None else answers.answer(HTTPStatus.OK, found)


def _pattern(route: Route) -> re.Pattern[str]:
    return re.compile(BASE + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route.template))


def _values(route: Route, in_path: dict[str, str], request: Request) -> Values:
    """Return what the question is asked with; UsageError's answer for a parameter that it does not have."""
    known = {each.name: each for each in route.parameters}
    query = request.url.query
    for name in query:
        if name not in known or known[name].in_path:
            names = ", ".join(each.name for each in route.parameters if not each.in_path) or "none"
            raise RefusedError("unusable", _unusable(f"there is no such parameter; there are: {names}"), closes=False)
        if len(query.getall(name)) > 1 and not known[name].is_list:
            raise RefusedError("unusable", _unusable(f"{name} is given more than once"), closes=False)
    found: dict[str, tuple[str, ...]] = {name: (value,) for name, value in in_path.items()}
    found |= {name: tuple(query.getall(name)) for name in query}
    if any(len(value) > _LONGEST_VALUE for values in found.values() for value in values):
        raise RefusedError("unusable", _unusable("a value is too long"), closes=False)
    return found


def _unusable(why: str) -> answers.Answer:
    return answers.refusal(HTTPStatus.UNPROCESSABLE_ENTITY, why)


def _not_allowed(allowed: str) -> answers.Answer:
    return answers.refusal(HTTPStatus.METHOD_NOT_ALLOWED, f"this is asked with {allowed}", more=f"Allow: {allowed}\r\n")
