"""Asking the running bot of this config to do something, over loopback and with the token that it left for us."""

from __future__ import annotations

import getpass
import http.client
import json
import secrets
from http import HTTPStatus
from typing import Any, Final

from bot.config.model import Config
from bot.errors import RefusedByBotError, UsageError
from bot.service import cli_token

_TIMEOUT_S: Final = 15.0
_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  (where a bot on all addresses is reached)
_NONE_RUNS: Final = "no bot runs on this config; start it with: make run"


def ask(config: Config, path: str, **values: Any) -> dict[str, Any]:
    """Return what the bot answers to a command.

    UsageError when none runs, RefusedByBotError with its words when it says no.
    """
    token = cli_token.read(config.folder)
    if token is None:
        raise UsageError(_NONE_RUNS)
    body = json.dumps({"by": account(), "once": secrets.token_hex(16), **values}).encode()
    status, answered = _post(config, path, body, token)
    if status != HTTPStatus.OK:
        raise RefusedByBotError(str(answered.get("error", f"the bot answers {status}")))
    return answered


def account() -> str:
    """Return the name of the account that types; it is what the audit trail and the card say."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "somebody"


def _post(config: Config, path: str, body: bytes, token: str) -> tuple[int, dict[str, Any]]:
    host = _EVERYWHERE.get(config.server.host, config.server.host)
    connection = http.client.HTTPConnection(host, config.server.port, timeout=_TIMEOUT_S)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    except (ConnectionRefusedError, FileNotFoundError) as error:
        raise UsageError(_NONE_RUNS) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise UsageError(f"the bot at {host}:{config.server.port} does not answer ({type(error).__name__})") from error
    finally:
        connection.close()
