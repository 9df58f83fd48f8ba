"""`POST /api/v1/digests/{name}`: have a digest posted now. Only the token of our own commands may.

The body is a JSON object with `date` (ISO, a local date; without it today), `by` and `once`, as of every command.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from http import HTTPStatus
from typing import Final, Protocol
from urllib.parse import unquote

import msgspec

from bot.errors import StoreError, UsageError
from bot.metrics import Metrics
from bot.store.digest_rows import DigestRow
from bot.web import answers
from bot.web.limits import Limits, read_body
from bot.web.refusals import RefusedError
from bot.web.request import Request
from bot.web.tokens import Tokens

# A digest over millions of events takes longer; it is made all the same.
POST_S: Final = 10.0
_DIGESTS: Final = "/api/v1/digests/"


class Posting(Protocol):
    """What makes digests."""

    async def post(self, name: str, day: date | None) -> Sequence[DigestRow]:
        """Make one now and return its new rows. UsageError when that cannot be."""
        ...


class _Asked(msgspec.Struct, forbid_unknown_fields=True):
    """The body: which local date, and who asks."""

    by: str
    once: str
    date: date | None = None


class DigestPosts:
    """Answers that one path."""

    def __init__(self, posting: Posting, tokens: Tokens, limits: Limits, metrics: Metrics) -> None:
        self._posting, self._tokens, self._limits, self._metrics = posting, tokens, limits, metrics

    async def answer(self, request: Request, path: str) -> answers.Answer | None:
        """Have a digest made, or None for everything else."""
        if request.method != "POST" or not path.startswith(_DIGESTS):
            return None
        return await self._answer(request, unquote(path.removeprefix(_DIGESTS)))

    async def _answer(self, request: Request, name: str) -> answers.Answer:
        if not self._tokens.may_act(request.headers):
            raise RefusedError("not_authentic", answers.NOT_AUTHENTIC, closes=False)
        asked = _read(await read_body(request, self._limits))
        try:
            async with asyncio.timeout(POST_S):
                made = await self._posting.post(name, asked.date)
        except TimeoutError:
            return answers.answer(HTTPStatus.OK, {"status": "being made", "digest": name})
        except UsageError as error:
            return answers.refusal(HTTPStatus.NOT_FOUND, str(error))
        except StoreError as error:
            raise RefusedError("unavailable", answers.NOT_STORED, closes=False) from error
        return answers.answer(HTTPStatus.OK, _said(name, made))


def _said(name: str, made: Sequence[DigestRow]) -> dict[str, object]:
    if not made:
        return {"status": "already posted", "digest": name}
    channels = [row.channel for row in made]
    return {"status": made[0].state, "digest": name, "date": made[0].local_date, "channels": channels}


def _read(body: bytes) -> _Asked:
    try:
        return msgspec.json.decode(body, type=_Asked)
    except msgspec.MsgspecError as error:
        raise RefusedError("malformed", answers.MALFORMED, closes=False) from error
