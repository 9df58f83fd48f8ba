"""`tocsin send`: a signed sample event to a running bot, over real HTTP, as the platform would send it."""

from __future__ import annotations

import http.client
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlsplit

import click
import msgspec

from bot.cli import samples
from bot.cli.freshening import new_event
from bot.cli.options import config_option, env_file_option
from bot.cli.output import Exit, complain, say
from bot.cli.trial import send_trial
from bot.clock import SystemClock
from bot.config.model import Config, SourceConfig
from bot.errors import UsageError
from bot.service import dev_secrets
from bot.service.setup import read_config
from bot.sources.signature import signed_headers

_TIMEOUT_S: Final = 30.0
_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  (where a bot on all addresses is reached)
_NEXT: Final = {
    "accepted": "The rules decide next. A card appears where the bot runs (preview) or in Slack; also: tocsin alerts",
    "duplicate": "It was stored before; nothing more happens.",
    "quarantined": "It is authentic but cannot be read as an event; it is kept and no rule sees it.",
}


class Answered(msgspec.Struct, frozen=True):
    """What the bot said: the HTTP status, and the JSON object of its body (empty when it was none)."""

    status: int
    values: dict[str, Any]


class _Place(NamedTuple):
    """Where a delivery goes; without a port to the scheme's own."""

    scheme: str
    host: str
    port: int | None
    path: str


@click.command("send")
@click.argument("source", required=False)
@click.argument("sample", required=False)
@click.argument("more", nargs=-1, metavar="[path=value]...")
@click.option("--to", "channel", metavar="CHANNEL", help="Post a test alert to this channel instead, and remove it.")
@click.option(
    "--stay", type=click.IntRange(0, 600), default=10, show_default=True, help="Seconds before it is removed."
)
@click.option("--url", help="Where the bot is, such as https://alerts.example.com; from the config by default.")
@click.option("--set", "assignments", multiple=True, metavar="path=value", help="Change a value of the event.")
@env_file_option
@config_option
def command(
    source: str | None,
    sample: str | None,
    more: tuple[str, ...],
    *,
    channel: str | None,
    stay: int,
    url: str | None,
    assignments: tuple[str, ...],
    env_file: Path | None,
    config: Path,
) -> int:
    """Send a signed sample event to a running bot.

    SOURCE is a name of `sources:` in the config. SAMPLE is a documented sample, such as job_exceeded_retries or
    workflow_run.failed, or a file. Each sending is a new event.

    With --to no event is sent: a test alert is posted to that Slack channel, marked as a test, and removed.
    """
    del env_file  # it is in the environment by now
    settings = read_config(config)
    if channel is not None:
        return send_trial(settings, channel, stay)
    if source is None or sample is None:
        raise UsageError("say what to send: SOURCE SAMPLE, or --to CHANNEL for a test alert in Slack")
    origin = _source(settings, source)
    body = _body(sample, origin.kind, (*assignments, *more))
    target = _target(settings, origin, url)
    return _report(_post(target, body, _headers(origin, body)), origin)


def _source(config: Config, name: str) -> SourceConfig:
    found = config.sources.get(name)
    if found is None:
        raise UsageError(f"the config has no source {name}; it has {', '.join(sorted(config.sources)) or 'none'}")
    if found.secrets or found.token:
        return found
    known = dev_secrets.completed(config, dev_secrets.read(config.folder)).sources[name]
    if not (known.secrets or known.token):
        raise UsageError(f"the secret of source {name} is not set, and no bot was started with --dev here")
    return known


def _body(sample: str, kind: str, assignments: tuple[str, ...]) -> bytes:
    found = samples.read(sample, kind)
    documented = samples.find(sample, kind) is not None
    now = SystemClock().now_ms() if documented else None
    return new_event(found.body, assignments, now_ms=now)


def _target(config: Config, source: SourceConfig, url: str | None) -> str:
    host = _EVERYWHERE.get(config.server.host, config.server.host)
    place = f"[{host}]" if ":" in host else host
    base = (url or f"http://{place}:{config.server.port}").rstrip("/")
    if "/hooks/" in base:
        return base
    token = f"/{quote(source.token.decode('utf-8', 'replace'), safe='')}" if source.token else ""
    return f"{base}/hooks/{quote(source.name, safe='')}{token}"


def _headers(source: SourceConfig, body: bytes) -> dict[str, str]:
    signed = signed_headers(source.secrets[0], body, SystemClock().now_ms() // 1000) if source.secrets else {}
    return {"Content-Type": "application/json", **signed}


def _post(target: str, body: bytes, headers: dict[str, str]) -> Answered:
    place = _place(target)
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    connection = kind(place.host, place.port, timeout=_TIMEOUT_S)
    try:
        connection.request("POST", place.path, body, headers)
        answer = connection.getresponse()
        return Answered(answer.status, _object(answer.read()))
    except (OSError, http.client.HTTPException) as error:
        where = f"{place.host}:{place.port or place.scheme}"
        raise UsageError(f"no bot answers at {where} ({type(error).__name__}); start it with: make run") from error
    except UnicodeError as error:
        raise UsageError(f"--url is no address: {place.host} is no host name") from error
    finally:
        connection.close()


def _place(target: str) -> _Place:
    """Take an address apart. UsageError, which never says the path (it may hold a token), when nothing can go there."""
    try:
        parts = urlsplit(target)
        host, port = parts.hostname, parts.port
        target.encode("ascii")
    except ValueError as error:
        raise UsageError("--url wants an address such as https://alerts.example.com") from error
    if parts.scheme not in {"http", "https"} or not host:
        raise UsageError(f"--url wants an http or https address, not {parts.scheme}://{parts.netloc}")
    return _Place(parts.scheme, host, port, parts.path or "/")


def _object(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.MsgspecError:
        return {}


def _report(answered: Answered, source: SourceConfig) -> int:
    values = answered.values
    if answered.status != http.HTTPStatus.OK:
        complain(f"{answered.status} {values.get('error', 'refused')}")
        if answered.status == http.HTTPStatus.UNAUTHORIZED:
            complain(f"The running bot knows another secret for {source.name} than this command found.")
        return Exit.NO
    if "challenge" in values:
        say(f"200 handshake answered with {values['challenge']}")
        return Exit.FINE
    status = str(values.get("status"))
    say(f"200 {status} {values.get('event_id', '')}")
    say(_NEXT.get(status, ""))
    return Exit.FINE
