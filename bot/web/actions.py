"""What our own commands do over HTTP: acknowledge, resolve, silence, end a silence. Only their token may.

`POST /api/v1/alerts/{id}/acknowledge` and `/resolve` · `POST /api/v1/silences` · `POST /api/v1/silences/{id}/end`.
The body is a JSON object; `by` is the account of the person who typed the command.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Final, Protocol, TypeVar

import msgspec

from bot.core.deeds import Matcher, Subject, action_id, objection, silenced
from bot.core.inputs import Action, ActionKind
from bot.core.roundup import Roundup
from bot.errors import StoreError
from bot.metrics import Metrics
from bot.store.values import Appended, Signature, Way
from bot.web import answers
from bot.web.limits import Limits, read_body
from bot.web.refusals import RefusedError
from bot.web.request import Request
from bot.web.tokens import Tokens

RECORD_S: Final = 10.0
_ALERTS: Final = "/api/v1/alerts/"
_SILENCES: Final = "/api/v1/silences"
_END: Final = "/end"
_KINDS: Final = {"acknowledge": ActionKind.ACKNOWLEDGE, "resolve": ActionKind.RESOLVE}
_LONGEST_MS: Final = 366 * 86_400_000
_UNKNOWN_ID: Final = "there is no such alert"
_T = TypeVar("_T")
_Short = Annotated[str, msgspec.Meta(max_length=200)]


class Acting(Protocol):
    """What commands act on."""

    def subject(self, card_id: str) -> Subject | None:
        """Return an alert or roundup as it stands. StoreError when it cannot be read."""
        ...

    def silence(self, silence_id: str) -> Roundup | None:
        """Return the card of a silence."""
        ...

    def complaint(self, matcher: Mapping[str, str], channel: str | None) -> str | None:
        """Say why a silence can mean nothing, or not be told in its channel."""
        ...

    def now_ms(self) -> int:
        """Return the time."""
        ...

    async def record(self, action: Action, signature: Signature) -> Appended:
        """Journal an action. StoreError when it cannot be."""
        ...


class _Asked(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a command. `once` makes a repeated command the same one."""

    by: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    once: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class _Silence(_Asked, forbid_unknown_fields=True):
    """The body of `silence`: pairs that must all be equal, how long (ms), why, and where it says so."""

    matcher: Annotated[dict[_Short, _Short], msgspec.Meta(min_length=1, max_length=20)]
    duration_ms: Annotated[int, msgspec.Meta(gt=0, le=_LONGEST_MS)]
    reason: Annotated[str, msgspec.Meta(max_length=300)] = ""
    channel: _Short | None = None


class Actions:
    """Takes commands and journals them; what follows from them is decided like everything else."""

    def __init__(self, acting: Acting, tokens: Tokens, limits: Limits, metrics: Metrics) -> None:
        self._acting, self._tokens, self._limits, self._metrics = acting, tokens, limits, metrics

    async def answer(self, request: Request, path: str) -> answers.Answer | None:
        """Answer a command, or None for everything else (GET is for those who read)."""
        if request.method != "POST" or not path.startswith((_ALERTS, _SILENCES)):
            return None
        return await self._act(request, path)

    async def _act(self, request: Request, path: str) -> answers.Answer:
        if not self._tokens.may_act(request.headers):
            raise RefusedError("not_authentic", answers.NOT_AUTHENTIC, closes=False)
        body = await read_body(request, self._limits)
        try:
            async with asyncio.timeout(RECORD_S):
                return await self._carry_out(path, body)
        except (StoreError, TimeoutError) as error:
            raise RefusedError("unavailable", answers.NOT_STORED, closes=False) from error

    async def _carry_out(self, path: str, body: bytes) -> answers.Answer:
        if path == _SILENCES:
            return await self._silence(_read(body, _Silence))
        if path.startswith(_SILENCES) and path.endswith(_END):
            return await self._unsilence(path[len(_SILENCES) + 1 : -len(_END)], _read(body, _Asked))
        card_id, _, verb = path.removeprefix(_ALERTS).partition("/")
        kind = _KINDS.get(verb)
        if kind is None:
            raise RefusedError("not_found", answers.NOT_FOUND, closes=False)
        return await self._change(card_id, kind, _read(body, _Asked))

    async def _change(self, card_id: str, kind: ActionKind, asked: _Asked) -> answers.Answer:
        subject = self._acting.subject(card_id)
        if subject is None:
            return answers.refusal(HTTPStatus.NOT_FOUND, _UNKNOWN_ID)
        why_not = objection(subject, kind)
        if why_not is not None:
            return answers.refusal(HTTPStatus.CONFLICT, why_not)
        return await self._record(Action(at=0, kind=kind, actor=asked.by, alert_id=card_id), asked)

    async def _silence(self, asked: _Silence) -> answers.Answer:
        wrong = self._acting.complaint(asked.matcher, asked.channel)
        if wrong is not None:
            return answers.refusal(HTTPStatus.UNPROCESSABLE_ENTITY, wrong)
        until = self._acting.now_ms() + asked.duration_ms
        matcher: Matcher = tuple(sorted(asked.matcher.items()))
        action = silenced(
            _id_of(asked), matcher, until=until, actor=asked.by, reason=asked.reason, channel=asked.channel
        )
        return await self._record(action, asked)

    async def _unsilence(self, silence_id: str, asked: _Asked) -> answers.Answer:
        card = self._acting.silence(silence_id)
        if card is None:
            return answers.refusal(HTTPStatus.NOT_FOUND, "there is no such silence, or it has ended")
        action = Action(at=0, kind=ActionKind.UNSILENCE, actor=asked.by, silence_id=silence_id)
        return await self._record(action, asked)

    async def _record(self, action: Action, asked: _Asked) -> answers.Answer:
        signature = Signature(_id_of(asked), Way.CLI, asked.by)
        recorded = await self._acting.record(action, signature)
        self._metrics.actions.labels(Way.CLI.value, "duplicate" if recorded.duplicate else action.kind.value).inc()
        said: dict[str, Any] = {"status": "recorded", "action_id": signature.action_id, "action": action.kind.value}
        if action.silence is not None:
            said |= {"silence_id": action.silence.silence_id, "until": action.silence.until}
        return answers.answer(HTTPStatus.OK, said)


def _id_of(asked: _Asked) -> str:
    return action_id(Way.CLI, asked.by, asked.once)


def _read(body: bytes, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        raise RefusedError("malformed", answers.MALFORMED, closes=False) from error
