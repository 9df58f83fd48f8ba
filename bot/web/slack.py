"""`POST /slack/interactivity`: clicks over HTTP, signed by Slack.

The answer goes out before anything is done about the click: Slack waits three seconds, and the store may not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs

import msgspec
import structlog
from msgspec.structs import replace

from bot.clock import Clock
from bot.errors import NotAuthenticError
from bot.metrics import Metrics
from bot.slack.signing import verify
from bot.web import answers
from bot.web.limits import Limits, read_body
from bot.web.refusals import RefusedError
from bot.web.request import Request
from bot.web.throttle import Throttle

INTERACTIVITY: Final = "/slack/interactivity"
# A request holds the whole message that was clicked on; Slack's own cap on that is far below.
_MOST_BYTES: Final = 1024 * 1024
_BODY_S: Final = 3.0
_TAKEN: Final = answers.Answer(answers.head_of(HTTPStatus.OK, 0), b"")

_LOG = structlog.get_logger()
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class SlackRequests:
    """Verifies Slack's requests and hands the payload to `offer`, which takes it at once or says that it cannot."""

    def __init__(
        self,
        secret: bytes,
        offer: Callable[[Mapping[str, Any]], bool],
        clock: Clock,
        limits: Limits,
        metrics: Metrics,
    ) -> None:
        self._secret, self._offer = secret, offer
        self._clock, self._metrics = clock, metrics
        self._limits = replace(limits, max_body=_MOST_BYTES, body_s=_BODY_S)
        self._said = Throttle(clock)

    async def answer(self, request: Request, path: str) -> answers.Answer | None:
        """Answer Slack, or None when the path is another."""
        if path != INTERACTIVITY:
            return None
        return await self._take(request)

    async def _take(self, request: Request) -> answers.Answer:
        if request.method != "POST":
            raise RefusedError("method", answers.POST_ONLY)
        if "Content-Encoding" in request.headers:
            raise RefusedError("encoding", answers.ENCODED)
        body = await read_body(request, self._limits)
        try:
            verify(self._secret, request.headers, body, self._clock.now_ms())
        except NotAuthenticError as error:
            self._said.warning("slack request refused", source="slack", cause=str(error))
            raise RefusedError("not_authentic", answers.NOT_AUTHENTIC, closes=False) from error
        if not self._offer(_payload(body)):
            raise RefusedError("unavailable", answers.NOT_STORED, closes=False)
        return _TAKEN


def _payload(body: bytes) -> dict[str, Any]:
    """Return the JSON of the form's one field `payload`. Source: docs.slack.dev, handling user interaction."""
    try:
        fields = parse_qs(body.decode("ascii"), strict_parsing=True, max_num_fields=8)
        return _decode(fields["payload"][0].encode())
    except (ValueError, KeyError, msgspec.MsgspecError) as error:
        raise RefusedError("malformed", answers.MALFORMED, closes=False) from error
